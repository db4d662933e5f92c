/* SPDX-License-Identifier: Apache-2.0 */
/* Reads hot records, and answers what a row of them says at first glance. */
#include <math.h>
#include <string.h>

#include "field.h"
#include "page/label.h"
#include "place.h"

static struct frame *
read_frames(struct arena *arena, const struct record *record, const struct json *array,
    bool is_chain, size_t *count)
{
	struct frame *frames, *frame;

	*count = 0;
	if (array == NULL || array->type == JSON_NULL)
		return NULL;
	if (array->type != JSON_ARRAY)
		reader_fail(record, "\"%s\" is no array", is_chain ? "frames" : "stack");
	frames = arena_alloc_zero(arena, (json_count(array) + 1) * sizeof(*frames));
	for (array = array->child; array != NULL; array = array->next) {
		frame = &frames[(*count)++];
		frame->file = field_need_string(arena, record, array, "file");
		frame->function = field_need_string(arena, record, array, "function");
		frame->line = field_line(record, array);
		if (!is_chain)
			continue;
		frame->call = field_need_string(arena, record, array, "call");
		frame->via = field_string(arena, record, array, "via");
		frame->guards = field_strings(arena, record, array, "guards", &frame->guard_count);
		frame->receivers = field_strings(arena, record, array, "receivers",
		    &frame->receiver_count);
	}
	return frames;
}

static void
fill_site(struct arena *arena, const struct record *record, const struct json *object,
    const char *call, struct frame *site)
{
	site->call = field_need_string(arena, record, object, call);
	site->file = field_need_string(arena, record, object, "file");
	site->function = field_string(arena, record, object, "function");
	site->line = field_line(record, object);
}

/* One of the call sites that a place names; `call` is the key of what is called. */
static struct frame *
read_site(struct arena *arena, const struct record *record, const struct json *object,
    const char *call)
{
	struct frame *site;

	if (object == NULL || object->type == JSON_NULL)
		return NULL;
	site = arena_alloc_zero(arena, sizeof(*site));
	fill_site(arena, record, object, call, site);
	return site;
}

static void
read_also(struct arena *arena, const struct record *record, const struct json *array,
    struct place *place)
{
	if (array == NULL || array->type == JSON_NULL)
		return;
	if (array->type != JSON_ARRAY)
		reader_fail(record, "\"also_at\" is no array");
	place->also_at = arena_alloc_zero(arena, (json_count(array) + 1) * sizeof(*place->also_at));
	for (array = array->child; array != NULL; array = array->next)
		fill_site(arena, record, array, "call", &place->also_at[place->also_count++]);
}

static void
read_chain(struct arena *arena, const struct record *record, const struct json *chain,
    struct place *place)
{
	int64_t op;

	if (chain == NULL || chain->type == JSON_NULL)
		return;
	place->chain = read_frames(arena, record, json_get(chain, "frames"), true,
	    &place->chain_length);
	if (!json_integer(json_get(chain, "op"), &op) || op < 0 ||
	    (size_t)op >= place->chain_length)
		reader_fail(record, "\"op\" is no index into the chain's \"frames\"");
	place->chain_op = (size_t)op;
}

/* The operator and the shapes it was called with, on one line. */
static const char *
read_launch(struct arena *arena, const struct json *launch)
{
	const struct json *shape = json_get(launch, "dims"), *size;
	const char *name = json_string(json_get(launch, "op")), *copy;
	struct text text = { 0 };

	if (name == NULL)
		return NULL;
	text_add_string(&text, name);
	for (shape = shape ? shape->child : NULL; shape != NULL; shape = shape->next) {
		if (shape->type != JSON_ARRAY || shape->child == NULL)
			continue;
		text_add_string(&text, " [");
		for (size = shape->child; size != NULL; size = size->next)
			text_add_format(&text, "%s%s", size->text ? size->text : "?",
			    size->next ? "\xc3\x97" : "]");
	}
	copy = arena_copy(arena, text.bytes, text.length);
	text_free(&text);
	return copy;
}

