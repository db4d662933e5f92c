/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what tr-account --comms says of each trace. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "job.h"
#include "trace/trace_record.h"

const char *const health_names[HEALTH_COUNT] = { "good", "recovered", "no-gpu-work", "doubled",
	"unreadable" };

/* Each rank has a row for each layer. */
enum { MOST_LAYERS = 100000 };

/* While a stream is read. */
struct state {
	struct job *job;
	struct trace_reader *in;
	struct map labels;       /* ranks that were there, by label, to 1 + their place */
	struct map recovered;    /* files, to what was said */
	struct map diagnoses;    /* of the open stream: ranks, to what is said of their hosts */
	bool open;               /* a stream has begun and not ended */
	bool has_rank;           /* and said of which rank it is */
	size_t first;            /* the rank whose records come, its devices from here on */
	bool has_device;         /* ranks[first] is one */
};

/* The text of a string field, decoded, on the heap; NULL when absent or null. */
static char *
copy_field(const struct trace_record *record, const char *key)
{
	struct slice text;
	char *copy;

	if (!trace_get_string(record, key, &text))
		return NULL;
	copy = memory_alloc(text.length + 1);
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	return copy;
}

static char *
copy_or_null(const char *string)
{
	return string != NULL ? memory_copy_string(string) : NULL;
}

/* A device's, or a file's, place among the ranks. */
static struct rank *
add_rank(struct job *job)
{
	job->ranks = memory_grow(job->ranks, job->count, &job->capacity, sizeof(*job->ranks));
	job->ranks[job->count] = (struct rank){ .number = -1, .world_size = -1 };
	return &job->ranks[job->count++];
}

static void
say(struct rank *rank, const char *words, size_t length)
{
	if (rank->says.length > 0)
		text_add_string(&rank->says, "; ");
	text_add(&rank->says, words, length);
}

/* The number at the end of a label: "TP03" is 3; -1 without one. */
static int64_t
label_number(const char *label)
{
	size_t end = strcspn(label, "#"), begin = end;

	while (begin > 0 && label[begin - 1] >= '0' && label[begin - 1] <= '9')
		begin--;
	return begin < end && end - begin < 10 ? strtoll(label + begin, NULL, 10) : -1;
}

/* The label under which a rank is told, which nobody else has. */
static char *
new_label(struct state *state, char *label, bool named, bool *doubled)
{
	struct text text = { 0 };
	void **place;

	if (!named) {
		free(label);
		text_add_format(&text, "file%zu", state->job->files - 1);
		label = text.bytes;
	}
	place = map_put_string(&state->labels, label);
	*place = (void *)((uintptr_t)*place + 1);
	*doubled = (uintptr_t)*place > 1;
	if (*doubled) {
		struct text second = { 0 };

		text_add_format(&second, "%s#%llu", label, (unsigned long long)(uintptr_t)*place);
		free(label);
		label = second.bytes;
	}
	return label;
}

static void
begin_rank(struct state *state, const struct trace_record *record)
{
	struct job *job = state->job;
	struct rank *rank = add_rank(job);
	bool named = true, doubled, empty = false;
	void **said;

	state->first = job->count - 1;
	state->has_rank = true;
	state->has_device = false;
	trace_get_bool(record, "named", &named);
	rank->is_job = true;
	rank->label = copy_field(record, "rank");
	if (rank->label == NULL)
		trace_fail(record, "no rank in this record");
	said = map_get_string(&state->diagnoses, rank->label);
	rank->host_says = said != NULL ? memory_copy_string(*said) : NULL;
	rank->label = new_label(state, rank->label, named, &doubled);
	rank->number = named ? label_number(rank->label) : -1;
	rank->file = copy_field(record, "file");
	trace_get_integer(record, "world_size", &rank->world_size);
	trace_get_integer(record, "base_ns", &rank->base);
	trace_get_integer(record, "layers", &rank->layers);
	if (rank->layers < 0 || rank->layers > MOST_LAYERS)
		trace_fail(record, "a rank cannot have %lld layers", (long long)rank->layers);
	trace_get_bool(record, "zero_gpu_work", &empty);
	said = rank->file != NULL ? map_get_string(&state->recovered, rank->file) : NULL;
	if (said != NULL) {
		rank->health = HEALTH_RECOVERED;
		say(rank, *said, strlen(*said));
	}
	if (empty && said == NULL)
		rank->health = HEALTH_EMPTY;
	rank->own_health = rank->health;
	if (doubled)
		rank->health = HEALTH_DOUBLED;
}

