/* SPDX-License-Identifier: Apache-2.0 */
/* Adds to each kernel of a trace the least time that its work can take on its device, and how
 * near it came.
 *
 * in:  {"kind":"kernel","name":"nvjet_tst_192x192","dur":400,...,"stack":0,"op_calls":[4]}
 * out: {"kind":"kernel","name":"nvjet_tst_192x192",...,"limit":{"family":"gemm","sizes":
 *       "m=8192 n=8192 k=2048","bytes":201326592,"flops":274877906944,"limit_us":277.8,
 *       "share":0.6945,"win_us":122.2,"bound":"compute","how":"computed",...}} */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "measured.h"
#include "names/names.h"
#include "operators.h"
#include "owners.h"
#include "roles.h"
#include "trace/spool.h"
#include "write.h"

enum { KEY_TP = 256, KEY_PEAKS, KEY_DEVICE };

static const struct option_spec option_table[] = {
	{ 'c', "config", "FILE", "config.json of the model, for kernels of replayed graphs" },
	{ KEY_TP, "tp", "N", "ranks of tensor parallelism that share its layers (1)" },
	{ KEY_PEAKS, "peaks", "FILE", "what kbench measured on this device" },
	{ KEY_DEVICE, "device", "NAME", "the device, where the trace does not name it" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "kroof",
	.usage = "[-c FILE [--tp N]] [--peaks FILE] [--device NAME] [FILE...]",
	.sentence = "Say how near each kernel of a trace is to the limit of its device.",
	.options = option_table,
	.example = "tr-parse -s kernel,memcpy,memset,launch,op,annotation x.gz | tr-stacks | kroof",
	.status = "0 done, 1 done, but a kernel is above its limit, 2 failed",
};

/* One run over any number of streams. */
struct run {
	const char *config, *measured_file, *device;
	int64_t tp;
	char **files;
	struct output *out;
	struct spool *spool;
	struct names *names;
	struct peaks_list peaks;
	struct families families;
	struct table operators;
	struct step_patterns step_patterns;
	struct roles roles;
	struct model model;
	struct measured measured;
	struct kernels kernels;
	size_t found; /* kinds of work above their limit */
};

static void
options_parse(struct run *run, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END)
		switch (key) {
		case 'c':
			run->config = scan.value;
			break;
		case KEY_TP:
			run->tp = options_integer(&scan, 1, 1024);
			break;
		case KEY_PEAKS:
			run->measured_file = scan.value;
			break;
		case KEY_DEVICE:
			run->device = scan.value;
			break;
		}
	if (run->tp > 1 && run->config == NULL)
		options_fail(&scan, "--tp goes with --config");
	run->files = scan.operands;
}

static void
run_open(struct run *run)
{
	run->peaks = peaks_open();
	run->families = families_open();
	run->operators = operators_open();
	run->step_patterns = step_patterns_open();
	run->roles = roles_open();
	run->names = names_open(NULL);
	run->kernels.device = "";
	if (run->config != NULL)
		model_read(&run->model, run->config, run->tp);
	if (run->measured_file != NULL)
		measured_read(&run->measured, run->measured_file);
	run->spool = spool_open(program.name);
	run->out = output_stdout();
}

static void
run_close(struct run *run)
{
	output_close(run->out);
	spool_close(run->spool);
	measured_close(&run->measured);
	model_close(&run->model);
	names_close(run->names);
	roles_close(&run->roles);
	step_patterns_close(&run->step_patterns);
	table_close(&run->operators);
	families_close(&run->families);
	peaks_close(&run->peaks);
}

