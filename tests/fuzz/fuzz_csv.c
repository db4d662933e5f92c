/* SPDX-License-Identifier: Apache-2.0 */
/* yamlgen's CSV reader against made-up bytes: its rows must be those of a reader that goes
 * byte by byte, and every row must be added to a catalogue or refused with a text. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "catalogue.h"
#include "csv.h"
#include "kernel_table.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fuzz_csv: %s\n", what);
	abort();
}

/* The plain reader: one field at *at into `field`. Whether the row goes on behind it. */
static bool
plain_field(const uint8_t *data, size_t size, size_t *at, struct text *field, bool *cut)
{
	bool quoted = *at < size && data[*at] == '"';

	text_clear(field);
	text_add(field, "", 0);
	if (quoted)
		++*at;
	while (*at < size) {
		char byte = (char)data[*at];

		if (quoted && byte == '"' && *at + 1 < size && data[*at + 1] == '"') {
			text_add_char(field, '"');
			*at += 2;
		} else if (quoted && byte == '"') {
			for (++*at; *at < size && data[*at] != ',' && data[*at] != '\n';)
				++*at;
			quoted = false;
			break;
		} else if (!quoted && (byte == ',' || byte == '\n')) {
			break;
		} else {
			text_add_char(field, byte);
			++*at;
		}
	}
	*cut = quoted;
	return *at < size && data[(*at)++] == ',';
}

static void
compare_row(const struct csv *csv, const uint8_t *data, size_t size, size_t *at)
{
	struct text field = { 0 };
	bool more = true, cut = false;

	for (size_t i = 0; more; i++) {
		more = plain_field(data, size, at, &field, &cut);
		must(i < csv->count, "a field is missing");
		must(csv->cut == cut || more, "cut or not");
		if (cut)
			break; /* what is open to the end is shown with its quote */
		if (!more && field.length > 0 && field.bytes[field.length - 1] == '\r')
			field.length--;
		must(csv->fields[i].length == field.length &&
		    memcmp(csv->fields[i].bytes, field.bytes, field.length) == 0, "a field differs");
		must(more || i + 1 == csv->count, "a field too many");
	}
	text_free(&field);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct csv csv;
	struct catalogue catalogue;
	struct kernel_table table = { 0 };
	struct source *source;
	struct text message = { 0 };
	char path[32];
	size_t at = 0;
	bool in_table = false;
	int descriptor;
	struct input *input;

	/* What is packed is unpacked first: not this reader's business. */
	if (size > 4000 || (size > 1 && (data[0] == 0x1f || data[0] == 0x28)))
		return 0;
	descriptor = memfd_create("csv", 0);
	must(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size, "no memory file");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	input = input_open(path);
	catalogue_open(&catalogue);
	source = catalogue_add_source(&catalogue, NULL, path, false);
	csv_open(&csv, input);
	while (csv_next(&csv)) {
		must(csv.offset == at, "a row begins elsewhere");
		compare_row(&csv, data, size, &at);
		if (in_table && !csv.blank && !kernel_table_is_header(&csv, &table))
			kernel_table_add(&catalogue, source, &csv, &table, &message);
		else
			in_table = kernel_table_find(&csv, &table);
	}
	must(at == size, "bytes are left");
	catalogue_order(&catalogue, 3);
	csv_close(&csv);
	input_close(input);
	text_free(&message);
	catalogue_close(&catalogue);
	close(descriptor);
	return 0;
}
