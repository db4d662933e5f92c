# SPDX-License-Identifier: Apache-2.0
# Turns the files named on the command line into C strings.
BEGIN {
	print "/* Made by embed.awk from families/. */"
	print "#include \"family.h\"\n\nconst struct family_file family_files[] = {"
}
FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	printf "\t{ \"%s\",\n", name
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	printf "\t\"%s\\n\"\n", $0
}
END { print "\t},\n\t{ 0, 0 }\n};" }
