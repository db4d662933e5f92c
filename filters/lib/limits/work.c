/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas of a family at the low and at the high end of its sizes. */
#include <string.h>

#include "base/error.h"
#include "limits/work.h"

extern const char families_tsv[];

enum { FAMILY, ENGINE, SIZES, BYTES, FLOPS, SOURCE, COLUMNS };

static const char *const engine_names[] = { "tensor", "vector", "memory", "link", "host" };

struct families
families_open(void)
{
	return (struct families){ table_open(families_tsv, COLUMNS) };
}

void
families_close(struct families *families)
{
	table_close(&families->table);
}

static enum engine
read_engine(const char *name)
{
	for (int i = 0; i <= ENGINE_HOST; i++)
		if (strcmp(name, engine_names[i]) == 0)
			return (enum engine)i;
	die("a built-in family has an unknown engine: %s", name);
}

bool
work_make(struct work *work, const struct families *families, const char *family,
    const struct sizes *sizes, char *lacking)
{
	const struct table_row *row = families->table.rows, *end = row + families->table.count;

	while (row < end && strcmp(row->cells[FAMILY], family) != 0)
		row++;
	if (row == end)
		die("a built-in table names an unknown family: %s", family);
	*work = (struct work){ .family = row->cells[FAMILY], .shown = row->cells[SIZES],
		.engine = read_engine(row->cells[ENGINE]), .type = PEAK_FP32 };
	for (int i = 0; i < 2; i++)
		if (!sizes_value(sizes, row->cells[BYTES], i == 1, &work->bytes[i], lacking) ||
		    !sizes_value(sizes, row->cells[FLOPS], i == 1, &work->flops[i], lacking))
			return false;
	return work->bytes[0] >= 0 && work->flops[0] >= 0;
}

/* The rate of the work's arithmetic; 0 when the device has none. */
static double
arithmetic_rate(const struct work *work, const struct peaks *peaks, bool *measured)
{
	enum peak type = work->engine == ENGINE_TENSOR ? work->type : PEAK_FP32;

	if (type == PEAK_TF32 && !(peaks->tflops[type] > 0))
		type = PEAK_FP32;
	*measured = peaks->measured[type];
	return peaks->tflops[type];
}

static double
carrier_rate(const struct work *work, const struct peaks *peaks)
{
	return work->engine == ENGINE_LINK ? peaks->link_gbps
	    : work->engine == ENGINE_HOST ? peaks->host_gbps : peaks->gbps;
}

bool
limit_make(struct limit *limit, const struct work *work, const struct peaks *peaks,
    const char **why)
{
	static const char *const carriers[] = { "memory", "memory", "memory", "link", "host" };
	bool measured, products = work->engine == ENGINE_TENSOR;
	double flops = arithmetic_rate(work, peaks, &measured);
	double carried = carrier_rate(work, peaks), us[2];

	if (!(carried > 0)) {
		*why = "the rate of the device's link is not known";
		return false;
	}
	if (products && !(flops > 0)) {
		*why = "the device has no peak for this type";
		return false;
	}
	for (int i = 0; i < 2; i++) {
		limit->memory_us = work->bytes[i] / carried / 1e3;
		limit->compute_us = flops > 0 && work->engine <= ENGINE_MEMORY
		    ? work->flops[i] / flops / 1e6 : 0;
		us[i] = limit->memory_us > limit->compute_us ? limit->memory_us
		    : limit->compute_us;
	}
	limit->low_us = us[0];
	limit->us = us[1];
	limit->bound = limit->compute_us > limit->memory_us ? "compute"
	    : carriers[work->engine];
	limit->measured = limit->compute_us > limit->memory_us ? measured
	    : peaks->measured_memory && work->engine <= ENGINE_MEMORY;
	return true;
}

bool
work_fits_cache(const struct work *work, const struct peaks *peaks)
{
	double cache = peaks->l2_mb > peaks->llc_mb ? peaks->l2_mb : peaks->llc_mb;

	return work->engine <= ENGINE_MEMORY && work->bytes[1] < cache * 1024 * 1024;
}
