# Every field of an entry that is not what the published catalogue says: entry and field, one
# a line. Input: our catalogue; $published: the published one, as libyaml reads it. Its tuples
# are cut at every comma (["(M", "K)"]), so both are compared without blanks and brackets.
def tuple: if . == null then null else [.[] | join(",") | gsub("[ ]"; "")] end;

($published[0] | map({ key: .raw_name, value: . }) | from_entries) as $theirs
| to_entries[] | .key as $entry | .value as $ours | $theirs[$ours.raw_name] as $other
| (["source_lib", "friendly_name", "description"][]
    | select($ours[.] != $other[.])),
  (["generic", "fixed", "tiled"][]
    | select(($ours.data_shape[.] | tuple) != ($other.data_shape[.] | tuple)))
| "\($entry)\t\(.)"
