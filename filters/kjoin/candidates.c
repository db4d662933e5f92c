/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kinds of evidence in turn; the first that knows anything answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "candidates.h"
#include "base/intern.h"
#include "base/memory.h"
#include "json/reader.h"
#include "similar.h"
#include "base/text.h"
#include "trace/kinds.h"

const char *const candidate_how_names[HOW_COUNT] = { "callee", "name", "library", "similar" };
const int candidate_worth[HOW_COUNT] = { 100, 100, 90, 60 };

/* A GPU function that a Python kernel launches. Strings are interned. */
struct callee {
	const char *kernel, *source, *gpu, *scope, *how, *file;
	int64_t line;
	bool prefix;  /* gpu is how the profiler's name begins */
	int32_t next; /* of the same gpu; NONE at the end */
};

static const char *
optional(const struct record *record, const char *key)
{
	const char *text = json_string(json_get(record->root, key));

	return text != NULL ? intern_string(text) : NULL;
}

static void
add_callee(struct callees *callees, const struct record *record)
{
	struct callee callee = { .next = NONE };
	const char *match = json_string(json_get(record->root, "match"));
	void **place;

	callee.kernel = intern_string(record_string(record, "kernel"));
	callee.source = intern_string(record_string(record, "source"));
	callee.gpu = intern_string(record_string(record, "gpu"));
	callee.scope = optional(record, "scope");
	callee.how = optional(record, "how");
	callee.file = optional(record, "file");
	json_integer(json_get(record->root, "line"), &callee.line);
	callee.prefix = match != NULL && strcmp(match, "prefix") == 0;
	place = map_put_string(&callees->by_name, callee.gpu);
	callee.next = (int32_t)(uintptr_t)*place - 1;
	callees->list = memory_grow(callees->list, callees->count, &callees->capacity,
	    sizeof(*callees->list));
	callees->list[callees->count++] = callee;
	*place = (void *)(uintptr_t)callees->count;
}

void
callees_read(struct callees *callees, const char *path)
{
	char *files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;

	if (path == NULL)
		return;
	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "callee") == 0)
			add_callee(callees, record);
	reader_close(&reader);
}

void
callees_close(struct callees *callees)
{
	free(callees->list);
	map_free(&callees->by_name);
}

bool
callees_link(const struct callees *callees, const struct kernel_class *class, const char *kernel)
{
	void **place = map_get_string(&callees->by_name, class->base);
	int32_t at = place != NULL ? (int32_t)(uintptr_t)*place - 1 : NONE;

	for (; at != NONE; at = callees->list[at].next)
		if (strcmp(callees->list[at].kernel, kernel) == 0)
			return true;
	return false;
}

static void
add_candidate(struct candidates *found, const struct chains *chains, const struct symbol *symbol,
    enum candidate_how how, const char *why)
{
	uint32_t index = (uint32_t)(symbol - chains->symbols);

	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].symbol == index)
			return;
	found->list = memory_grow(found->list, found->count, &found->capacity,
	    sizeof(*found->list));
	found->list[found->count++] = (struct candidate){ index, how, intern_string(why) };
}

static void
add_callee_symbol(struct candidates *found, const struct chains *chains,
    const struct callee *callee)
{
	const struct symbol *symbol = chains_symbol(chains, callee->kernel, callee->source);
	struct text why = { 0 };

	if (symbol == NULL)
		return;
	text_add_format(&why, "%s launches %s", callee->kernel, callee->gpu);
	if (callee->file != NULL)
		text_add_format(&why, " (%s:%lld)", callee->file, (long long)callee->line);
	add_candidate(found, chains, symbol, HOW_CALLEE, why.bytes);
	text_free(&why);
}

