/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of definitions.tsv in their order. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "limits/defined.h"
#include "limits/work.h"

extern const char definitions_tsv[];

enum { OP_TYPE, OF, KERNEL, WHEN, FAMILY, SIZES, TYPE, COLUMNS };

/* Types as definitions spell them. */
static const struct dtype {
	const char *name;
	double bytes;
	enum peak arithmetic;
} dtypes[] = {
	{ "bfloat16", 2, PEAK_BF16 }, { "float16", 2, PEAK_FP16 }, { "float32", 4, PEAK_FP32 },
	{ "float64", 8, PEAK_FP64 }, { "float8_e4m3fn", 1, PEAK_FP8 },
	{ "float8_e4m3fnuz", 1, PEAK_FP8 }, { "float8_e5m2", 1, PEAK_FP8 },
	{ "float8_e5m2fnuz", 1, PEAK_FP8 }, { "int8", 1, PEAK_INT8 }, { "uint8", 1, PEAK_INT8 },
	{ "int32", 4, PEAK_FP32 }, { "int64", 8, PEAK_FP64 },
};

static void
compile(regex_t *pattern, const char *text)
{
	if (regcomp(pattern, text, REG_EXTENDED | REG_NOSUB) != 0)
		die("a built-in pattern is wrong: %s", text);
}

struct defined_table
defined_open(void)
{
	struct defined_table defined = { table_open(definitions_tsv, COLUMNS), families_open().table,
		NULL, NULL };
	size_t count = defined.table.count;

	defined.of = memory_alloc(count * sizeof(*defined.of));
	defined.kernel = memory_alloc(count * sizeof(*defined.kernel));
	for (size_t i = 0; i < count; i++) {
		compile(&defined.of[i], defined.table.rows[i].cells[OF]);
		compile(&defined.kernel[i], defined.table.rows[i].cells[KERNEL]);
	}
	return defined;
}

void
defined_close(struct defined_table *defined)
{
	for (size_t i = 0; i < defined->table.count; i++) {
		regfree(&defined->of[i]);
		regfree(&defined->kernel[i]);
	}
	free(defined->of);
	free(defined->kernel);
	table_close(&defined->families);
	table_close(&defined->table);
}

static const struct dtype *
dtype_of(const struct defined *defined, const char *tensor)
{
	const struct json *value = json_get(defined->inputs, tensor);
	const char *name;

	if (value == NULL)
		value = json_get(defined->outputs, tensor);
	name = json_string(json_get(value, "dtype"));
	for (size_t i = 0; name != NULL && i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
		if (strcmp(dtypes[i].name, name) == 0)
			return &dtypes[i];
	return NULL;
}

static bool
defined_size(void *context, const char *name, double *value)
{
	const struct defined *defined = context;
	const struct size *size = sizes_find(defined->step, name);
	const struct dtype *dtype;

	if (json_number(json_get(json_get(defined->axes, name), "value"), value))
		return true;
	if (size != NULL && !(size->high > size->low)) {
		*value = size->low;
		return true;
	}
	dtype = strncmp(name, "el_", 3) == 0 ? dtype_of(defined, name + 3) : NULL;
	if (dtype != NULL)
		*value = dtype->bytes;
	return dtype != NULL;
}

/* The first row that fits; NULL when there is none. */
static const struct table_row *
find_row(const struct defined_table *table, const struct defined *defined,
    const struct expression_scope *scope)
{
	const struct table_row *found = NULL;
	struct text of = { 0 };

	text_add_format(&of, "%s %s", defined->path, defined->name);
	for (size_t i = 0; i < table->table.count && found == NULL; i++) {
		const struct table_row *row = &table->table.rows[i];
		char lacking[EXPRESSION_NAME];
		double holds;

		if (strcmp(row->cells[OP_TYPE], defined->op_type) == 0 &&
		    regexec(&table->of[i], of.bytes, 0, NULL, 0) == 0 &&
		    regexec(&table->kernel[i], defined->class, 0, NULL, 0) == 0 &&
		    expression_value(row->cells[WHEN], scope, &holds, lacking) && holds != 0)
			found = row;
	}
	text_free(&of);
	return found;
}

static enum peak
arithmetic(const struct defined *defined, const char *tensor)
{
	const struct dtype *dtype = dtype_of(defined, tensor);
	enum peak type = dtype != NULL ? dtype->arithmetic : PEAK_BF16;

	/* products of 32 bits run as TF32 only where the kernel's name says so */
	return type == PEAK_FP32 && strstr(defined->kernel, "tf32") != NULL ? PEAK_TF32 : type;
}

static bool
make_work(const struct defined_table *table, const struct defined *defined, struct work *work,
    struct sizes *sizes)
{
	struct expression_scope scope = { (void *)defined, defined_size, NULL };
	const struct table_row *row = find_row(table, defined, &scope);
	struct families families = { table->families };
	char lacking[EXPRESSION_NAME];

	if (row == NULL || row->cells[FAMILY][0] == '-' ||
	    !sizes_make(sizes, row->cells[SIZES], &scope, lacking) ||
	    !work_make(work, &families, row->cells[FAMILY], sizes, lacking))
		return false;
	if (row->cells[TYPE][0] != '-')
		work->type = arithmetic(defined, row->cells[TYPE]);
	return true;
}

bool
defined_limit(const struct defined_table *table, const struct defined *defined,
    const struct peaks *peaks, struct defined_limit *limit)
{
	struct sizes sizes = { .count = 0 };
	struct text described = { 0 };
	struct limit made;
	struct work work;
	const char *why;

	if (!make_work(table, defined, &work, &sizes) || !limit_make(&made, &work, peaks, &why))
		return false;
	sizes_describe(&sizes, work.shown, &described);
	*limit = (struct defined_limit){ .family = work.family, .bound = made.bound,
		.sizes = intern_string(described.bytes != NULL ? described.bytes : ""),
		.bytes = work.bytes[1], .flops = work.flops[1], .us = made.us,
		.measured = made.measured };
	text_free(&described);
	return true;
}
