/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the CSV of `ncu --csv --page raw`: lines of chatter, a line of names, a line of
 * units, then one line a launch. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/input.h"
#include "base/memory.h"
#include "ncu.h"
#include "base/text.h"

enum { MOST_FIELDS = 2048 };

/* One line's fields; they point into the line, which is cut up. */
struct fields {
	char *at[MOST_FIELDS];
	size_t count;
};

static void
split(struct fields *fields, char *line)
{
	fields->count = 0;
	while (fields->count < MOST_FIELDS) {
		char *to = line;

		fields->at[fields->count++] = line;
		if (*line == '"') {
			/* A doubled quote within quotes is one. */
			for (line++; *line != '\0' && (*line != '"' || line[1] == '"'); line++) {
				line += *line == '"';
				*to++ = *line;
			}
			line += *line == '"';
		} else {
			to = line += strcspn(line, ",");
		}
		if (*line != ',') {
			*to = '\0';
			return;
		}
		line++;
		*to = '\0';
	}
}

static size_t
find_field(const struct fields *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], name) == 0)
			return i;
	return MOST_FIELDS;
}

/* "(64, 1, 1)" is 64 blocks. */
static double
count_blocks(const char *grid)
{
	double blocks = 1;

	for (grid += strcspn(grid, "0123456789"); *grid != '\0';
	     grid += strcspn(grid, "0123456789")) {
		char *end;

		blocks *= strtod(grid, &end);
		grid = end;
	}
	return blocks;
}

static bool
is_kernel_of(const char *name, const char *kernel)
{
	if (strcmp(kernel, "index") == 0)
		return strstr(name, "index_gather") != NULL;
	if (strcmp(kernel, "store") == 0)
		return strstr(name, "store_scatter") != NULL;
	return strcmp(kernel, "allreduce") == 0 && strncmp(name, "nccl", 4) == 0;
}

/* A counter's text without the commas that group its digits; false when it is no number. */
static bool
parse_counter(char *text, double *number)
{
	char *to = text, *end;

	for (const char *from = text; *from != '\0'; from++)
		if (*from != ',')
			*to++ = *from;
	*to = '\0';
	*number = strtod(text, &end);
	return end != text && *end == '\0';
}

/* The launch's counters, the columns whose names have "__", to every measure it fits. */
static size_t
join(struct results *results, const struct fields *names, const struct fields *units,
    struct fields *row, size_t kernel_at, size_t grid_at)
{
	double blocks = count_blocks(row->at[grid_at]);
	size_t joined = 0;

	for (size_t i = 0; i < results->measure_count; i++) {
		struct measure *measure = &results->measures[i];
		const struct fact *wanted = facts_find(&measure->facts, "blocks");
		bool same = wanted != NULL && wanted->number >= blocks && wanted->number <= blocks;

		if (strcmp(measure->backend, "cuda") != 0 ||
		    !is_kernel_of(row->at[kernel_at], measure->kernel) ||
		    (wanted != NULL && !same))
			continue;
		joined++;
		for (size_t j = 0; j < names->count && j < row->count; j++) {
			double number;

			if (strstr(names->at[j], "__") == NULL ||
			    facts_find(&measure->facts, names->at[j]) != NULL ||
			    !parse_counter(row->at[j], &number))
				continue;
			facts_number(results, &measure->facts, names->at[j], number,
			    j < units->count ? units->at[j] : "", ORIGIN_COUNTER);
		}
	}
	return joined;
}

static void
read_all(const char *path, struct text *text)
{
	struct input *input = input_open(path);
	ptrdiff_t got;

	while ((got = input_read(input, text_reserve(text, 65536), 65536)) > 0)
		text->length += (size_t)got;
	if (got < 0)
		die("%s: %s", path, input_error(input));
	text_add(text, "", 0);
	input_close(input);
}

/* The next line, cut off from the rest; NULL at the end. */
static char *
next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (*line == '\0')
		return NULL;
	*rest = end ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	line[strcspn(line, "\r")] = '\0';
	return line;
}

void
ncu_read(struct results *results, const char *path)
{
	struct fields *names = memory_alloc(sizeof(*names)), *units = memory_alloc(sizeof(*units));
	struct fields *row = memory_alloc(sizeof(*row));
	struct text text = { 0 };
	size_t kernel_at = MOST_FIELDS, grid_at = MOST_FIELDS, joined = 0, line_number = 0;
	char *rest, *line;

	read_all(path, &text);
	rest = text.bytes;
	while ((line = next_line(&rest)) != NULL && kernel_at == MOST_FIELDS) {
		line_number++;
		split(names, line);
		kernel_at = find_field(names, "Kernel Name");
	}
	grid_at = find_field(names, "Grid Size");
	if (kernel_at == MOST_FIELDS || grid_at == MOST_FIELDS)
		die("%s: no columns 'Kernel Name' and 'Grid Size': not what ncu --csv --page raw writes",
		    path);
	if (line != NULL)
		split(units, line);
	else
		die("%s: ends after the names of its columns", path);
	for (line_number++; (line = next_line(&rest)) != NULL;) {
		line_number++;
		split(row, line);
		if (row->count != names->count)
			die("%s:%zu: %zu fields, not %zu", path, line_number, row->count, names->count);
		joined += join(results, names, units, row, kernel_at, grid_at);
	}
	if (joined == 0)
		warn("%s: none of its launches is one of the rows", path);
	text_free(&text);
	free(names);
	free(units);
	free(row);
}
