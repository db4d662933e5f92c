/* SPDX-License-Identifier: Apache-2.0 */
/* Tells where the wall time of each device goes, to the nanosecond: what ran, and why nothing
 * ran when nothing did.
 *
 * in:  the records of tr-parse -s all (maybe through tr-classify and tr-layers --kernels)
 * out: {"kind":"account","rank":"0","device":"0","pass":null,...,"window_ns":..,"busy_ns":..,
 *      "idle_ns":..,"idle_by_cause_ns":{"host":..},...} and {"kind":"gap",...}
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "base/options.h"
#include "comms.h"
#include "diagnosis.h"
#include "late.h"
#include "write.h"

enum { OPTION_GAPS = 256, OPTION_PASSES, OPTION_COMMS };

/* Without --gaps: so many of each device, and all that last longer. */
enum { LONGEST_GAPS = 10, LONG_GAP_NS = 10000 };

static const struct option_spec option_table[] = {
	{ OPTION_GAPS, "gaps", "WHICH", "gap records: all, N (the longest), or Nns (longer ones)" },
	{ OPTION_PASSES, "passes", "FILE", "event index, pass and stage, by tab" },
	{ OPTION_COMMS, "comms", NULL, "write what communicates for tr-ranks, which matches it" },
	{ 'r', "root", "TREE", "the code that ran: conditions of the calls that cost time" },
	{ 0, NULL, NULL, NULL },
};

static const struct program program = {
	.name = "tr-account",
	.usage = "[--gaps WHICH] [--passes FILE] [--comms] [-r TREE] [FILE...]",
	.sentence = "Tell where the wall time of each GPU goes, and why it is idle.",
	.options = option_table,
	.example = "tr-parse -s all trace.json.gz | tr-account | jq 'select(.kind==\"gap\")'",
	.status = "0 done, 1 done, with something implausible, 2 failed",
};

struct options {
	struct gap_choice gaps;
	const char *passes, *root;
	bool comms; /* write them instead of matching them */
	char **files;
};

/* All that lasts from one file to the next. */
struct job {
	struct load load;
	struct options options;
	struct output *out;
	struct members members;
	struct late_devices late; /* of each member */
	struct sources *sources; /* NULL without a tree */
	struct map keys; /* ranks that were written, to how often */
	uint64_t ranks, devices, accounts, gaps, findings, implausible, diagnoses;
};

/* A rank with all that was found of it. */
struct account {
	struct rank *rank;
	char *key; /* under which it is written */
	struct rank_facts facts;
	struct host host;
	struct device *devices;
	struct figures *figures;
	struct timeline *timelines;
	size_t count;
};

static void
take_gaps(const struct option_scan *scan, struct gap_choice *gaps)
{
	char *end;
	unsigned long long number = strtoull(scan->value, &end, 10);

	*gaps = (struct gap_choice){ .over = INT64_MAX };
	if (strcmp(scan->value, "all") == 0)
		gaps->all = true;
	else if (scan->value[0] >= '0' && scan->value[0] <= '9' && *end == '\0')
		gaps->longest = number > SIZE_MAX ? SIZE_MAX : (size_t)number;
	else if (scan->value[0] >= '0' && scan->value[0] <= '9' && strcmp(end, "ns") == 0)
		gaps->over = number > INT64_MAX ? INT64_MAX : (int64_t)number;
	else
		options_fail(scan, "--gaps takes all, a number, or nanoseconds as in 5000ns, "
		    "not '%s'", scan->value);
}

static struct options
options_parse(int argc, char *argv[])
{
	struct options options = { .gaps = { .longest = LONGEST_GAPS, .over = LONG_GAP_NS } };
	struct option_scan scan;
	int key;

	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		if (key == OPTION_GAPS)
			take_gaps(&scan, &options.gaps);
		else if (key == OPTION_PASSES)
			options.passes = scan.value;
		else if (key == 'r')
			options.root = scan.value;
		else
			options.comms = true;
	}
	options.files = scan.operands;
	return options;
}

/* The name under which a rank is written: the second "0" is "0#2". The caller frees it. */
static char *
new_key(struct job *job, const struct rank *rank)
{
	void **place = map_put_string(&job->keys, rank->key);
	uintptr_t times = (uintptr_t)*place + 1;
	struct text key = { 0 };

	*place = (void *)times;
	text_add_string(&key, rank->key);
	if (times > 1)
		text_add_format(&key, "#%llu", (unsigned long long)times);
	return key.bytes;
}

