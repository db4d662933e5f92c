/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the joined view for people: hot kernels with the Python symbol, the call chain
 * and the op of the model that each comes from, as a table, a document or a page.
 *
 * in:  {"kind":"hot","rank":0,"name":"nvjet_tst_64x8","short":"GEMM_NVJET","share":0.3153,...}
 * out:  31.5%  12.4 ms     32  decode  linear  GEMM_NVJET  linear  qkv_proj @ llama.py:213
 */
#include "base/error.h"
#include "formats.h"
#include "base/options.h"

static const struct option_spec option_table[] = {
	{ 'f', "format", "FORMAT", "table, md or html (table)" },
	{ 'n', "rows", "N", "kernels that table and md list, 0 for all (30)" },
	{ 'p', "prefix", "PATH", "put before each path in a link (../)" },
	{ 't', "title", "TEXT", "heading (Hot kernels)" },
	{ 0 },
};

static const struct program program = {
	.name = "kjoin-fmt",
	.usage = "[-f FORMAT] [-n N] [-p PATH] [-t TEXT] [FILE...]",
	.sentence = "Write hot kernels and where in the model they come from, for people.",
	.options = option_table,
	.example = "kjoin -c chains <classified | kjoin-fmt -f html >hot.html",
};

static const char *const format_names[] = { "table", "md", "html", NULL };
static void (*const format_writers[])(struct output *, struct reader *,
    const struct format_options *) = { table_write, markdown_write, html_write };

struct options {
	int format;
	struct format_options text;
	char **files;
};

static struct options
options_parse(int argc, char *argv[])
{
	struct options options = { .text = { .title = "Hot kernels", .prefix = "../",
		.rows = 30 } };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case 'f':
			options.format = options_choice(&scan, format_names);
			break;
		case 'n':
			options.text.rows = (size_t)options_integer(&scan, 0, 1000000000);
			break;
		case 'p':
			options.text.prefix = scan.value;
			break;
		case 't':
			options.text.title = scan.value;
			break;
		}
	options.files = scan.operands;
	return options;
}

int
main(int argc, char *argv[])
{
	struct options options = options_parse(argc, argv);
	struct output *out = output_stdout();
	struct reader reader;

	reader_open(&reader, options.files, true);
	format_writers[options.format](out, &reader, &options.text);
	reader_close(&reader);
	output_close(out);
	return STATUS_DONE;
}
