/* SPDX-License-Identifier: Apache-2.0 */
/* Draws up what of a model its definitions cover. */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Layers by index: a layer may have several marks. */
enum { PRESENT = 1, MIXES = 2 };

struct marks {
	unsigned char *of; /* one a layer */
	size_t count;
};

enum { MOST_LAYERS = 1 << 16, MOST_GAPS = 50 };

/* What parameters must be covered for an account to be complete: 98 %. */
static const double enough = 0.98;

static void
mark(struct marks *marks, const struct site *site, unsigned char with)
{
	const struct json *layer = site->layers == NULL ? NULL : site->layers->child;

	for (; layer != NULL; layer = layer->next) {
		int64_t index;

		if (!json_integer(layer, &index) || index < 0 || index >= MOST_LAYERS)
			continue;
		if ((size_t)index >= marks->count) {
			marks->of = memory_resize(marks->of, (size_t)index + 1, 1);
			memset(marks->of + marks->count, 0, (size_t)index + 1 - marks->count);
			marks->count = (size_t)index + 1;
		}
		marks->of[index] |= with;
	}
}

/* The kind of what mixes tokens; NULL for other modules. */
static const char *
mixer_of(const struct site *site)
{
	static const struct { const char *role, *kind; } kinds[] = {
		{ "linear_attention", "linear attention" }, { "mamba", "Mamba-2" },
		{ "mamba1", "Mamba-1" },
	};
	const struct json *window = json_get(site->sizes, "window");
	double size = 0;

	if (strcmp(site->role, "attention") == 0) {
		json_number(window, &size);
		if (json_get(site->sizes, "latent") != NULL &&
		    json_get(site->sizes, "latent")->text[0] == 't')
			return "latent attention";
		return size > 0 ? "sliding-window attention" : "attention";
	}
	if (strcmp(site->role, "conv1d") == 0 && json_get(site->sizes, "mixes") != NULL)
		return "short convolution";
	if (strcmp(site->role, "mixer") == 0)
		return site->class;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(site->role, kinds[i].role) == 0)
			return kinds[i].kind;
	return NULL;
}

/* Several places of one kind may be in one layer: a layer counts once. */
static void
count_kind(struct catalogue *catalogue, struct account *account, const struct model *model,
    const char *name)
{
	struct account_kind *kind, **end = &account->kinds;
	struct marks marks = { 0 };

	for (; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->name, name) == 0)
			return;
	kind = arena_alloc_zero(&catalogue->arena, sizeof(*kind));
	kind->name = arena_copy(&catalogue->arena, name, strlen(name));
	kind->described = true;
	for (const struct site *site = model->sites; site != NULL; site = site->next) {
		const char *other = mixer_of(site);

		if (other == NULL || strcmp(other, name) != 0)
			continue;
		mark(&marks, site, MIXES);
		kind->described &= site->covered;
	}
	for (size_t i = 0; i < marks.count; i++)
		kind->layers += marks.of[i] != 0;
	free(marks.of);
	*end = kind;
}

static const char *
class_of_layer(const struct model *model, size_t index)
{
	const struct json *class = model->layer_classes == NULL ? NULL :
	    model->layer_classes->child;

	while (class != NULL && index-- > 0)
		class = class->next;
	return json_string(class);
}

/* Whether a layer without a mixer is one that only feeds forward. */
static bool
feeds_forward(const struct model *model, const struct marks *marks, size_t index)
{
	const char *class = class_of_layer(model, index);
	bool others = false;

	if (class == NULL)
		return false;
	for (size_t i = 0; i < marks->count; i++) {
		const char *other = class_of_layer(model, i);

		if ((marks->of[i] & MIXES) == 0)
			continue;
		others = true;
		if (other != NULL && strcmp(class, other) == 0)
			return false;
	}
	return others;
}

/* "3, 7-9" of the layers that have no mixer and should have one. */
static void
find_bare(struct catalogue *catalogue, struct account *account, const struct model *model,
    const struct marks *marks)
{
	struct text text = { 0 };
	size_t i, first, count = marks->count;

	if (model->layers > 0 && (size_t)model->layers > count && model->layers < MOST_LAYERS)
		count = (size_t)model->layers;
	for (i = 0; i < count; i++) {
		for (first = i; i < count && !(i < marks->count && (marks->of[i] & MIXES) != 0) &&
		    !feeds_forward(model, marks, i); i++)
			;
		if (i == first)
			continue;
		text_add_format(&text, text.length > 0 ? ", %zu" : "%zu", first);
		if (i - first > 1)
			text_add_format(&text, "-%zu", i - 1);
	}
	account->bare = arena_copy(&catalogue->arena, text.length > 0 ? text.bytes : "",
	    text.length);
	text_free(&text);
}

static void
add_gap(struct catalogue *catalogue, struct account *account, const struct site *site)
{
	struct arena *arena = &catalogue->arena;
	struct account_gap *gap = arena_alloc_zero(arena, sizeof(*gap)), **place = &account->gaps;

	gap->path = arena_copy(arena, site->path, strlen(site->path));
	gap->class = arena_copy(arena, site->class, strlen(site->class));
	gap->file = arena_copy(arena, site->file, strlen(site->file));
	gap->line = site->line;
	gap->parameters = site->parameters * site->count;
	while (*place != NULL && (*place)->parameters >= gap->parameters)
		place = &(*place)->next;
	gap->next = *place;
	*place = gap;
}