static int
compare_correlations(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static void
count_calls(const struct rank *rank, struct rank_facts *facts)
{
	int64_t *done = memory_alloc_zero(rank->piece_count + 1, sizeof(*done));

	for (size_t i = 0; i < rank->piece_count; i++)
		done[i] = rank->pieces[i].correlation;
	statistics_sort(done, rank->piece_count);
	for (size_t i = 0; i < rank->host_count; i++) {
		const struct host_event *event = &rank->hosts[i];
		bool alone;

		if (event->kind != HOST_CALL || (event->name->flags & WORD_LAUNCHES) == 0)
			continue;
		alone = bsearch(&event->correlation, done, rank->piece_count, sizeof(*done),
		    compare_correlations) == NULL;
		facts->launch_calls++;
		facts->launch_calls_alone += alone;
		if (is_graph_launch(event)) {
			facts->graph_launches++;
			facts->graph_launches_alone += alone;
		}
	}
	free(done);
}

static void
add_device(const struct device *device, const struct figures *figures, struct rank_facts *facts)
{
	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];

		if (piece->launch != NO_LAUNCH)
			continue;
		facts->without_launch++;
		facts->before_trace += device->host->has_calls && piece->correlation != 0 &&
		    piece->correlation != NO_CORRELATION &&
		    piece->start < device->first_launched[piece->stream];
	}
	facts->idle += figures->idle;
	facts->queued += figures->idle_by_cause[CAUSE_QUEUED];
	facts->window += device->last - device->first;
	facts->steps_back += device->steps_back;
	facts->launched += figures->launch_delay.count;
	facts->launch_negative += figures->launched_before_call;
	if (figures->gaps.count > 0 && figures->gaps.max > facts->longest_gap)
		facts->longest_gap = figures->gaps.max;
}

static void
write_device(struct job *job, const char *key, const struct device *device,
    const struct figures *figures, struct timeline *timeline)
{
	size_t pass_count, stage_count;
	struct pass *passes = passes_find(device, timeline, &pass_count);
	struct stage_figures *stages = stages_find(&job->load, passes, pass_count, &stage_count);

	write_account(key, device, figures, &job->load, stages, stage_count, job->out);
	for (size_t i = 0; i < pass_count; i++)
		write_pass(key, device, &job->load, &passes[i], job->out);
	job->gaps += write_gaps(key, device, &job->options.gaps,
	    &job->load.words, job->sources, job->out);
	job->devices++;
	job->accounts += 1 + pass_count;
	free(passes);
	free(stages);
}

static void
write_comms(struct job *job, const char *key, const struct device *device,
    const struct timeline *timeline)
{
	struct member member = { 0 };

	comms_collect(device, timeline, &member);
	comms_write(key, device->key, &member, job->out);
	free(member.comms);
}

/* A rank's second device is a member of its own. */
static void
keep_member(struct job *job, const char *key, const struct device *device, size_t devices,
    const struct timeline *timeline)
{
	struct text name = { 0 };

	text_add_string(&name, key);
	for (size_t i = 0; devices > 1 && i < job->members.count; i++)
		if (strcmp(job->members.list[i].key, key) == 0) {
			text_add_format(&name, "/%s", device->key);
			break;
		}
	comms_collect(device, timeline, members_add(&job->members, name.bytes,
	    device->rank->base));
	late_add(&job->late, name.bytes, key, device);
	text_free(&name);
}

static void
account_open(struct job *job, struct account *account, struct rank *rank)
{
	size_t count;

	*account = (struct account){ .rank = rank, .key = new_key(job, rank) };
	host_open(&account->host, rank);
	account->devices = devices_open(&account->host, rank, &count);
	account->count = count;
	account->figures = memory_alloc_zero(count + 1, sizeof(*account->figures));
	account->timelines = memory_alloc_zero(count + 1, sizeof(*account->timelines));
	count_calls(rank, &account->facts);
	for (size_t i = 0; i < count; i++) {
		struct device *device = &account->devices[i];

		device_find_causes(device);
		account->timelines[i] = timeline_open(device);
		figures_find(device, &account->timelines[i], &account->figures[i]);
		add_device(device, &account->figures[i], &account->facts);
	}
}

