/* SPDX-License-Identifier: Apache-2.0 */
/* Says which ranks of a job hold up the others, by how much, where and why.
 *
 * in:  what tr-account --comms writes of each trace, one after another
 * out: {"kind":"rank","version":1,"rank":"6","health":"good",...,"caused_wait_ns":..,"why":{..}}
 *      {"kind":"pass-wait","rank":"6","pass":0,...} {"kind":"layer-wait","rank":"6","layer":17,...}
 *      {"kind":"collectives","name":"all_reduce",...} {"kind":"ranks",...} {"kind":"verdict",...}
 */
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/input.h"
#include "base/lines.h"
#include "base/options.h"
#include "json/json_writer.h"
#include "write.h"

enum { OPTION_COLLECTIVES = 256, OPTION_LATE, OPTION_SLOW, OPTION_RECOVERED, OPTION_UNREADABLE };

enum { FORMAT_NDJSON, FORMAT_TABLE, FORMAT_MD, FORMAT_HTML };
static const char *const formats[] = { "ndjson", "table", "md", "html", NULL };

static const struct option_spec option_table[] = {
	{ 'f', "format", "FORMAT", "ndjson (default), table, md or html" },
	{ OPTION_COLLECTIVES, "collectives", NULL, "with ndjson: a record for each collective, too" },
	{ OPTION_LATE, "late", "PERCENT", "of the wall time that others wait for a rank (1)" },
	{ OPTION_SLOW, "slow", "PERCENT", "of wall time above the median rank's (5)" },
	{ OPTION_RECOVERED, "recovered", "FILE", "write that this damaged trace was read in part" },
	{ OPTION_UNREADABLE, "unreadable", "FILE", "write that it was not; stdin says why" },
	{ 0 },
};

static const struct program program = {
	.name = "tr-ranks",
	.usage = "[-f FORMAT] [--collectives] [--late PERCENT] [--slow PERCENT] [FILE...]\n"
	    "       tr-ranks --recovered FILE | --unreadable FILE <messages",
	.sentence = "Says which ranks hold up the others, by how much, where and why.",
	.options = option_table,
	.example = "for t in *.json.gz; do tr-parse -s all $t | tr-account --comms; done | "
	    "tr-ranks -f table",
	.status = "0 nobody is late, 1 somebody is, or a trace is damaged or missing, 2 failed",
};

struct options {
	int format;
	bool collectives;
	double late, slow;
	const char *about, *kind; /* of --recovered and --unreadable */
	char **files;
};

static void
options_parse(struct options *options, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	*options = (struct options){ .late = 1, .slow = 5 };
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		switch (key) {
		case 'f':
			options->format = options_choice(&scan, formats);
			break;
		case OPTION_COLLECTIVES:
			options->collectives = true;
			break;
		case OPTION_LATE:
			options->late = options_number(&scan, 0, 1e6);
			break;
		case OPTION_SLOW:
			options->slow = options_number(&scan, 0, 1e6);
			break;
		default:
			options->about = scan.value;
			options->kind = key == OPTION_RECOVERED ? "recovered" : "unreadable";
		}
	}
	options->files = scan.operands;
}

/* The message without who said it, and of which trace: "tr-parse: x.json: cut" is "cut". */
static struct slice
reason_of(struct slice line, const char *file)
{
	const char *colon = memchr(line.bytes, ':', line.length);
	size_t length = strlen(file), skip = colon == NULL ? 0 : (size_t)(colon - line.bytes) + 2;

	if (skip == 0 || skip + length + 2 >= line.length ||
	    memcmp(line.bytes + skip, file, length) != 0 ||
	    memcmp(line.bytes + skip + length, ": ", 2) != 0)
		return line;
	skip += length + 2;
	return (struct slice){ line.bytes + skip, line.length - skip };
}

/* One record from what programs said of a trace: their first message is the reason. */
static void
write_note(const struct options *options, struct output *out)
{
	struct json_writer *writer = json_writer_open(out, false);
	struct text says = { 0 };
	struct lines lines;
	struct slice line;

	lines_open_input(&lines, input_open("-"));
	while (lines_next(&lines, &line))
		if (says.length == 0) {
			line = reason_of(line, options->about);
			text_add(&says, line.bytes, line.length);
		}
	lines_close(&lines);
	json_object_begin(writer);
	json_member_string(writer, "kind", options->kind);
	json_member_string(writer, "file", options->about);
	json_member_string(writer, "says", says.length > 0 ? says.bytes : "nothing was said why");
	json_object_end(writer);
	json_writer_close(writer);
	text_free(&says);
}

static void
write_job(const struct options *options, const struct job *job, struct output *out)
{
	if (options->format == FORMAT_NDJSON)
		write_ndjson(job, options->collectives, out);
	else if (options->format == FORMAT_TABLE)
		write_table(job, columns_terminal(100), out);
	else if (options->format == FORMAT_MD)
		write_markdown(job, out);
	else
		write_page(job, out);
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct job job = { 0 };
	struct output *out = output_stdout();
	enum status status = STATUS_DONE;

	options_parse(&options, argc, argv);
	if (options.kind != NULL) {
		write_note(&options, out);
	} else {
		job.late_percent = options.late;
		job.slow_percent = options.slow;
		job_read(&job, options.files);
		job_judge(&job);
		write_job(&options, &job, out);
		status = strcmp(job.status, "pass") == 0 ? STATUS_DONE : STATUS_FINDINGS;
		job_free(&job);
	}
	output_close(out);
	return (int)status;
}