/* The rank's next device. */
static struct rank *
add_device(struct state *state)
{
	struct job *job = state->job;
	const struct rank *first;
	struct rank *rank;

	if (!state->has_device) {
		state->has_device = true;
		return &job->ranks[state->first];
	}
	rank = add_rank(job);
	first = &job->ranks[state->first];
	rank->label = memory_copy_string(first->label);
	rank->file = copy_or_null(first->file);
	rank->is_job = true;
	rank->number = first->number;
	rank->world_size = first->world_size;
	rank->base = first->base;
	rank->layers = first->layers;
	rank->health = first->health;
	rank->own_health = first->own_health;
	return rank;
}

/* Steps through the members of a field that is an object. */
static bool
next_member(struct slice object, const char **at, struct json_member *member)
{
	bool first = *at == NULL;

	if (object.bytes == NULL || *object.bytes != '{')
		return false;
	*at = json_next_known_member(first ? object.bytes + 1 : *at,
	    object.bytes + object.length, first, member);
	return member->key.bytes != NULL;
}

static void
take_causes(struct rank *rank, struct slice causes)
{
	struct text copy = { 0 }, name = { 0 };
	struct json_member member;
	const char *at = NULL;

	text_add(&copy, causes.bytes != NULL ? causes.bytes : "{}",
	    causes.bytes != NULL ? causes.length : 2);
	rank->idle_by_cause = copy.bytes;
	while (next_member(causes, &at, &member)) {
		int64_t ns;

		if (!json_scan_integer(member.value, &ns) || ns <= rank->idle_cause_ns)
			continue;
		rank->idle_cause_ns = ns;
		text_clear(&name);
		json_unescape(&name, member.key);
		free(rank->idle_cause);
		rank->idle_cause = memory_copy_string(name.bytes);
	}
	text_free(&name);
}

/* The elements of an array that has been checked. */
struct list {
	struct slice *items;
	size_t count, capacity;
};

static struct list
split(const struct trace_record *record, const char *key)
{
	struct slice array = trace_get(record, key);
	struct json_fault fault;
	struct list list = { 0 };
	const char *at, *end, *stop;

	if (array.bytes == NULL || *array.bytes != '[')
		trace_fail(record, "\"%s\" is no array", key);
	end = array.bytes + array.length - 1;
	for (at = json_skip_space(array.bytes + 1, end); at < end;
	    at = stop < end ? json_skip_space(stop + 1, end) : end) {
		stop = json_skip_value(at, end, &fault);
		if (stop == NULL)
			break;
		list.items = memory_grow(list.items, list.count, &list.capacity,
		    sizeof(*list.items));
		list.items[list.count++] = (struct slice){ at, (size_t)(stop - at) };
		stop = json_skip_space(stop, end);
	}
	return list;
}

/* {"frame":"a.py(7): f","ns":1}; false when it says that there was no frame. */
static bool
read_frame(struct rank *rank, struct slice object)
{
	struct json_member member;
	struct text name = { 0 };
	const char *at = NULL;
	bool is_frame;

	while (next_member(object, &at, &member)) {
		if (slice_equals(member.key, "ns"))
			json_scan_integer(member.value, &rank->frame_ns);
		else if (slice_equals(member.key, "frame") && member.value.length > 2)
			json_unescape(&name, (struct slice){ member.value.bytes + 1,
			    member.value.length - 2 });
	}
	is_frame = name.length > 0 && name.bytes[0] != '(';
	if (is_frame)
		rank->frame = memory_copy_string(name.bytes);
	text_free(&name);
	return is_frame;
}

/* The longest come first. */
static void
take_frame(struct rank *rank, const struct trace_record *record)
{
	struct list frames;
	size_t i = 0;

	if (trace_get(record, "idle_host_by_frame").bytes == NULL)
		return;
	frames = split(record, "idle_host_by_frame");
	while (i < frames.count && !read_frame(rank, frames.items[i]))
		i++;
	free(frames.items);
}

static void
take_account(struct state *state, const struct trace_record *record)
{
	struct job *job = state->job;
	struct rank *rank;
	int64_t number;

	if (!state->has_rank)
		trace_fail(record, "an account without its rank");
	if (trace_get_integer(record, "pass", &number)) {
		struct pass pass = { .number = number, .stage = copy_field(record, "stage") };

		rank = &job->ranks[job->count - 1];
		pass.start = trace_need_integer(record, "start_ns");
		pass.own = trace_need_integer(record, "own_ns");
		pass.busy = trace_need_integer(record, "busy_ns");
		pass.idle = trace_need_integer(record, "idle_ns");
		pass.exposed = trace_need_integer(record, "exposed_communication_ns");
		rank->passes = memory_grow(rank->passes, rank->pass_count, &rank->pass_capacity,
		    sizeof(*rank->passes));
		rank->passes[rank->pass_count++] = pass;
		return;
	}
	rank = add_device(state);
	rank->device = copy_field(record, "device");
	rank->window = trace_need_integer(record, "window_ns");
	rank->busy = trace_need_integer(record, "busy_ns");
	rank->idle = trace_need_integer(record, "idle_ns");
	rank->compute = trace_need_integer(record, "compute_ns");
	rank->exposed = trace_need_integer(record, "exposed_communication_ns");
	take_causes(rank, trace_get(record, "idle_by_cause_ns"));
	take_frame(rank, record);
}