/* The peaks of the stream's device. */
static void
find_peaks(struct run *run, struct verdicts *verdicts)
{
	const struct kernels *kernels = &run->kernels;
	const char *name = run->device != NULL ? run->device : kernels->device;
	struct peaks_device device = { name, kernels->sms, kernels->memory };
	struct text why = { 0 };

	verdicts->has_peaks = run->device != NULL
	    ? peaks_of_chip(&run->peaks, name, &verdicts->peaks)
	    : peaks_find(&run->peaks, &device, &verdicts->peaks);
	if (run->device != NULL && !verdicts->has_peaks)
		die("no peaks of a device called '%s'", run->device);
	if (verdicts->has_peaks && run->measured.device != NULL && name[0] != '\0' &&
	    strncmp(run->measured.device, verdicts->peaks.device,
	    strcspn(verdicts->peaks.device, ";")) != 0)
		die("%s: measured on %s, but the trace is of %s", run->measured_file,
		    run->measured.device, name);
	if (verdicts->has_peaks)
		measured_apply(&run->measured, &verdicts->peaks);
	text_add_format(&why, "no peaks of this device are known: '%s'", name);
	verdicts->no_peaks = intern_string(why.bytes);
	text_free(&why);
}

/* What tr-classify would say of those it has not seen. */
static void
classify(struct run *run)
{
	struct text class = { 0 };

	for (size_t i = 0; i < run->kernels.count; i++) {
		struct item *item = &run->kernels.items[i];
		const struct names_facts *facts;

		if (item->class != NULL)
			continue;
		facts = names_look_up(run->names, item->name, strlen(item->name));
		text_clear(&class);
		text_add_format(&class, "%s %s %s", type_names[facts->type], facts->family,
		    item->name);
		item->class = intern_string(class.bytes);
	}
	text_free(&class);
}

static void
find_work(struct run *run)
{
	struct kernels *kernels = &run->kernels;

	for (size_t i = 0; i < kernels->count; i++)
		operators_read(&kernels->items[i], kernels, &run->families, &run->operators);
	owners_find(kernels);
	owners_find_planned(kernels);
	owners_find_nearby(kernels, &run->families, &run->operators);
	for (size_t i = 0; i < kernels->count; i++)
		if (kernels->items[i].owner == (int32_t)i)
			events_read(&kernels->items[i], kernels, &run->families);
	roles_read(kernels, &run->model, &run->roles, &run->families);
}

static void
write_stream(struct run *run)
{
	struct kernels *kernels = &run->kernels;
	size_t *positions = memory_alloc((kernels->count + 1) * sizeof(*positions)), next = 0;
	struct verdicts verdicts = { 0 };
	struct trace_reader *reader;
	const struct trace_record *record;

	kernels_ready(kernels, positions);
	find_peaks(run, &verdicts);
	classify(run);
	find_work(run);
	judge(kernels, &verdicts);
	reader = spool_read(run->spool);
	while ((record = trace_reader_next(reader)) != NULL)
		if (record->kind == TRACE_KERNEL || record->kind == TRACE_MEMCPY ||
		    record->kind == TRACE_MEMSET)
			write_item(record, kernels, positions[next++], &verdicts, run->out);
		else {
			if (record->kind == TRACE_END && kernels->is_trace)
				run->found += write_summary(kernels, &verdicts, run->out);
			trace_write(record, run->out);
		}
	trace_reader_close(reader);
	spool_clear(run->spool);
	free(positions);
	kernels_clear(kernels);
}

/* What an earlier run added to the stream. */
static bool
is_own(const struct trace_record *record)
{
	struct slice what;

	return record->kind == TRACE_OTHER && (slice_equals(record->kind_name, "limits") ||
	    slice_equals(record->kind_name, "step_limit") ||
	    (slice_equals(record->kind_name, "finding") &&
	    trace_get_string(record, "what", &what) && slice_equals(what, "over_limit")));
}

static void
read_streams(struct run *run)
{
	struct trace_reader *in = trace_reader_open(run->files);
	const struct trace_record *record;

	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL) {
		if (is_own(record))
			continue;
		kernels_add(&run->kernels, record);
		if (record->kind == TRACE_ANNOTATION)
			steps_add(&run->kernels.steps, &run->step_patterns,
			    launches_process(&run->kernels.launches, record), record);
		spool_add(run->spool, record);
		if (record->kind == TRACE_END)
			write_stream(run);
	}
	trace_reader_close(in);
}

int
main(int argc, char *argv[])
{
	struct run run = { .tp = 1 };

	options_parse(&run, argc, argv);
	run_open(&run);
	read_streams(&run);
	run_close(&run);
	if (run.found > 0)
		warn("%zu kinds of work are above their limit: see the findings", run.found);
	return run.found > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