static void
find_callees(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains, const struct callees *callees)
{
	void **place = map_get_string(&callees->by_name, class->base);
	int32_t at = place != NULL ? (int32_t)(uintptr_t)*place - 1 : NONE;

	for (; at != NONE; at = callees->list[at].next)
		if (!callees->list[at].prefix)
			add_callee_symbol(found, chains, &callees->list[at]);
	if (found->count > 0)
		return;
	for (size_t i = 0; i < callees->count; i++)
		if (callees->list[i].prefix && strncmp(class->name, callees->list[i].gpu,
		    strlen(callees->list[i].gpu)) == 0)
			add_callee_symbol(found, chains, &callees->list[i]);
}

/* Triton calls a kernel by its Python function, some versions with what it is specialised on
 * after ("_fwd_kernel_0d1d2de"). */
bool
candidates_is_jitted(const char *name, const char *kernel)
{
	size_t length = strlen(kernel);

	if (strncmp(name, kernel, length) != 0)
		return false;
	if (name[length] == '\0')
		return true;
	return name[length] == '_' && name[length + 1] >= '0' && name[length + 1] <= '9' &&
	    strspn(name + length + 1, "0123456789dec") == strlen(name + length + 1);
}

static void
find_named(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains)
{
	char why[200];

	for (size_t i = 0; i < chains->symbol_count; i++) {
		const struct symbol *symbol = &chains->symbols[i];

		if ((symbol->possible == 0 && symbol->call == NULL) ||
		    !candidates_is_jitted(class->name, symbol->kernel))
			continue;
		snprintf(why, sizeof(why), "the kernel has the name of a function in %s",
		    symbol->source);
		add_candidate(found, chains, symbol, HOW_NAME, why);
	}
}

/* torch's functions that compute a matrix product, which it gives to a library. */
static bool
is_product(const struct symbol *symbol)
{
	static const char *const products[] = { "linear", "matmul", "mm", "bmm", "addmm",
		"baddbmm", "addbmm", "mv", "addmv", "_scaled_mm", NULL };

	if (strcmp(symbol->source, "torch") != 0)
		return false;
	for (int i = 0; products[i] != NULL; i++)
		if (strcmp(symbol->kernel, products[i]) == 0)
			return true;
	return false;
}

/* Kernels of these libraries are called by torch, not by the model's own code. */
static bool
is_torch_library(const char *library)
{
	static const char *const libraries[] = { "cuBLAS", "cuBLASLt", "hipBLASLt", "rocBLAS",
		"CUTLASS", NULL };

	for (int i = 0; libraries[i] != NULL; i++)
		if (strncmp(library, libraries[i], strlen(libraries[i])) == 0)
			return true;
	return false;
}

static void
find_library(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains)
{
	char why[200];

	if (strcmp(class->type, type_names[TYPE_LINEAR]) != 0 || !is_torch_library(class->library))
		return;
	snprintf(why, sizeof(why), "a matrix product of %s, which torch calls for it",
	    class->library);
	for (size_t i = 0; i < chains->symbol_count; i++)
		if (chains->symbols[i].possible > 0 && is_product(&chains->symbols[i]))
			add_candidate(found, chains, &chains->symbols[i], HOW_LIBRARY, why);
}

/* Whether kernels of this library may be launched from kernels of this source. */
static bool
may_come_from(const char *library, const char *source)
{
	static const struct {
		const char *library, *sources;
	} table[] = {
		{ "PyTorch", " torch " }, { "CUB", " torch sgl-kernel flashinfer " },
		{ "rocPRIM", " torch aiter " }, { "Composable", " aiter " },
		{ "AITER", " aiter " }, { "vLLM", " vllm sgl-kernel aiter " },
		{ "SGLang", " sgl-kernel jit-kernel triton " },
		{ "FlashInfer", " flashinfer sgl-kernel jit-kernel " },
		{ "FlashAttention", " sgl-kernel flash_attn vllm " },
		{ "FlashMLA", " sgl-kernel flash_mla " }, { "DeepGEMM", " deep_gemm sgl-kernel " },
		{ "DeepEP", " deep_ep " }, { "TensorRT", " flashinfer sgl-kernel jit-kernel " },
		{ "NCCL", " torch symm_mem sgl-kernel vllm " },
	};
	char word[64];

	snprintf(word, sizeof(word), " %s ", source);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strncmp(library, table[i].library, strlen(table[i].library)) == 0)
			return strstr(table[i].sources, word) != NULL;
	return true;
}

