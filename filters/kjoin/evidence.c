/* SPDX-License-Identifier: Apache-2.0 */
/* A stack has every function from the model's forward down to the launch, and others between
 * (torch's, wrappers'); a chain fits when its functions, from the op down, are among them in
 * that order. What is above the op differs from layer to layer, and is not asked. */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

/* Where functions of one name in one file begin; a line may be there again. */
struct begins {
	int64_t *lines;
	size_t count, capacity;
};

/* A frame of a stack in the trees. */
struct seen_frame {
	const char *file; /* of the trees; NULL for others */
	const char *name;
	int64_t first;    /* line of the function; 0 when unknown */
};

/* The path as Python imports it: what is below python/, or below the tree's own folder. */
static const char *
importable(const char *path)
{
	static const char folder[] = "/python/";
	const char *below = strstr(path, folder);

	if (below != NULL)
		return below + sizeof(folder) - 1;
	below = strchr(path, '/');
	return below != NULL && strchr(below + 1, '/') != NULL ? below + 1 : path;
}

/* The file of the trees whose importable path the trace's file ends in; NULL for none. The
 * trace's machine keeps its packages elsewhere. */
static const char *
find_file(const struct map *known, const char *file)
{
	for (; file != NULL; file = strchr(file, '/')) {
		void **place;

		file += *file == '/';
		place = map_get_string(known, file);
		if (place != NULL)
			return *place;
	}
	return NULL;
}

const char *
evidence_file(const struct evidence *evidence, const char *file)
{
	void **place = map_get_string(&evidence->files, file);

	return place != NULL ? *place : NULL;
}

static void
find_files(struct evidence *evidence)
{
	const struct trace *trace = evidence->trace;
	const struct chains *chains = evidence->chains;
	struct map known = { 0 };
	size_t i, j;

	for (i = 0; i < chains->known; i++)
		for (j = 0; j < chains->list[i].frame_count; j++) {
			const char *path = chains->list[i].frames[j].file;

			*map_put_string(&known, importable(path)) = (void *)(uintptr_t)path;
			*map_put_string(&known, path) = (void *)(uintptr_t)path;
		}
	for (i = 0; i < trace->stack_count; i++)
		for (j = 0; j < trace->stacks[i].frame_count; j++) {
			const char *file = trace->stacks[i].frames[j].file, *found;
			void **place;

			if (file == NULL || map_get_string(&evidence->files, file) != NULL)
				continue;
			found = find_file(&known, file);
			place = map_put_string(&evidence->files, file);
			*place = (void *)(uintptr_t)found;
			evidence->files_in_tree += found != NULL;
		}
	map_free(&known);
}

static void **
place_of_function(struct map *functions, const char *file, const char *name)
{
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%s\n%s", file, name);
	place = map_put(functions, key.bytes, key.length);
	text_free(&key);
	return place;
}

/* Where the functions of the chains' frames begin. */
static void
find_functions(struct evidence *evidence)
{
	const struct chains *chains = evidence->chains;

	for (size_t i = 0; i < chains->known; i++)
		for (size_t j = 0; j < chains->list[i].frame_count; j++) {
			const struct chain_frame *frame = &chains->list[i].frames[j];
			void **place = place_of_function(&evidence->functions, frame->file,
			    frame->name);
			struct begins *begins = *place;

			if (begins == NULL)
				*place = begins = memory_alloc_zero(1, sizeof(*begins));
			if (frame->def == 0 || (begins->count > 0 &&
			    begins->lines[begins->count - 1] == frame->def))
				continue;
			begins->lines = memory_grow(begins->lines, begins->count,
			    &begins->capacity, sizeof(*begins->lines));
			begins->lines[begins->count++] = frame->def;
		}
}

/* The line, of those where a function of this name in this file begins, that is nearest; 0
 * when the chains have no such function. */
static int64_t
nearest_begin(struct evidence *evidence, const char *file, const char *name, int64_t line)
{
	const struct begins *begins = *place_of_function(&evidence->functions, file, name);
	int64_t nearest = 0;

	for (size_t i = 0; begins != NULL && i < begins->count; i++)
		if (nearest == 0 || llabs(begins->lines[i] - line) < llabs(nearest - line))
			nearest = begins->lines[i];
	return nearest;
}