static void
account_write(struct job *job, struct account *account)
{
	write_rank(account->key, account->rank, &account->facts,
	    job->ranks++ == 0 && job->diagnoses == 0, job->out);
	for (size_t i = 0; i < account->count; i++) {
		write_device(job, account->key, &account->devices[i], &account->figures[i],
		    &account->timelines[i]);
		if (job->options.comms)
			write_comms(job, account->key, &account->devices[i],
			    &account->timelines[i]);
		else
			keep_member(job, account->key, &account->devices[i], account->count,
			    &account->timelines[i]);
	}
	output_flush(job->out);
	write_findings(account->key, account->rank, &account->facts, job->out, &job->findings,
	    &job->implausible);
}

static void
account_close(struct account *account)
{
	for (size_t i = 0; i < account->count; i++)
		timeline_close(&account->timelines[i]);
	devices_close(account->devices, account->count);
	host_close(&account->host);
	free(account->figures);
	free(account->timelines);
	free(account->key);
}

/* The first ranks are complete: those of one run, whose diagnosis comes first. */
static void
account_first(struct job *job, size_t count)
{
	struct account *accounts = memory_alloc((count + 1) * sizeof(*accounts));
	struct diagnosis diagnosis = { 0 };

	for (size_t i = 0; i < count; i++) {
		account_open(job, &accounts[i], job->load.ranks[i]);
		for (size_t k = 0; k < accounts[i].count; k++)
			diagnosis_add(&diagnosis, accounts[i].key, &accounts[i].devices[k],
			    &accounts[i].figures[k]);
	}
	job->diagnoses += diagnosis_write(&diagnosis, &job->load.words, job->sources,
	    job->ranks == 0 && job->diagnoses == 0, job->out);
	for (size_t i = 0; i < count; i++) {
		account_write(job, &accounts[i]);
		account_close(&accounts[i]);
	}
	free(accounts);
	load_drop(&job->load, count);
}

static void
read_all(struct job *job, char *const *files)
{
	struct trace_reader *in = trace_reader_open(files);
	const struct trace_record *record;

	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL) {
		load_record(&job->load, record);
		/* Files of one run come one after the other. */
		if (record->kind == TRACE_END && load_end_file(&job->load))
			account_first(job, job->load.first_rank);
	}
	account_first(job, job->load.count);
	trace_reader_close(in);
}

static void
write_end(const struct job *job, const struct rows *rows)
{
	struct text tail = { 0 };

	output_format(job->out, "{\"kind\":\"end\",\"ranks\":%llu,\"devices\":%llu,"
	    "\"diagnoses\":%llu,\"accounts\":%llu,\"gaps\":%llu,\"collectives\":%zu,"
	    "\"findings\":%llu,\"implausible\":%llu", (unsigned long long)job->ranks,
	    (unsigned long long)job->devices, (unsigned long long)job->diagnoses,
	    (unsigned long long)job->accounts, (unsigned long long)job->gaps, rows->count,
	    (unsigned long long)job->findings, (unsigned long long)job->implausible);
	if (rows->count > 0)
		rows_describe(rows, &tail);
	output_string(job->out, tail.length > 0 ? tail.bytes : "");
	output_string(job->out, "}\n");
	text_free(&tail);
}

int
main(int argc, char *argv[])
{
	struct job job = { .options = options_parse(argc, argv), .out = output_stdout() };
	struct rows rows = { 0 };

	job.sources = sources_open(job.options.root);
	if (job.options.passes != NULL)
		load_passes(&job.load, job.options.passes);
	read_all(&job, job.options.files);
	if (job.members.count > 1)
		rows_find(&rows, &job.members);
	if (rows.count > 0) {
		job.diagnoses += late_write(&job.late, &rows, job.out);
		rows_write(&rows, job.out);
		rows_write_lateness(&rows, job.out);
	}
	write_end(&job, &rows);
	output_close(job.out);
	rows_free(&rows);
	sources_close(job.sources);
	members_free(&job.members);
	late_free(&job.late);
	map_free(&job.keys);
	load_free(&job.load);
	return job.implausible > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
