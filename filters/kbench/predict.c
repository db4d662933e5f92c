/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes are those that the launcher would choose; residency follows from the registers that the
 * compiler gave the kernels; times are bytes over the data sheet's bandwidth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "element.h"
#include "json/json_writer.h"
#include "limits/peaks.h"
#include "others.h"
#include "predict.h"
#include "rows.h"

enum { REGISTERS = 65536, REGISTER_STEP = 8, BULK_BLOCKS = 6, BULK_THREADS = 192,
	BULK_BYTES = 32768 };

/* Registers of a thread as ptxas says for sm_90 (nvcc 13.0, -Xptxas -v), by unroll 1, 2, 4, 8. */
static const struct {
	unsigned unroll, registers;
} kernel_registers[] = { { 1, 26 }, { 2, 32 }, { 4, 40 }, { 8, 64 } };

/* How long a load takes that misses every cache: an assumption, to say how many bytes must be
 * under way. */
static const double assumed_latency_us = 0.8;

/* One configuration on the chip. */
struct prediction {
	const char *kernel, *by; /* by: whose it is; NULL: ours */
	struct row_plan plan;
	struct row_shape shape;
	enum row_variant variant;
	double bytes;          /* moved */
	double blocks;         /* of the grid, all dimensions */
	double resident;       /* blocks that the chip holds at once */
	double waves;
	double in_flight;      /* bytes of loads a multiprocessor has under way at most */
	double floor_us;       /* NAN where the data may lie in the cache */
};

/* Threads that a multiprocessor holds: 2048 on data center chips since Volta but for those
 * of the gaming line (sm_86, 89, 12x: 1536; sm_75: 1024). */
static unsigned
threads_of(const char *arch)
{
	static const char *const fewer[] = { "sm_86", "sm_89", "sm_120", "sm_121" };

	for (size_t i = 0; i < sizeof(fewer) / sizeof(fewer[0]); i++)
		if (strcmp(arch, fewer[i]) == 0)
			return 1536;
	return strcmp(arch, "sm_75") == 0 ? 1024 : 2048;
}

static void
plan_point(struct prediction *p, const struct point *point, double *index_bytes)
{
	enum element_type type = row_dtype(point);
	size_t rows = (size_t)point_number(point, "rows"), element = element_size(type);
	size_t pad = (size_t)point_number(point, "pad");
	double hits = 1.0 / (point_number(point, "tp") > 0 ? (double)point_number(point, "tp") : 1);
	const void *base = (const void *)((uintptr_t)4096 + (uintptr_t)point_number(point, "offset"));

	*index_bytes = row_index_type(point) == INDEX_INT64 ? 8 : 4;
	if (strcmp(p->kernel, "index") == 0) {
		size_t bytes = (size_t)point_number(point, "dim") * element;
		struct index_args args = { .weights = base, .vocab = 1, .weight_stride = bytes + pad,
			.output = (void *)(uintptr_t)4096, .output_stride = bytes, .row_bytes = bytes,
			.indices = base, .index_type = row_index_type(point), .rows = rows,
			.masked = hits < 1 };

		index_plan(&args, &p->plan);
		p->bytes = (double)rows * ((1 + hits) * (double)bytes + *index_bytes);
	} else {
		size_t bytes = (size_t)(point_number(point, "heads") *
		    point_number(point, "head_dim")) * element;
		struct store_side side = { (void *)(uintptr_t)4096, bytes, base, bytes, bytes };
		struct store_args args = { .k = side, .v = side, .slots = 1, .indices = base,
			.index_type = row_index_type(point), .tokens = rows };

		store_plan(&args, &p->plan);
		p->bytes = (double)rows * (4 * (double)bytes + *index_bytes);
	}
}

static double
blocks_held(const struct prediction *p, const struct peaks *chip)
{
	unsigned registers = 64, by_threads = threads_of(chip->arch) / p->shape.threads, by_registers;

	if (p->variant == ROW_BULK)
		return BULK_BLOCKS;
	for (size_t i = 0; i < sizeof(kernel_registers) / sizeof(kernel_registers[0]); i++)
		if (kernel_registers[i].unroll == p->shape.unroll)
			registers = kernel_registers[i].registers;
	registers = (registers + REGISTER_STEP - 1) / REGISTER_STEP * REGISTER_STEP;
	by_registers = REGISTERS / (registers * p->shape.threads);
	return by_threads < by_registers ? by_threads : by_registers;
}