/* Count each frame of the trace once. */
static void
count_frame(struct evidence *evidence, struct map *counted, const struct frame *frame,
    bool exact)
{
	struct text key = { 0 };
	size_t before = counted->count;

	text_add_format(&key, "%s\n%s\n%lld", frame->file, frame->function,
	    (long long)frame->line);
	map_put(counted, key.bytes, key.length);
	text_free(&key);
	if (counted->count == before)
		return;
	evidence->frames_seen++;
	evidence->frames_in_tree += exact;
}

/* Files in which the model calls ops. */
static void
find_model_files(const struct chains *chains, struct map *files)
{
	for (size_t i = 0; i < chains->known; i++)
		map_put_string(files, chains->list[i].frames[chains->list[i].op].file);
}

/* An op is called in the innermost of the model's own frames. */
static size_t
find_model_frame(const struct stack *stack, const struct seen_frame *seen,
    const struct map *model_files)
{
	for (size_t i = 0; i < stack->frame_count; i++)
		if (seen[i].file != NULL && map_get_string(model_files, seen[i].file) != NULL)
			return i;
	return stack->frame_count;
}

/* Which frames of the trace are functions of the chains, and in which files they begin at the
 * very line: these are the same code. */
static void
count_frames(struct evidence *evidence, struct map *same_files)
{
	const struct trace *trace = evidence->trace;
	struct map counted = { 0 };

	for (size_t i = 0; i < trace->stack_count; i++)
		for (size_t j = 0; j < trace->stacks[i].frame_count; j++) {
			const struct frame *frame = &trace->stacks[i].frames[j];
			const char *file = frame->file == NULL ? NULL :
			    evidence_file(evidence, frame->file);
			int64_t first = file == NULL ? 0 :
			    nearest_begin(evidence, file, frame->function, frame->line);

			if (first == 0)
				continue;
			count_frame(evidence, &counted, frame, first == frame->line);
			if (first == frame->line)
				map_put_string(same_files, file);
		}
	map_free(&counted);
}

/* In code that is the chains', a function that begins elsewhere is another of that name; in
 * other versions of it lines move. */
static void
resolve_stack(struct evidence *evidence, size_t index, const struct map *same_files)
{
	const struct stack *stack = &evidence->trace->stacks[index];
	struct seen_frame *seen = memory_alloc_zero(stack->frame_count + 1, sizeof(*seen));
	bool same_code = 2 * evidence->frames_in_tree > evidence->frames_seen;

	for (size_t i = 0; i < stack->frame_count; i++) {
		const struct frame *frame = &stack->frames[i];

		seen[i].name = frame->function;
		if (frame->file == NULL)
			continue;
		seen[i].file = evidence_file(evidence, frame->file);
		if (seen[i].file == NULL)
			continue;
		seen[i].first = same_code || map_get_string(same_files, seen[i].file) != NULL ?
		    frame->line : nearest_begin(evidence, seen[i].file, frame->function,
		    frame->line);
	}
	evidence->frames[index] = seen;
}

void
evidence_open(struct evidence *evidence, const struct chains *chains,
    const struct callees *callees, const struct trace *trace)
{
	struct map same_files = { 0 }, model_files = { 0 };

	*evidence = (struct evidence){ .chains = chains, .callees = callees, .trace = trace };
	evidence->named = memory_alloc_zero(trace->class_count + 1, sizeof(*evidence->named));
	evidence->is_named = memory_alloc_zero(trace->class_count + 1,
	    sizeof(*evidence->is_named));
	find_files(evidence);
	find_functions(evidence);
	count_frames(evidence, &same_files);
	find_model_files(chains, &model_files);
	evidence->frames = memory_alloc_zero(trace->stack_count + 1, sizeof(*evidence->frames));
	evidence->model_frame = memory_alloc((trace->stack_count + 1) *
	    sizeof(*evidence->model_frame));
	for (size_t i = 0; i < trace->stack_count; i++) {
		resolve_stack(evidence, i, &same_files);
		evidence->model_frame[i] = find_model_frame(&trace->stacks[i],
		    evidence->frames[i], &model_files);
	}
	map_free(&same_files);
	map_free(&model_files);
}

