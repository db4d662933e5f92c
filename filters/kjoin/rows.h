/* SPDX-License-Identifier: Apache-2.0 */
/* What is written: kernels by time, ops in the model's order. */
#ifndef KJOIN_ROWS_H
#define KJOIN_ROWS_H

#include "definitions.h"
#include "places.h"
#include "trace.h"

/* Work of one place within a row. */
struct part {
	int32_t place;  /* index into places->list */
	uint32_t calls;
	double sum;     /* us */
	uint32_t first; /* index of its first work */
	double bytes;   /* copied; 0 when unknown */
	struct rate rate;
};

/* All work of one name and stage. Times in microseconds. */
struct row {
	uint32_t class;
	const char *stage;
	uint32_t calls;
	double sum, min, max;
	uint32_t first;   /* index of its first work, for grid and block */
	uint32_t layers;  /* distinct ones it ran in */
	int32_t last_pass, last_layer;
	enum explained explained; /* of most of its time */
	double by_explained[EXPLAINED_COUNT];
	struct part *parts; /* by time, longest first */
	size_t part_count, part_capacity;
};

/* An op that some work certainly came from. */
struct op {
	int32_t site;
	double sum;
	uint32_t calls;
	const struct definition *definition; /* NULL when unknown */
};

/* All zero is valid. */
struct rows {
	struct row *list; /* by time, longest first */
	size_t count, capacity;
	struct op *ops;   /* in the order in which they first ran */
	size_t op_count, op_capacity;
	int32_t *op_of_site; /* NONE for sites without work */
	double by_explained[EXPLAINED_COUNT];
	double certain; /* time of places that are certain, of all but between, library, none */
};

void rows_make(struct rows *rows, const struct trace *trace, const struct chains *chains,
    const struct places *places, const struct definitions *definitions);

/* The op of a place that is certain; NONE. */
int32_t rows_op(const struct rows *rows, const struct place *place);
void rows_clear(struct rows *rows);

#endif