/* A compiler of Python functions (the decorators of kgrep-imports/sources.txt) names a kernel by
 * one identifier: never with a namespace, template arguments or parameters. */
static bool
cannot_be_python(const char *name, const char *source)
{
	static const char *const compiled[] = { "triton", "gluon", "cute-dsl", "tilelang", "helion",
		"flydsl" };

	if (strpbrk(name, "<(") == NULL && strstr(name, "::") == NULL)
		return false;
	for (size_t i = 0; i < sizeof(compiled) / sizeof(compiled[0]); i++)
		if (strcmp(source, compiled[i]) == 0)
			return true;
	return false;
}

bool
candidates_may_come_from(const struct kernel_class *class, const char *source)
{
	return may_come_from(class->library, source) && !cannot_be_python(class->name, source);
}

/* Fewer words in common than this are chance. */
static const double least_similar = 0.5;

static double
similarity(const struct kernel_class *class, const struct symbol *symbol)
{
	double by_base, by_short;
	size_t inside;

	if (symbol->possible == 0 || !candidates_may_come_from(class, symbol->source))
		return 0;
	/* a compiler that squeezes modules and classes into one name leaves no words */
	inside = similar_inside(class->base, symbol->kernel);
	if (inside >= CANDIDATE_INSIDE)
		return 0.75 + 0.02 * (double)inside;
	by_base = similar_names(class->base, symbol->kernel);
	/* short names are ours: they tell less */
	by_short = 0.8 * similar_names(class->short_name, symbol->kernel);
	return by_base > by_short ? by_base : by_short;
}

static void
find_similar(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains)
{
	double best = least_similar;
	char why[200];
	size_t i;

	for (i = 0; i < chains->symbol_count; i++) {
		double found_here = similarity(class, &chains->symbols[i]);

		best = found_here > best ? found_here : best;
	}
	for (i = 0; i < chains->symbol_count; i++) {
		double found_here = similarity(class, &chains->symbols[i]);

		if (found_here < best - 0.15 || found_here < least_similar)
			continue;
		if (similar_inside(class->base, chains->symbols[i].kernel) >= CANDIDATE_INSIDE)
			snprintf(why, sizeof(why), "the name of one is in the other's");
		else
			snprintf(why, sizeof(why),
			    "%.0f %% of the words of both names are the same", found_here * 100);
		add_candidate(found, chains, &chains->symbols[i], HOW_SIMILAR, why);
	}
}

/* Whether the model reaches any of them. */
static bool
any_reached(const struct candidates *found, const struct chains *chains)
{
	for (size_t i = 0; i < found->count; i++)
		if (chains->symbols[found->list[i].symbol].possible > 0)
			return true;
	return false;
}

/* One library wraps another's kernel under its own name. */
static void
find_namesakes(struct candidates *found, const struct chains *chains)
{
	size_t count = found->count;
	char why[300];

	for (size_t i = 0; i < count; i++) {
		const struct symbol *known = &chains->symbols[found->list[i].symbol];

		for (size_t j = 0; j < chains->symbol_count; j++) {
			const struct symbol *symbol = &chains->symbols[j];

			if (symbol->possible == 0 || symbol->kernel != known->kernel)
				continue;
			snprintf(why, sizeof(why),
			    "%s of %s launches it, and %s has that name, too",
			    known->kernel, known->source, symbol->source);
			add_candidate(found, chains, symbol, HOW_NAME, why);
		}
	}
}

void
candidates_find(struct candidates *found, const struct kernel_class *class,
    const struct chains *chains, const struct callees *callees)
{
	find_callees(found, class, chains, callees);
	if (!any_reached(found, chains))
		find_namesakes(found, chains);
	if (!any_reached(found, chains))
		find_named(found, class, chains);
	if (!any_reached(found, chains))
		find_library(found, class, chains);
	if (!any_reached(found, chains))
		find_similar(found, class, chains);
}
