# SPDX-License-Identifier: Apache-2.0
# Puts two lists of rows side by side. Input: their first columns as diff -U shows them.
BEGIN { FS = OFS = "\t" }
function take(file, row) {
	if ((getline line < file) <= 0)
		return ""
	split(line, field, "\t")
	return field[6]
}
{
	sign = substr($0, 1, 1)
	shapes_left = sign == "+" ? "" : take(left)
	shapes_right = sign == "-" ? "" : take(right)
	print field[2], field[3], field[4], field[5], shapes_left, shapes_right
}