/* The member of a device. */
static struct member *
member_of(struct state *state, struct rank *rank)
{
	struct members *members = &state->job->members;
	struct text key = { 0 }, escaped = { 0 };

	if (rank->key != NULL) /* its records follow each other */
		return &members->list[members->count - 1];
	text_add_string(&key, rank->label);
	if (rank != &state->job->ranks[state->first])
		text_add_format(&key, "/%s", rank->device != NULL ? rank->device : "");
	json_escape(&escaped, (struct slice){ key.bytes, key.length });
	escaped.bytes[escaped.length - 1] = '\0'; /* without its quotes */
	rank->key = memory_copy_string(escaped.bytes + 1);
	text_free(&key);
	text_free(&escaped);
	return members_add(members, rank->key, rank->base);
}

static int64_t
next_number(const char **at)
{
	char *end;
	long long number = strtoll(*at, &end, 10);

	*at = end;
	return number;
}

/* Keys and group names are written as JSON spells them, which is how they are kept. */
static const char *
spelled(struct slice value)
{
	return value.length >= 2 && *value.bytes == '"' ?
	    intern(value.bytes + 1, value.length - 2) : NULL;
}

static struct collective_facts *
read_facts(struct job *job, struct slice object)
{
	struct collective_facts *facts = arena_alloc_zero(job->facts, sizeof(*facts));
	struct { const char *key; const char **text; int64_t *number; } fields[] = {
		{ "name", &facts->name, NULL }, { "group", &facts->group, NULL },
		{ "group_ranks", &facts->group_ranks, NULL },
		{ "in_elements", &facts->in_elements, NULL }, { "dtype", &facts->dtype, NULL },
		{ "sequence", NULL, &facts->sequence },
		{ "group_size", NULL, &facts->group_size },
		{ "in_count", NULL, &facts->in_count }, { "out_count", NULL, &facts->out_count },
	};
	struct json_member member;
	const char *at = NULL;

	while (next_member(object, &at, &member))
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			if (!slice_equals(member.key, fields[i].key))
				continue;
			if (fields[i].text != NULL)
				*fields[i].text = spelled(member.value);
			else
				json_scan_integer(member.value, fields[i].number);
		}
	return facts;
}

/* start, duration, name, facts, pass, layer, times at the start, times during. */
static void
take_row(const struct trace_record *record, struct slice row, struct comm *comm,
    const struct comm *before, const struct list *names, struct collective_facts *const *facts,
    size_t fact_count)
{
	const char *at = row.bytes + 1, *end = row.bytes + row.length;
	int64_t numbers[6 + 2 * TIME_COUNT] = { 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		numbers[i] = next_number(&at);
		if (at >= end)
			trace_fail(record, "a row has too few numbers");
		at++; /* the comma, or the bracket */
	}
	if (numbers[2] < 0 || (size_t)numbers[2] >= names->count ||
	    *names->items[numbers[2]].bytes != '"' || numbers[3] < 0 ||
	    (size_t)numbers[3] >= fact_count || numbers[1] < 0)
		trace_fail(record, "a row names what is not there");
	*comm = (struct comm){ .start = numbers[0] + (before != NULL ? before->start : 0),
		.name = spelled(names->items[numbers[2]]), .facts = facts[numbers[3]],
		.pass = (int32_t)numbers[4], .layer = (int32_t)numbers[5] };
	comm->end = comm->start + numbers[1];
	for (int time = 0; time < TIME_COUNT; time++) {
		comm->at_start[time] = numbers[6 + time] +
		    (before != NULL ? before->at_start[time] : 0);
		comm->at_end[time] = comm->at_start[time] + numbers[6 + TIME_COUNT + time];
	}
}