/* How the stack fits the chain from its op inwards. */
struct fit {
	uint32_t from;  /* innermost chain frame that was found */
	size_t missed;  /* frames of the trees inside of the op that it does not have */
	bool complete;  /* and inside of it the kernel itself */
};

static bool
is_same(const struct evidence *evidence, const struct seen_frame *seen, int32_t chain,
    uint32_t index)
{
	const struct chain_frame *frame = &evidence->chains->list[chain].frames[index];

	return seen->file == frame->file && seen->name == frame->name &&
	    (seen->first == frame->def || frame->def == 0 || seen->first == 0);
}

/* The name as a word of its own in what a built-in function or an operator is called. */
static bool
names_kernel(const char *text, const char *kernel)
{
	size_t length = strlen(kernel);

	for (const char *at = strstr(text, kernel); at != NULL; at = strstr(at + 1, kernel))
		if ((at == text || strchr(" .:", at[-1]) != NULL) &&
		    (at[length] == '\0' || strchr(" .:", at[length]) != NULL))
			return true;
	return false;
}

/* Whether the GPU function is known to be launched by this Python kernel. */
static bool
launches(struct evidence *evidence, const struct chain *chain, uint32_t class)
{
	const struct symbol *symbol = chains_symbol(evidence->chains, chain->kernel,
	    chain->source);
	struct candidates *named = &evidence->named[class];

	if (!evidence->is_named[class])
		candidates_find(named, &evidence->trace->classes[class], evidence->chains,
		    evidence->callees);
	evidence->is_named[class] = true;
	for (size_t i = 0; i < named->count; i++)
		if (named->list[i].how != HOW_SIMILAR &&
		    &evidence->chains->symbols[named->list[i].symbol] == symbol)
			return true;
	return false;
}

/* Whether what the stack has inside of the call site is this kernel. */
static bool
reaches_kernel(struct evidence *evidence, int32_t stack, size_t at,
    const struct chain *chain, uint32_t class)
{
	const struct stack *seen = &evidence->trace->stacks[stack];
	const struct json *op = seen->ops != NULL ? seen->ops->child : NULL;

	if (launches(evidence, chain, class))
		return true;
	for (size_t i = 0; i < at; i++)
		if (names_kernel(seen->frames[i].function, chain->kernel))
			return true;
	for (; op != NULL; op = op->next)
		if (json_string(json_get(op, "name")) != NULL &&
		    names_kernel(json_string(json_get(op, "name")), chain->kernel))
			return true;
	return false;
}

static bool
fits(struct evidence *evidence, int32_t stack, int32_t index, uint32_t class,
    struct fit *fit)
{
	const struct chain *chain = &evidence->chains->list[index];
	const struct seen_frame *seen = evidence->frames[stack];
	size_t at = evidence->model_frame[stack], found = at;
	uint32_t next = chain->op;

	if (at == evidence->trace->stacks[stack].frame_count ||
	    !is_same(evidence, &seen[at], index, next))
		return false;
	fit->missed = 0;
	while (at-- > 0) {
		if (next > 0 && is_same(evidence, &seen[at], index, next - 1)) {
			next--;
			found = at;
		} else
			fit->missed += seen[at].file != NULL;
	}
	fit->from = next;
	fit->complete = next == 0 && reaches_kernel(evidence, stack, found, chain, class);
	/* the op's own line is known only from the function that it calls */
	if (!fit->complete && fit->from == chain->op)
		return false;
	if (!fit->complete && fit->from == 0)
		fit->from = 1;
	return true;
}

static bool
is_better(const struct fit *fit, const struct fit *than)
{
	if (fit->missed != than->missed)
		return fit->missed < than->missed;
	if (fit->complete != than->complete)
		return fit->complete;
	return fit->from < than->from;
}

/* One chain a site: all that fit as well are shown by the first. */
static void
add_sighting(const struct chains *chains, struct sightings *sightings, int32_t chain,
    uint32_t from)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (chains->list[sightings->list[i].chain].site == chains->list[chain].site)
			return;
	sightings->list = memory_grow(sightings->list, sightings->count, &sightings->capacity,
	    sizeof(*sightings->list));
	sightings->list[sightings->count++] = (struct sighting){ chain, from };
}

static void
find_sightings(struct evidence *evidence, int32_t stack, uint32_t class,
    struct sightings *sightings)
{
	const struct chains *chains = evidence->chains;
	struct fit best = { 0 }, fit = { 0 };

