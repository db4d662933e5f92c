# SPDX-License-Identifier: Apache-2.0
# Of the names, a line each, those that are close to `word`: distance, tab, name. The distance
# counts letters that are put in, left out, changed, or swapped with the next; a name that begins
# with the word, or holds it, is close, too.
{
	name = $0
	limit = 1 + int(length(word) / 4)
	if (length(word) > 2 && index(tolower(name), tolower(word)))
		print 0.5 + (length(name) - length(word)) / 1000 "\t" name
	else if ((far = distance(tolower(word), tolower(name), limit)) <= limit)
		print far "\t" name
}

# Restricted Damerau-Levenshtein; what is over the limit is not exact.
function distance(a, b, limit,    i, j, n, m, cost, least, d)
{
	n = length(a)
	m = length(b)
	if (n > 64 || m - n > limit || n - m > limit)
		return limit + 1
	for (j = 0; j <= m; j++)
		d[0, j] = j
	for (i = 1; i <= n; i++) {
		d[i, 0] = i
		for (j = 1; j <= m; j++) {
			cost = substr(a, i, 1) != substr(b, j, 1)
			least = d[i - 1, j] + 1
			if (d[i, j - 1] + 1 < least)
				least = d[i, j - 1] + 1
			if (d[i - 1, j - 1] + cost < least)
				least = d[i - 1, j - 1] + cost
			if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) &&
			    substr(a, i - 1, 1) == substr(b, j, 1) && d[i - 2, j - 2] + 1 < least)
				least = d[i - 2, j - 2] + 1
			d[i, j] = least
		}
	}
	return d[n, m]
}
