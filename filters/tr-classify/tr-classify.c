/* SPDX-License-Identifier: Apache-2.0 */
/* Adds to each kernel of a trace stream what its name and the trace tell: its type, its
 * stage, where it comes from.
 *
 *	{"kind":"kernel","index":7,"name":"nvjet_tst_64x16_64x16_4x1_v_bz_TNT","ts":1.5,"dur":7.0}
 *	{"kind":"kernel","index":7,"name":"nvjet_tst_64x16_64x16_4x1_v_bz_TNT","ts":1.5,"dur":7.0,
 *	 "type":"linear","stage":"unknown","family":"nvjet","library":"cuBLASLt",
 *	 "short":"GEMM_NVJET","roles":[]}
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "json/json_scan.h"
#include "base/map.h"
#include "base/memory.h"
#include "names/names.h"
#include "base/options.h"
#include "base/text.h"
#include "trace/trace_record.h"

enum { KEY_EXPLAIN = 256, KEY_GRID_THRESHOLD };

static const struct option_spec option_table[] = {
	{ 'r', "rules", "FILE", "rows of YAML to ask before the built-in ones" },
	{ KEY_EXPLAIN, "explain", "NAME", "print which rows match NAME, and what each says" },
	{ KEY_GRID_THRESHOLD, "grid-threshold", "N", "more tokens than this are prefill (4096)" },
	{ 0 },
};

static const struct program program = {
	.name = "tr-classify",
	.usage = "[-r FILE]... [--grid-threshold N] [FILE...]\n"
	    "       tr-classify [-r FILE]... --explain NAME",
	.sentence = "Adds type, stage, family, library, short name and roles to the kernels of "
	    "a trace stream.",
	.options = option_table,
	.example = "tr-parse trace.json.gz | tr-classify | jq -r 'select(.type == \"moe\") | .short'",
	.status = "0 done, 1 done but a pattern gave up, 2 failed (discard the output)",
};

struct options {
	char **rules; /* NULL-terminated */
	size_t rule_count, rule_capacity;
	const char *explain;
	double grid_threshold;
	char **files;
};

/* From here on, says an annotation, the stage is this one. */
struct stretch {
	double begin; /* us */
	enum stage stage;
};

/* What is said of all kernels of one name; the stage, which the trace may know better,
 * goes between the two texts. */
struct verdict {
	struct slice before, after;
	enum stage stage;
	enum names_grid grid;
	bool squares; /* it raises to a power */
};

struct classifier {
	struct names *names;
	double grid_threshold;
	struct map verdicts; /* name -> struct verdict */
	size_t name_bytes;   /* of all these names */
	struct arena arena;  /* what verdicts hold */
	/* The annotations of the current stream that tell a stage, in order of their begin. */
	struct stretch *stretches;
	size_t count, capacity;
	bool squared; /* the kernel before this one raised to a power */
	struct text members;
};

/* Verdicts are forgotten when there are so many, or their names so long: a stream of ever
 * new names is bounded. */
enum { MOST_VERDICTS = 1 << 15, MOST_NAME_BYTES = 64 << 20 };

static void
options_parse(struct options *opt, int argc, char *argv[])
{
	struct option_scan scan;
	int key;

	*opt = (struct options){ .grid_threshold = 4096 };
	options_begin(&scan, &program, argc, argv);
	while ((key = options_next(&scan)) != OPTION_END) {
		switch (key) {
		case 'r':
			opt->rules = memory_grow(opt->rules, opt->rule_count + 1,
			    &opt->rule_capacity, sizeof(*opt->rules));
			opt->rules[opt->rule_count++] = memory_copy_string(scan.value);
			opt->rules[opt->rule_count] = NULL;
			break;
		case KEY_EXPLAIN:
			opt->explain = scan.value;
			if (*opt->explain == '\0')
				options_fail(&scan, "--explain: an empty name");
			break;
		case KEY_GRID_THRESHOLD:
			opt->grid_threshold = options_number(&scan, 1, 1e18);
			break;
		}
	}
	opt->files = scan.operands;
}

static void
add_string(struct text *text, const char *key, const char *value)
{
	text_add_format(text, ",\"%s\":", key);
	json_escape(text, (struct slice){ value, strlen(value) });
}

static void
add_roles(struct text *text, unsigned roles)
{
	const char *separator = "";

	text_add_string(text, ",\"roles\":[");
	for (unsigned bit = 0; bit < ROLE_COUNT; bit++)
		if (roles & 1u << bit) {
			text_add_format(text, "%s\"%s\"", separator, role_names[bit]);
			separator = ",";
		}
	text_add_char(text, ']');
}