static void
count_parameters(struct catalogue *catalogue, struct account *account,
    const struct model *model)
{
	for (const struct site *site = model->sites; site != NULL; site = site->next) {
		int64_t parameters = site->parameters * site->count;

		if (strcmp(site->role, "embedding") == 0 || parameters <= 0)
			continue;
		account->parameters += parameters;
		if (site->covered)
			account->covered += parameters;
		else
			add_gap(catalogue, account, site);
	}
}

/* What mixes beside the decoder's layers (pictures, sound) is told, but is none of them. */
static bool
all_described(const struct account *account)
{
	const struct account_kind *kind;

	for (kind = account->kinds; kind != NULL; kind = kind->next)
		if (!kind->described && kind->layers > 0)
			return false;
	return true;
}

/* A constructor that stopped may have left out modules that nobody can count. */
static bool
all_made(const struct model *model)
{
	const struct finding *finding;

	for (finding = model->findings; finding != NULL; finding = finding->next)
		if (finding->kind == FINDING_UNSUPPORTED)
			return false;
	return true;
}

void
account_add(struct catalogue *catalogue, const struct model *model, const char *name)
{
	struct arena *arena = &catalogue->arena;
	struct account *account = arena_alloc_zero(arena, sizeof(*account));
	struct account **end = &catalogue->accounts;
	struct marks marks = { 0 };

	account->model = arena_copy(arena, name, strlen(name));
	if (model->class != NULL)
		account->class = arena_copy(arena, model->class, strlen(model->class));
	account->tp = model->run.tp;
	account->ep = model->run.ep;
	account->layers = model->layers;
	for (const struct site *site = model->sites; site != NULL; site = site->next) {
		const char *kind = mixer_of(site);

		mark(&marks, site, kind == NULL ? PRESENT : PRESENT | MIXES);
		if (kind != NULL)
			count_kind(catalogue, account, model, kind);
	}
	for (size_t i = 0; i < marks.count; i++)
		account->found += marks.of[i] != 0;
	if (marks.count > 0 || account->kinds == NULL)
		find_bare(catalogue, account, model, &marks);
	else
		account->bare = ""; /* what mixes stands in no list of layers */
	count_parameters(catalogue, account, model);
	account->made = all_made(model);
	account->complete = model->class != NULL && account->bare[0] == '\0' &&
	    all_described(account) && account->made &&
	    (double)account->covered >= enough * (double)account->parameters;
	free(marks.of);
	while (*end != NULL)
		end = &(*end)->next;
	*end = account;
}

static void
write_gaps(const struct account *account, struct json_writer *writer)
{
	const struct account_gap *gap = account->gaps;
	size_t count = 0;
	int64_t rest = 0;

	json_key(writer, "missing");
	json_array_begin(writer);
	for (; gap != NULL && count < MOST_GAPS; gap = gap->next, count++) {
		json_object_begin(writer);
		json_member_string(writer, "path", gap->path);
		json_member_string(writer, "class", gap->class);
		json_member_integer(writer, "parameters", gap->parameters);
		json_member_string(writer, "file", gap->file);
		json_member_integer(writer, "line", gap->line);
		json_object_end(writer);
	}
	json_array_end(writer);
	for (; gap != NULL; gap = gap->next)
		rest += gap->parameters;
	json_member_integer(writer, "missing_elsewhere", rest);
}

void
account_write(const struct account *account, struct json_writer *writer)
{
	const struct account_kind *kind;

	json_object_begin(writer);
	json_member_string(writer, "model", account->model);
	json_member_string(writer, "class", account->class);
	json_member_integer(writer, "tp", account->tp);
	json_member_integer(writer, "ep", account->ep);
	json_member_bool(writer, "complete", account->complete);
	json_member_integer(writer, "layers", account->layers);
	json_member_integer(writer, "layers_found", account->found);
	json_key(writer, "mixers");
	json_array_begin(writer);
	for (kind = account->kinds; kind != NULL; kind = kind->next) {
		json_object_begin(writer);
		json_member_string(writer, "kind", kind->name);
		json_member_integer(writer, "layers", kind->layers);
		json_member_bool(writer, "described", kind->described);
		json_object_end(writer);
	}
	json_array_end(writer);
	json_member_string(writer, "layers_without_mixer", account->bare);
	json_member_integer(writer, "parameters", account->parameters);
	json_member_integer(writer, "parameters_covered", account->covered);
	write_gaps(account, writer);
	json_object_end(writer);
}

size_t
account_warn(const struct catalogue *catalogue)
{
	const struct account *account;
	size_t count = 0;

	for (account = catalogue->accounts; account != NULL; account = account->next) {
		const struct account_gap *gap = account->gaps;

		if (account->complete)
			continue;
		count++;
		if (account->class == NULL) {
			warn("%s: account: no model was constructed", account->model);
			continue;
		}
		if (!account->made)
			warn("%s: account: constructors stopped, what they leave out is not counted",
			    account->model);
		for (const struct account_kind *kind = account->kinds; kind != NULL; kind = kind->next)
			if (!kind->described && kind->layers > 0)
				warn("%s: account: no definition describes what mixes in %lld layers (%s)",
				    account->model, (long long)kind->layers, kind->name);
		if (account->bare[0] != '\0')
			warn("%s: account: nothing attends or scans in layers %s (of %lld)",
			    account->model, account->bare, (long long)account->layers);
		if ((double)account->covered < enough * (double)account->parameters)
			warn("%s: account: definitions cover %.1f%% of %lld parameters; most is missing "
			    "in %s (%s:%u)", account->model, 100.0 * (double)account->covered /
			    (double)account->parameters, (long long)account->parameters,
			    gap->path, gap->file, gap->line);
	}
	return count;
}