	for (size_t i = 0; i < chains->known; i++) {
		if (chains->list[i].impossible || chains->list[i].doubtful ||
		    !fits(evidence, stack, (int32_t)i, class, &fit))
			continue;
		if (sightings->count > 0 && is_better(&best, &fit))
			continue;
		if (sightings->count == 0 || is_better(&fit, &best)) {
			sightings->count = 0;
			best = fit;
		}
		add_sighting(chains, sightings, (int32_t)i, fit.from);
	}
}

const struct sightings *
evidence_find(struct evidence *evidence, int32_t stack, uint32_t class)
{
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%d %u", (int)stack, (unsigned)class);
	place = map_put(&evidence->found, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		struct sightings *sightings = memory_alloc_zero(1, sizeof(*sightings));

		*place = sightings;
		find_sightings(evidence, stack, class, sightings);
	}
	return *place;
}

/* The longest run of folders of `path` that is in `file`. */
static size_t
common_folders(const char *path, const char *file)
{
	size_t longest = 0;

	for (const char *begin = path; begin != NULL;) {
		const char *end = strchr(begin, '/'), *next = end;
		size_t run = 0;

		for (; end != NULL; end = strchr(end + 1, '/')) {
			struct text part = { 0 };
			bool found;

			text_add_format(&part, "/%.*s/", (int)(end - begin), begin);
			found = strstr(file, part.bytes) != NULL ||
			    strncmp(file, part.bytes + 1, part.length - 1) == 0;
			text_free(&part);
			if (!found)
				break;
			run++;
		}
		longest = run > longest ? run : longest;
		begin = next != NULL ? next + 1 : NULL;
	}
	return longest;
}

bool
evidence_is_foreign(const struct evidence *evidence)
{
	return evidence->chains->known > 0 && evidence->files.count > 0 &&
	    evidence->files_in_tree == 0;
}

size_t
evidence_nearness(const struct evidence *evidence, const char *path)
{
	size_t longest = 0;

	for (size_t i = 0; i < evidence->files.count; i++) {
		size_t run = common_folders(path, evidence->files.entries[i].key);

		longest = run > longest ? run : longest;
	}
	return longest;
}

/* The first line of a root; 0 when the stream does not tell. */
static int64_t
root_begin(const struct chains *chains, const struct root *root)
{
	for (size_t i = 0; i < chains->known; i++) {
		const struct chain *chain = &chains->list[i];
		const struct chain_frame *top = &chain->frames[chain->frame_count - 1];

		if (top->file == root->file && top->function == root->function)
			return top->def;
	}
	return 0;
}

bool
evidence_shows(const struct evidence *evidence, const struct root *root)
{
	int64_t begin = root_begin(evidence->chains, root);
	const char *dot = strrchr(root->function, '.');
	const char *name = dot != NULL ? dot + 1 : root->function;

	for (size_t i = 0; i < evidence->trace->stack_count; i++)
		for (size_t j = 0; j < evidence->trace->stacks[i].frame_count; j++) {
			const struct seen_frame *seen = &evidence->frames[i][j];

			if (seen->file == root->file && strcmp(seen->name, name) == 0 &&
			    (seen->first == begin || seen->first == 0 || begin == 0))
				return true;
		}
	return false;
}

void
evidence_close(struct evidence *evidence)
{
	if (evidence->frames != NULL)
		for (size_t i = 0; i < evidence->trace->stack_count; i++)
			free(evidence->frames[i]);
	for (size_t i = 0; i < evidence->found.count; i++) {
		struct sightings *sightings = evidence->found.entries[i].value;

		free(sightings->list);
		free(sightings);
	}
	map_free(&evidence->found);
	if (evidence->named != NULL)
		for (size_t i = 0; i < evidence->trace->class_count; i++)
			free(evidence->named[i].list);
	free(evidence->named);
	free(evidence->is_named);
	free(evidence->frames);
	free(evidence->model_frame);
	for (size_t i = 0; i < evidence->functions.count; i++) {
		struct begins *begins = evidence->functions.entries[i].value;

		if (begins != NULL)
			free(begins->lines);
		free(begins);
	}
	map_free(&evidence->functions);
	map_free(&evidence->files);
}