/* The stage of the last annotation that began before `time`; work runs after its launch,
 * so that an annotation of the host may have ended by then. */
static enum stage
stage_at(const struct classifier *classifier, double time)
{
	size_t low = 0, high = classifier->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (classifier->stretches[middle].begin <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? classifier->stretches[low - 1].stage : STAGE_UNKNOWN;
}

/* Keep where the stage changes; a stage that goes on needs no memory. */
static void
add_stretch(struct classifier *classifier, double begin, enum stage stage)
{
	struct stretch *stretches;
	size_t at = classifier->count;

	while (at > 0 && classifier->stretches[at - 1].begin > begin)
		at--;
	if (at > 0 && classifier->stretches[at - 1].stage == stage)
		return;
	classifier->stretches = stretches = memory_grow(classifier->stretches,
	    classifier->count, &classifier->capacity, sizeof(*stretches));
	memmove(stretches + at + 1, stretches + at,
	    (classifier->count - at) * sizeof(*stretches));
	stretches[at] = (struct stretch){ begin, stage };
	classifier->count++;
}

/* Element `index` of a record's grid or block; 0 where the trace has none. */
static double
dimension(const struct trace_record *record, const char *key, int index)
{
	struct slice list = trace_get(record, key);
	const char *at = list.bytes, *end = list.bytes + list.length;
	char number[32];
	size_t length;

	if (list.length < 2 || *at++ != '[')
		return 0;
	for (; index > 0 && at != NULL; index--) {
		at = memchr(at, ',', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL)
		return 0;
	length = (size_t)(end - at) < sizeof(number) ? (size_t)(end - at) : sizeof(number) - 1;
	memcpy(number, at, length);
	number[length] = '\0';
	return strtod(number, NULL);
}

/* What the grid tells where it counts something: many tokens are prefill, and so are many
 * queries of one sequence; few may be either. */
static enum stage
stage_of_grid(const struct classifier *classifier, enum names_grid kind,
    const struct trace_record *record)
{
	double first = dimension(record, "grid", 0);
	bool many;

	switch (kind) {
	case NAMES_GRID_TOKENS:
		many = first > classifier->grid_threshold;
		break;
	case NAMES_GRID_SQUARES:
		if (!classifier->squared)
			return STAGE_UNKNOWN;
		/* fall through */
	case NAMES_GRID_ROWS:
		many = first * dimension(record, "block", 1) > classifier->grid_threshold;
		break;
	case NAMES_GRID_QUERIES:
		many = first > 1;
		break;
	default:
		many = false;
	}
	return many ? STAGE_PREFILL : STAGE_UNKNOWN;
}

/* The name, then what the trace knows, then the grid. */
static enum stage
find_stage(const struct classifier *classifier, const struct verdict *verdict,
    const struct trace_record *record)
{
	enum stage stage = verdict->stage;
	double time;

	if (stage == STAGE_UNKNOWN && classifier->count > 0 &&
	    trace_get_number(record, "ts", &time))
		stage = stage_at(classifier, time);
	if (stage == STAGE_UNKNOWN && verdict->grid != NAMES_GRID_UNKNOWN)
		stage = stage_of_grid(classifier, verdict->grid, record);
	return stage;
}

static struct slice
keep(struct classifier *classifier, const struct text *text)
{
	return (struct slice){ arena_copy(&classifier->arena, text->bytes, text->length),
		text->length };
}

static struct verdict *
judge(struct classifier *classifier, struct slice name)
{
	const struct names_facts *facts = names_look_up(classifier->names, name.bytes,
	    name.length);
	struct verdict *verdict = arena_alloc_zero(&classifier->arena, sizeof(*verdict));
	struct text text = { 0 };

	text_add_format(&text, "\"type\":\"%s\",\"stage\":\"", type_names[facts->type]);
	verdict->before = keep(classifier, &text);
	text_clear(&text);
	text_add_char(&text, '"');
	add_string(&text, "family", facts->family);
	add_string(&text, "library", facts->library);
	add_string(&text, "short", facts->short_name);
	add_roles(&text, facts->roles);
	verdict->after = keep(classifier, &text);
	verdict->stage = facts->stage;
	verdict->grid = facts->grid;
	for (size_t i = 0; i < facts->value_count; i++)
		verdict->squares = verdict->squares || (strcmp(facts->values[i].name, "op") == 0 &&
		    strcmp(facts->values[i].text, "power") == 0);
	text_free(&text);
	return verdict;
}

static const struct verdict *
verdict_of(struct classifier *classifier, struct slice name)
{
	void **place = map_get(&classifier->verdicts, name.bytes, name.length);

	if (place != NULL)
		return *place;
	if (classifier->verdicts.count == MOST_VERDICTS ||
	    classifier->name_bytes > MOST_NAME_BYTES) {
		map_free(&classifier->verdicts);
		classifier->verdicts = (struct map){ 0 };
		classifier->name_bytes = 0;
		arena_reset(&classifier->arena);
	}
	classifier->name_bytes += name.length;
	place = map_put(&classifier->verdicts, name.bytes, name.length);
	return *place = judge(classifier, name);
}

static void
write_members(const struct classifier *classifier, const struct trace_record *record,
    struct output *out)
{
	static const char *const owned[] = {
		"type", "stage", "family", "library", "short", "roles", NULL
	};

	trace_write_with(record, out, owned,
	    (struct slice){ classifier->members.bytes, classifier->members.length });
}

static void
classify_kernel(struct classifier *classifier, const struct trace_record *record,
    struct output *out)
{
	const struct verdict *verdict = verdict_of(classifier, trace_need_string(record, "name"));
	struct text *members = &classifier->members;

	text_clear(members);
	text_add(members, verdict->before.bytes, verdict->before.length);
	text_add_string(members, stage_names[find_stage(classifier, verdict, record)]);
	text_add(members, verdict->after.bytes, verdict->after.length);
	classifier->squared = verdict->squares;
	write_members(classifier, record, out);
}

static void
classify_copy(struct classifier *classifier, const struct trace_record *record,
    struct output *out)
{
	text_clear(&classifier->members);
	text_add_string(&classifier->members, "\"type\":\"memory\"");
	write_members(classifier, record, out);
}

static void
classify_annotation(struct classifier *classifier, const struct trace_record *record,
    struct output *out)
{
	struct slice name = trace_need_string(record, "name");
	enum stage stage = names_annotation_stage(classifier->names, name.bytes,
	    name.length);
	double time;

	if (stage == STAGE_UNKNOWN) {
		trace_write(record, out);
		return;
	}
	/* A step of the optimizer ends, and what runs after it is none. */
	if (stage != STAGE_OPTIMIZER && trace_get_number(record, "ts", &time))
		add_stretch(classifier, time, stage);
	text_clear(&classifier->members);
	text_add_format(&classifier->members, "\"stage\":\"%s\"", stage_names[stage]);
	write_members(classifier, record, out);
}

static void
classify(struct classifier *classifier, const struct trace_record *record, struct output *out)
{
	switch (record->kind) {
	case TRACE_KERNEL:
		classify_kernel(classifier, record, out);
		break;
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		classify_copy(classifier, record, out);
		break;
	case TRACE_ANNOTATION:
		classify_annotation(classifier, record, out);
		break;
	case TRACE_TRACE:
		classifier->count = 0;
		classifier->squared = false;
		trace_write(record, out);
		break;
	default:
		trace_write(record, out);
	}
}

static void
classify_all(struct classifier *classifier, char **files, struct output *out)
{
	struct trace_reader *in = trace_reader_open(files);
	const struct trace_record *record;

	trace_reader_expect_trace(in);
	while ((record = trace_reader_next(in)) != NULL)
		classify(classifier, record, out);
	trace_reader_close(in);
}

static void
classifier_close(struct classifier *classifier)
{
	names_close(classifier->names);
	map_free(&classifier->verdicts);
	arena_free(&classifier->arena);
	text_free(&classifier->members);
	free(classifier->stretches);
}

static void
options_free(struct options *opt)
{
	for (size_t i = 0; i < opt->rule_count; i++)
		free(opt->rules[i]);
	free(opt->rules);
}

int
main(int argc, char *argv[])
{
	struct classifier classifier = { 0 };
	struct options opt;
	struct output *out;
	size_t problems;

	options_parse(&opt, argc, argv);
	out = output_stdout();
	classifier.names = names_open(opt.rules);
	classifier.grid_threshold = opt.grid_threshold;
	if (opt.explain != NULL)
		names_explain(classifier.names, opt.explain, out);
	else
		classify_all(&classifier, opt.files, out);
	problems = names_problems(classifier.names);
	classifier_close(&classifier);
	options_free(&opt);
	output_close(out);
	return problems > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