static void
read_rate(struct arena *arena, const struct record *record, const struct json *rate,
    struct place *place)
{
	if (rate == NULL || rate->type != JSON_OBJECT)
		return;
	place->has_rate = true;
	place->rate = (struct rate){ .gbps = field_number(record, rate, "gbps"),
		.tflops = field_number(record, rate, "tflops"),
		.ceiling_percent = field_number(record, rate, "ceiling_pct"),
		.bound = field_string(arena, record, rate, "bound"),
		.how = field_string(arena, record, rate, "how"),
		.why = field_string(arena, record, rate, "why") };
}

static struct place
read_place(struct arena *arena, const struct record *record, const struct json *object,
    size_t op_count)
{
	const struct json *certain = json_get(object, "certain"), *op = json_get(object, "op");
	struct place place = { .op = NO_OP };

	if (op != NULL && op->type != JSON_NULL &&
	    (!json_integer(op, &place.op) || place.op < 0 || (size_t)place.op >= op_count))
		reader_fail(record, "a place names an op that is not there");
	if (certain != NULL && certain->type == JSON_BOOL)
		place.certain = *certain->text == 't';
	else
		reader_fail(record, "\"certain\" is missing or no truth");
	place.kernel = field_string(arena, record, object, "kernel");
	place.source = field_string(arena, record, object, "source");
	place.how = field_need_string(arena, record, object, "how");
	place.why = field_string(arena, record, object, "why");
	place.calls = field_count(record, object, "calls");
	place.sum = field_number(record, object, "sum");
	place.stack = read_frames(arena, record, json_get(object, "stack"), false,
	    &place.stack_length);
	place.launch = read_launch(arena, json_get(object, "launch"));
	place.definition = field_string(arena, record, object, "definition");
	place.at = read_site(arena, record, json_get(object, "at"), "call");
	read_also(arena, record, json_get(object, "also_at"), &place);
	place.after = read_site(arena, record, json_get(object, "after"), "call");
	place.before = read_site(arena, record, json_get(object, "before"), "call");
	place.called_at = read_site(arena, record, json_get(object, "called_at"), "text");
	read_chain(arena, record, json_get(object, "chain"), &place);
	read_rate(arena, record, json_get(object, "rate"), &place);
	return place;
}

static enum explained
read_explained(const struct record *record)
{
	const char *name = record_string(record, "explained");

	for (int i = 0; i < EXPLAINED_COUNT; i++)
		if (strcmp(name, explained_names[i]) == 0)
			return (enum explained)i;
	reader_fail(record, "\"explained\" is none of chain, stack, symbol, between, library, none");
}

static const struct json *
need_places(const struct record *record)
{
	const struct json *places = json_get(record->root, "places");

	if (places != NULL && places->type == JSON_ARRAY)
		return places;
	reader_fail(record, "\"places\" is missing or no array");
}

/* What its calls add up to; NAN where none has a share. */
static void
read_limit(struct hot *hot, const struct record *record, const struct json *limit)
{
	hot->limited = hot->limit = hot->win = NAN;
	if (limit == NULL || limit->type != JSON_OBJECT)
		return;
	hot->limited = field_number(record, limit, "op_us");
	hot->limit = field_number(record, limit, "limit_us");
	hot->win = field_number(record, limit, "win_us");
}