static void
take_comms(struct state *state, const struct trace_record *record)
{
	struct job *job = state->job;
	struct member *member = job->count == 0 ? NULL :
	    member_of(state, &job->ranks[job->count - 1]);
	struct list names, facts, rows;
	struct collective_facts **read;
	struct comm before, *last = NULL;

	if (member == NULL)
		return;
	names = split(record, "names");
	facts = split(record, "facts");
	rows = split(record, "rows");
	read = memory_alloc((facts.count + 1) * sizeof(struct collective_facts *));
	for (size_t i = 0; i < facts.count; i++)
		read[i] = read_facts(job, facts.items[i]);
	for (size_t i = 0; i < rows.count; i++) {
		struct comm *comm = member_add(member);

		take_row(record, rows.items[i], comm, last, &names, read, facts.count);
		before = *comm;
		last = &before;
	}
	free(read);
	free(names.items);
	free(facts.items);
	free(rows.items);
}

static void
take_finding(struct state *state, const struct trace_record *record)
{
	struct slice says;
	bool implausible = true;

	trace_get_bool(record, "implausible", &implausible);
	if (implausible && state->job->count > 0 && trace_get_string(record, "says", &says))
		say(&state->job->ranks[state->first], says.bytes, says.length);
}

/* They come before their rank; the first of its host is the most costly one. */
static void
take_diagnosis(struct state *state, const struct trace_record *record)
{
	char *rank = copy_field(record, "rank");
	void **place;

	if (rank != NULL && slice_equals(trace_get(record, "what"), "\"host\"")) {
		place = map_put_string(&state->diagnoses, rank);
		if (*place == NULL)
			*place = copy_field(record, "says");
	}
	free(rank);
}

static void
forget(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->entries[i].value);
	map_free(map);
	*map = (struct map){ 0 };
}

static void
take_unreadable(struct state *state, const struct trace_record *record)
{
	struct rank *rank = add_rank(state->job);
	char *says = copy_field(record, "says");

	if (state->open)
		trace_fail(record, "the stream before this one has no end");
	state->job->files++;
	rank->health = HEALTH_UNREADABLE;
	rank->file = copy_field(record, "file");
	say(rank, says != NULL ? says : "", says != NULL ? strlen(says) : 0);
	free(says);
}

static void
take_record(struct state *state, const struct trace_record *record)
{
	struct slice kind = record->kind_name;

	if (slice_equals(kind, "rank") || slice_equals(kind, "diagnosis")) {
		/* The first record of a stream has the version. */
		if (state->open && trace_get(record, "version").bytes != NULL)
			trace_fail(record, "the stream before this one has no end");
		state->job->files += !state->open;
		state->open = true;
	}
	if (slice_equals(kind, "rank")) {
		begin_rank(state, record);
	} else if (slice_equals(kind, "account")) {
		take_account(state, record);
	} else if (slice_equals(kind, "comms")) {
		take_comms(state, record);
	} else if (slice_equals(kind, "finding")) {
		take_finding(state, record);
	} else if (slice_equals(kind, "unreadable")) {
		take_unreadable(state, record);
	} else if (slice_equals(kind, "recovered")) {
		char *file = copy_field(record, "file");

		if (file != NULL)
			*map_put_string(&state->recovered, file) = copy_field(record, "says");
		free(file);
	} else if (slice_equals(kind, "diagnosis")) {
		take_diagnosis(state, record);
	} else if (slice_equals(kind, "end")) {
		state->open = state->has_rank = false;
		forget(&state->diagnoses);
	} else if (!slice_equals(kind, "gap") && !slice_equals(kind, "collective") &&
	    !slice_equals(kind, "lateness")) {
		trace_fail(record, "'%.*s' is no record of tr-account --comms: it goes before",
		    (int)kind.length, kind.bytes);
	}
}

void
job_read(struct job *job, char *const *files)
{
	struct state state = { .job = job, .in = trace_reader_open(files) };
	const struct trace_record *record;

	job->facts = memory_alloc_zero(1, sizeof(*job->facts));
	while ((record = trace_reader_next(state.in)) != NULL)
		take_record(&state, record);
	if (state.open)
		die("the input is cut: the last stream has no end");
	trace_reader_close(state.in);
	map_free(&state.labels);
	forget(&state.recovered);
	forget(&state.diagnoses);
}

void
job_free(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct rank *rank = &job->ranks[i];

		for (size_t k = 0; k < rank->pass_count; k++)
			free(rank->passes[k].stage);
		free(rank->label);
		free(rank->device);
		free(rank->file);
		free(rank->key);
		free(rank->idle_by_cause);
		free(rank->idle_cause);
		free(rank->frame);
		free(rank->host_says);
		free(rank->passes);
		free(rank->layer_waits);
		text_free(&rank->says);
	}
	for (size_t i = 0; i < job->sentence_count; i++)
		text_free(&job->sentences[i]);
	free(job->ranks);
	free(job->kinds);
	free(job->sentences);
	rows_free(&job->rows);
	members_free(&job->members);
	arena_free(job->facts);
	free(job->facts);
	text_free(&job->missing);
	text_free(&job->says);
}