static void
predict_point(struct prediction *p, const struct point *point, const struct peaks *chip)
{
	struct row_device device = { (int)chip->sms, (int)(chip->l2_mb * 1024 * 1024),
		(int)strtol(chip->arch + 3, NULL, 10) / 10, (uint64_t)chip->sms * threads_of(chip->arch) };
	const char *variant = point_text(point, "variant"), *l2 = point_text(point, "l2");
	double index_bytes, held;

	plan_point(p, point, &index_bytes);
	p->variant = row_variant_choose(&p->plan, &device);
	for (int i = 1; variant != NULL && row_variants[i] != NULL; i++)
		if (strcmp(variant, row_variants[i]) == 0)
			p->variant = (enum row_variant)i;
	row_shape_choose(&p->plan, device.resident_threads, (unsigned)point_number(point, "unroll"),
	    &p->shape);
	held = blocks_held(p, chip);
	p->resident = held * chip->sms;
	p->blocks = (double)p->shape.blocks * p->shape.pieces * p->shape.planes;
	if (p->variant != ROW_DIRECT && p->blocks > p->resident)
		p->blocks = p->resident;
	p->waves = p->resident > 0 ? p->blocks / p->resident : 0;
	p->in_flight = p->variant == ROW_BULK ? (double)BULK_BLOCKS * BULK_BYTES / 2
	    : fmin(held, ceil(p->blocks / chip->sms)) * p->shape.threads * p->shape.unroll * 16;
	p->floor_us = p->bytes / chip->gbps * 1e-3;
	if (l2 != NULL && strcmp(l2, "hot") == 0 && p->bytes < chip->l2_mb * 1024 * 1024)
		p->floor_us = NAN;
}

/* The same call by another project's kernel. How many registers its threads have is not known: they
 * are taken not to limit how many blocks are held. */
static bool
predict_other(struct prediction *p, const struct table *others, size_t at,
    const struct peaks *chip)
{
	struct other_launch launch;
	double held;

	if (!others_launch(others, at, p->kernel, (double)p->plan.rows,
	    (double)p->plan.plane[0].bytes, strtol(chip->arch + 3, NULL, 10) >= 100, &launch))
		return false;
	held = floor(threads_of(chip->arch) / launch.threads);
	p->by = launch.by;
	p->variant = ROW_DIRECT;
	p->shape.threads = (unsigned)launch.threads;
	p->shape.unroll = (unsigned)launch.unroll;
	p->shape.lanes = (unsigned)launch.lanes;
	p->blocks = launch.blocks;
	p->resident = held * chip->sms;
	p->waves = p->blocks / p->resident;
	p->in_flight = fmin(held, ceil(p->blocks / chip->sms)) * launch.held;
	return true;
}

static void
put_record(struct json_writer *json, const struct prediction *p, const struct point *point,
    const struct peaks *chip)
{
	json_object_begin(json);
	json_member_string(json, "kind", "predicted");
	json_member_string(json, "kernel", p->kernel);
	if (p->by != NULL)
		json_member_string(json, "by", p->by);
	json_key(json, "chip");
	json_put_text(json, chip->device, strcspn(chip->device, ";"));
	json_key(json, "axes");
	json_object_begin(json);
	for (size_t i = 0; i < point->axis_count; i++)
		json_member_string(json, point->axes[i].name, point->axes[i].values[point->at[i]]);
	json_object_end(json);
	json_member_string(json, "variant", row_variant_name(p->variant));
	json_member_integer(json, "threads", p->variant == ROW_BULK ? BULK_THREADS
	    : (int64_t)p->shape.threads);
	json_member_integer(json, "unroll", p->shape.unroll);
	json_member_integer(json, "lanes", p->shape.lanes);
	json_member_double(json, "blocks", p->blocks);
	json_member_double(json, "waves", p->waves);
	json_member_double(json, "bytes", p->bytes);
	json_member_double(json, "bytes_in_flight", p->in_flight);
	json_member_double(json, "bytes_needed", chip->gbps * 1e3 * assumed_latency_us / 2 /
	    chip->sms);
	json_member_double(json, "floor_us", p->floor_us);
	json_object_end(json);
}

static void
put_line(struct output *out, const struct prediction *p, const struct point *point)
{
	const char *l2 = point_text(point, "l2");

	output_format(out, "%-6s %9lld %-5s %-11s %6u %5u %10.0f %8.2f %10.1f %12.0f  ", p->kernel,
	    (long long)point_number(point, "rows"), l2 != NULL ? l2 : "",
	    p->by != NULL ? p->by : row_variant_name(p->variant), p->shape.unroll, p->shape.lanes,
	    p->blocks, p->waves, p->in_flight / 1024, p->bytes);
	if (isfinite(p->floor_us))
		output_format(out, "%.3g us\n", p->floor_us);
	else
		output_string(out, "in the L2: not known\n");
}

