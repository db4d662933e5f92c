# SPDX-License-Identifier: Apache-2.0
# Turns the files named on the command line, in bytewise order, into one table of C strings.
BEGIN {
	print "/* Made by embed.awk from python/. */"
	print "#include \"dryrun/embedded.h\"\n\nconst struct embedded_file dryrun_files[] = {"
}
FNR == 1 {
	close_file()
	name = FILENAME
	sub(/.*\/dryrun\/python\//, "", name)
	printf "{ \"%s\",\n", name
	length_now = 0
	files++
}
{
	length_now += length($0) + 1
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	gsub(/\?/, "\\?")
	printf "\"%s\\n\"\n", $0
}
function close_file() { if (name != "") printf ", %d },\n", length_now }
END {
	close_file()
	printf "};\nconst size_t dryrun_file_count = %d;\n", files
}