struct hot
hot_read(struct arena *arena, const struct record *record, size_t op_count)
{
	const struct json *root = record->root, *places = need_places(record);
	struct hot hot = { .name = field_need_string(arena, record, root, "name"),
		.type = field_string(arena, record, root, "type"),
		.library = field_string(arena, record, root, "library"),
		.stage = field_string(arena, record, root, "stage"),
		.explained = read_explained(record),
		.calls = field_count(record, root, "calls"),
		.layers = field_count(record, root, "layers"),
		.sum = field_need_number(record, root, "sum"),
		.share = field_need_number(record, root, "share"),
		.mean = field_number(record, root, "mean"),
		.shortest = field_number(record, root, "min"),
		.longest = field_number(record, root, "max") };

	read_limit(&hot, record, json_get(root, "limit"));
	hot.label = field_string(arena, record, root, "short");
	if (hot.label == NULL)
		hot.label = hot.name;
	hot.places = arena_alloc_zero(arena, (json_count(places) + 1) * sizeof(*hot.places));
	for (places = places->child; places != NULL; places = places->next)
		hot.places[hot.place_count++] = read_place(arena, record, places, op_count);
	return hot;
}

const struct place *
hot_main_place(const struct hot *hot)
{
	const struct place *main = NULL;

	for (size_t i = 0; i < hot->place_count; i++) {
		const struct place *place = &hot->places[i];

		if (main == NULL || (place->certain && (!main->certain || place->sum > main->sum)))
			main = place;
	}
	return main;
}

bool
hot_is_ambiguous(const struct hot *hot)
{
	for (size_t i = 0; i < hot->place_count; i++)
		if (!hot->places[i].certain)
			return true;
	return false;
}

const struct frame *
place_site(const struct join *join, const struct place *place)
{
	return place->op != NO_OP ? &join->ops[place->op].at : place->at;
}

/* Whether two places are told apart by what a row shows of them. */
static bool
is_same(const struct join *join, const struct place *a, const struct place *b)
{
	const struct frame *left = place_site(join, a), *right = place_site(join, b);

	if (left == NULL && right == NULL && a->stack_length > 0 && b->stack_length > 0) {
		left = &a->stack[0];
		right = &b->stack[0];
	}
	if (left == NULL || right == NULL || left->line != right->line ||
	    strcmp(left->file ? left->file : "", right->file ? right->file : "") != 0)
		return false;
	return strcmp(a->kernel ? a->kernel : "", b->kernel ? b->kernel : "") == 0;
}

size_t
hot_other_places(const struct join *join, const struct hot *hot, const struct place *main)
{
	size_t others = 0, j;

	for (size_t i = 0; i < hot->place_count; i++) {
		const struct place *place = &hot->places[i];

		if (place->certain != main->certain || is_same(join, place, main))
			continue;
		for (j = 0; j < i; j++)
			if (hot->places[j].certain == main->certain &&
			    is_same(join, &hot->places[j], place))
				break;
		others += j == i && place != main;
	}
	return others;
}

/* The last "/name/", or "name/" at the beginning: where it is followed by a path. */
static const char *
find_folder(const char *path, const char *name, size_t length)
{
	const char *found = NULL, *slash;

	for (const char *at = path; ; at = slash + 1) {
		if (strncmp(at, name, length) == 0 && at[length] == '/')
			found = at;
		slash = strchr(at, '/');
		if (slash == NULL)
			return found;
	}
}

const char *
join_tree_path(struct join *join, const char *file)
{
	const char *tree = join->tree ? base_name(join->tree) : "", *package = tree, *found;
	const char *known = join->op_count > 0 && join->ops[0].at.file ? join->ops[0].at.file : "";
	size_t root = strlen(tree) + strlen("/python/");
	const char *python = arena_format(&join->arena, "%s/python/", tree);

	if (strncmp(known, python, root) == 0)
		package = known + root;
	else
		root = 0;
	if (*package == '\0' || *file == '<')
		return NULL;
	found = find_folder(file, package, strcspn(package, "/"));
	return found == NULL ? NULL
	    : arena_format(&join->arena, "%.*s%s", (int)root, python, found);
}

const struct frame *
place_seen_in(struct join *join, const struct place *place)
{
	for (size_t i = 0; i < place->stack_length; i++)
		if (join_tree_path(join, place->stack[i].file) != NULL)
			return &place->stack[i];
	return place->stack_length > 0 ? &place->stack[0] : NULL;
}