static void
put(struct output *out, struct json_writer *json, const struct prediction *p,
    const struct point *point, const struct peaks *chip)
{
	if (json != NULL)
		put_record(json, p, point, chip);
	else
		put_line(out, p, point);
}

static struct peaks
find_chip(struct peaks_list *list, const char *chip)
{
	struct peaks peaks;

	if (!peaks_of_chip(list, chip, &peaks))
		die("--chip: no device called '%s' in the table of peaks", chip);
	if (strncmp(peaks.arch, "sm_", 3) != 0 || !(peaks.gbps > 0) || !(peaks.sms > 0))
		die("--chip: %s: the kernels are CUDA's", chip);
	return peaks;
}

/* Whether the point has every size that a launch is computed from. */
static bool
has_sizes(const struct prediction *p, const struct point *point)
{
	static const char *const index[] = { "rows", "dim", NULL };
	static const char *const store[] = { "rows", "heads", "head_dim", NULL };
	const char *const *names = strcmp(p->kernel, "index") == 0 ? index : store;

	for (size_t i = 0; names[i] != NULL; i++)
		if (point_number(point, names[i]) <= 0)
			return false;
	return point_text(point, "dtype") != NULL && point_text(point, "index") != NULL;
}

bool
predict_measure(const struct measure *measure, const char *chip_name,
    struct predicted_launch *launch)
{
	struct peaks_list list = peaks_open();
	struct peaks chip = find_chip(&list, chip_name);
	struct prediction p = { .kernel = measure->kernel };
	size_t count = measure->axes.count;
	struct axis *axes = memory_alloc_zero(count + 1, sizeof(*axes));
	size_t *at = memory_alloc_zero(count + 1, sizeof(*at));
	const char **values = memory_alloc((count + 1) * sizeof(*values));
	struct point point = { axes, count + 1, at };
	bool known;

	for (size_t i = 0; i <= count; i++) {
		values[i] = i < count ? measure->axes.items[i].value : measure->l2;
		axes[i] = (struct axis){ NULL, i < count ? measure->axes.items[i].name : "l2",
			&values[i], 1 };
	}
	known = has_sizes(&p, &point);
	if (known) {
		predict_point(&p, &point, &chip);
		*launch = (struct predicted_launch){ row_variant_name(p.variant), p.shape.threads,
			p.shape.lanes, p.shape.unroll, p.blocks, p.waves, p.in_flight,
			chip.gbps * 1e3 * assumed_latency_us / 2 / chip.sms, p.floor_us };
	}
	free(axes);
	free(at);
	free(values);
	peaks_close(&list);
	return known;
}

void
predict(struct output *out, struct plan_wish *wish, const char *chip_name, bool records)
{
	struct backend backend = { .name = "cuda", .is_cuda = true };
	struct peaks_list list = peaks_open();
	struct peaks chip = find_chip(&list, chip_name);
	struct json_writer *json = records ? json_writer_open(out, false) : NULL;
	struct results results = { 0 };
	struct table others = others_open();
	struct plan plan;

	plan_make(&plan, wish, &backend, &results);
	if (!records)
		output_format(out, "%.*s, predicted: %.0f multiprocessors, %.0f GB/s by its data sheet; "
		    "%.1f KiB of loads a multiprocessor must be under way (%.1f us a load: assumed)\n"
		    "%-6s %9s %-5s %-11s %6s %5s %10s %8s %10s %12s  %s\n",
		    (int)strcspn(chip.device, ";"), chip.device, chip.sms, chip.gbps,
		    chip.gbps * 1e3 * assumed_latency_us / 2 / chip.sms / 1024, assumed_latency_us,
		    "kernel", "rows", "l2", "variant", "unroll", "lanes", "blocks", "waves",
		    "KiB/SM", "bytes", "floor");
	while (plan_next(&plan)) {
		struct prediction p = { .kernel = plan.subject->name };

		if (strcmp(p.kernel, "index") != 0 && strcmp(p.kernel, "store") != 0)
			continue;
		predict_point(&p, &plan.point, &chip);
		put(out, json, &p, &plan.point, &chip);
		for (size_t i = 0; i < others.count; i++)
			if (predict_other(&p, &others, i, &chip))
				put(out, json, &p, &plan.point, &chip);
	}
	if (records) {
		json_writer_close(json);
		output_string(out, "{\"kind\":\"end\",\"measures\":0}\n");
	}
	table_close(&others);
	results_free(&results);
	peaks_close(&list);
}
