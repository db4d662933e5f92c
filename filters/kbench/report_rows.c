/* SPDX-License-Identifier: Apache-2.0 */
/* The chapters on index and store: what happens, and how the machine behaves. */
#include <math.h>
#include <string.h>

#include "predict.h"
#include "report.h"

/* The configuration that the chapters walk through, where it was measured. */
static const double walked_rows = 64;

static bool
on_gpu(const struct measure *measure)
{
	return strcmp(measure->backend, "cuda") == 0;
}

static void
write_positions(struct output *out, const char *number, const char *title,
    const char *const *functions)
{
	output_format(out, "\n## %s. %s\n\n### Code position\n\n", number, title);
	report_positions(out, functions);
}

static void
write_configuration(struct output *out, const struct measure *measure)
{
	output_string(out, "\nConfiguration:");
	for (size_t i = 0; i < measure->axes.count; i++)
		output_format(out, " `%s=%s`", measure->axes.items[i].name,
		    measure->axes.items[i].value);
	output_string(out, " [static]\n");
}

static void
write_launch_phase(struct output *out, const struct measure *measure)
{
	output_string(out, "\n2. Kernel launch\n");
	if (!on_gpu(measure)) {
		output_string(out, "   - on the CPU there is none: the function is called, one thread "
		    "moves row after row with `memcpy`\n");
		output_string(out, "   - grid, block, programmatic dependent launch, host time of the "
		    "launch: not measured (needs a GPU: `kbench -d cuda:0`)\n");
		return;
	}
	output_string(out, "   - plan and shape are packed into the kernel's parameters, then "
	    "`cudaLaunchKernelEx`\n   - grid: ");
	report_number(out, facts_value(&measure->facts, "blocks"), "blocks", ORIGIN_COMPUTED);
	output_string(out, " of ");
	report_number(out, facts_value(&measure->facts, "threads a block"), "threads",
	    ORIGIN_COMPUTED);
	output_string(out, "\n   - programmatic dependent launch where the axis `pdl` is set\n");
}

/* What needs no GPU to be known of one. */
static void
write_predicted_launch(struct output *out, const struct measure *measure)
{
	struct predicted_launch launch;

	if (!predict_measure(measure, "H200", &launch)) {
		report_missing(out, "launch on an H200", "results with every axis of the kernel");
		return;
	}
	output_format(out, "\nLaunch configuration on an NVIDIA H200, which is not here "
	    "(`kbench --chip` has others)\n\n- variant by the rule of size, before any race: %s "
	    "[computed]\n", launch.variant);
	report_value(out, "blocks", launch.blocks, "", ORIGIN_COMPUTED);
	report_value(out, "threads a block", launch.threads, "", ORIGIN_COMPUTED);
	report_value(out, "warps", launch.blocks * launch.threads / 32, "", ORIGIN_COMPUTED);
	report_value(out, "threads that share a piece of a row", launch.lanes, "", ORIGIN_COMPUTED);
	report_value(out, "words a thread loads before it stores", launch.unroll, "",
	    ORIGIN_COMPUTED);
	report_value(out, "waves", launch.waves, "", ORIGIN_COMPUTED);
	report_value(out, "loads that a multiprocessor has under way at most", launch.in_flight, "B",
	    ORIGIN_COMPUTED);
	report_value(out, "loads that fill the memory, at an assumed latency", launch.needed, "B",
	    ORIGIN_COMPUTED);
	if (isfinite(launch.floor_us))
		report_value(out, "least time, all bytes at the data sheet's bandwidth",
		    launch.floor_us, "us", ORIGIN_COMPUTED);
}

static double
sum_of(const struct measure *measure, const char *const *names)
{
	double sum = 0;

	for (; *names != NULL; names++)
		if (facts_find(&measure->facts, *names) != NULL)
			sum += facts_value(&measure->facts, *names);
	return sum;
}

/* What counters would have to say, each by its formula. */
static void
write_expected(struct output *out, const struct measure *measure)
{
	static const char *const read[] = { "read", "read K", "read V", "indices", NULL };
	static const char *const written[] = { "write", "write K", "write V", NULL };
	double loaded = sum_of(measure, read), row = facts_value(&measure->facts, "row bytes");
	double rows = facts_value(&measure->facts, "rows read");
	double distinct = facts_value(&measure->facts, "distinct rows"), again = 0;

	if (!(loaded > 0)) {
		report_missing(out, "expected counters", "results with the bytes of the kernel");
		return;
	}
	/* a row that is asked for again comes from the L2 */
	if (rows > 0 && distinct > 0 && distinct <= rows) {
		loaded -= (rows - distinct) * row;
		again = (1 - distinct / rows) * 100;
	}
	output_string(out, "\nExpected counters, caches cold\n\n");
	report_value(out, "HBM bytes read: different rows that are read x their bytes, and the indices",
	    loaded, "B", ORIGIN_COMPUTED);
	report_value(out, "HBM bytes written: rows that are written x their bytes",
	    sum_of(measure, written), "B", ORIGIN_COMPUTED);
	if (row > 0)
		report_value(out, "sectors a row of loads, to the next whole one",
		    ceil(row / 32), "", ORIGIN_COMPUTED);
	report_value(out, "L2 hit rate of the rows: those asked for again", again, "%",
	    ORIGIN_COMPUTED);
	report_value(out, "tensor core utilisation: nothing is multiplied", 0, "%", ORIGIN_STATIC);
	output_string(out, "- warp stalls, SM utilisation: no formula tells them\n");
}

static void
write_launch_configuration(struct output *out, const struct measure *measure)
{
	static const char needs[] = "a GPU: `kbench -d cuda:0`";

	output_string(out, "\nLaunch configuration\n\n");
	report_fact(out, measure, "variant", "variant, the fastest of a race", needs);
	report_fact(out, measure, "blocks", "blocks", needs);
	report_fact(out, measure, "threads a block", "threads a block", needs);
	report_fact(out, measure, "warps", "warps", needs);
	report_fact(out, measure, "threads a piece", "threads that share a piece of a row", needs);
	report_fact(out, measure, "words in flight a thread",
	    "words a thread loads before it stores", needs);
	report_fact(out, measure, "waves", "waves: threads over what the chip holds at once", needs);
	if (!on_gpu(measure))
		write_predicted_launch(out, measure);
}

static void
write_pattern_effect(struct output *out, const struct results *results, const char *kernel,
    const struct measure *like)
{
	/* The largest size of both, where bytes count most. */
	const struct measure *random = report_pick(results, kernel, 1e12, like->l2, "pattern",
	    "random");
	const struct measure *sequential = report_pick(results, kernel, 1e12, like->l2, "pattern",
	    "sequential");

	if (random == NULL || sequential == NULL) {
		report_missing(out, "random against sequential indices",
		    "-a pattern=random,sequential");
		return;
	}
	output_format(out, "- random against sequential indices, largest size, caches %s: ",
	    like->l2);
	report_number(out, random->gbps, "GB/s", ORIGIN_MEASURED);
	output_string(out, " against ");
	report_number(out, sequential->gbps, "GB/s", ORIGIN_MEASURED);
	output_string(out, ", ");
	report_number(out, random->gbps / sequential->gbps * 100, "%", ORIGIN_COMPUTED);
	output_char(out, '\n');
}

static void
write_coalescing(struct output *out, const struct measure *measure)
{
	const struct fact *row = facts_find(&measure->facts, "row bytes");

	if (row == NULL)
		return;
	output_string(out, "- within a row: contiguous words of ");
	report_number(out, 16, "B", ORIGIN_STATIC);
	output_string(out, ", neighbours by neighbouring threads; a row is ");
	report_number(out, row->number / 32, "sectors", ORIGIN_COMPUTED);
	output_string(out, " of ");
	report_number(out, 32, "B", ORIGIN_STATIC);
	output_string(out, fmod(row->number, 32) > 0
	        ? ": its last sector is fetched in part\n"
	        : ": no sector is fetched in part, whichever rows are asked for\n");
}

static void
write_counters(struct output *out, const struct measure *measure)
{
	write_expected(out, measure);
	output_string(out, "\nHardware counters\n\n");
	report_counter(out, measure, "sm__throughput", "SM utilisation");
	report_counter(out, measure, "sm__inst_executed_pipe_tensor", "tensor core utilisation");
	report_counter(out, measure, "dram__throughput", "HBM bandwidth");
	report_counter(out, measure, "dram__bytes_read", "HBM bytes read");
	report_counter(out, measure, "dram__bytes_write", "HBM bytes written");
	report_counter(out, measure, "lts__t_sector_hit_rate", "L2 hit rate");
	report_counter(out, measure, "sm__warps_active", "achieved occupancy");
	report_counter(out, measure, "smsp__average_warps_issue_stalled_long_scoreboard",
	    "warp stalls, long scoreboard (waiting for loads)");
	report_counter(out, measure, "smsp__average_warps_issue_stalled_not_selected",
	    "warp stalls, not selected");
	report_counter(out, measure, "smsp__average_warps_issue_stalled_lg_throttle",
	    "warp stalls, load-store queue full");
}

static void
write_roofline(struct output *out, struct results *results, const struct measure *measure)
{
	output_string(out, "\nRoofline position\n\n");
	report_value(out, "arithmetic intensity, operations over bytes", 0, "FLOP/B", ORIGIN_STATIC);
	output_string(out, "- position: on the slope of the memory, wherever the ridge is; what "
	    "counts is the share of the slope\n");
	output_string(out, "\nBandwidth analysis\n\n");
	report_bandwidth(out, results, measure);
}

static const struct measure *
pick(const struct results *results, const char *kernel)
{
	const struct measure *cold = report_pick(results, kernel, walked_rows, "cold", NULL, NULL);

	return cold ? cold : report_pick(results, kernel, walked_rows, "hot", NULL, NULL);
}

void
report_index(struct output *out, struct results *results)
{
	static const char *const functions[] = { "index_gather", "index_gather_kernel",
		"index_gather_bulk_kernel", "row_move", "row_bulk", "row_kernels_launch",
		"row_shape_choose", NULL };
	const struct measure *measure = pick(results, "index");
	static const char none[] = "a row of index: `kbench -k index`";

	write_positions(out, "1", "index: row gather", functions);
	output_string(out, "\n### Execution story\n");
	if (measure == NULL) {
		report_missing(out, "execution", none);
		return;
	}
	write_configuration(out, measure);
	output_string(out, "\n1. Call\n");
	output_string(out, "   - row size: elements x element size = ");
	report_number(out, facts_value(&measure->facts, "row bytes"), "B", ORIGIN_COMPUTED);
	output_string(out, "\n   - shapes, strides and types are checked; nothing is compiled at "
	    "run time, every row size runs the same code\n");
	output_string(out, "   - how a row is split follows from its size and from how many rows "
	    "there are\n");
	write_launch_phase(out, measure);
	output_string(out, "\n3. Execution\n"
	    "   - the index of the row is read; one outside the table is an error (or a row of "
	    "zeros, masked), never a wild read\n"
	    "   - all words of a piece are loaded, then all are stored; a looping block asks for "
	    "its next index first\n"
	    "   - masked (`tp` above one): only rows that hit are read, all rows are written\n");
	output_string(out, "   - done after ");
	report_number(out, measure->median, "us", ORIGIN_MEASURED);
	output_format(out, ", caches %s\n", measure->l2);
	output_string(out, "\n### Hardware behaviour\n");
	write_launch_configuration(out, measure);
	output_string(out, "\nMemory traffic\n\n");
	report_fact(out, measure, "read", "read, rows of the table", none);
	report_fact(out, measure, "write", "written, output rows", none);
	report_fact(out, measure, "indices", "indices", none);
	report_value(out, "total", measure->bytes, "B", ORIGIN_COMPUTED);
	report_fact(out, measure, "rows read", "rows read", none);
	report_fact(out, measure, "distinct rows", "different rows among them", none);
	write_coalescing(out, measure);
	write_pattern_effect(out, results, "index", measure);
	write_counters(out, measure);
	write_roofline(out, results, measure);
	output_string(out, "\n### Rows\n");
	report_rows(out, results, "index");
}

void
report_store(struct output *out, struct results *results)
{
	static const char *const functions[] = { "store_scatter", "store_scatter_kernel",
		"store_scatter_bulk_kernel", "row_move", "row_bulk", "row_kernels_launch", NULL };
	const struct measure *measure = pick(results, "store");
	static const char none[] = "a row of store: `kbench -k store`";

	write_positions(out, "2", "store: KV-cache scatter", functions);
	output_string(out, "\n### Execution story\n");
	if (measure == NULL) {
		report_missing(out, "execution", none);
		return;
	}
	write_configuration(out, measure);
	output_string(out, "\n1. Call\n   - the caches are seen as slots x (heads x head size); one "
	    "K or V row is ");
	report_number(out, facts_value(&measure->facts, "row bytes"), "B", ORIGIN_COMPUTED);
	output_string(out, "\n   - shapes, strides and types are checked; nothing is compiled at "
	    "run time\n");
	write_launch_phase(out, measure);
	output_string(out, "\n3. Execution\n"
	    "   - the slot of the token is read; one outside the cache is an error and stores "
	    "nothing\n"
	    "   - the K row goes from the input to its slot, the V row likewise; on a GPU they are "
	    "two planes of one grid\n");
	output_string(out, "   - done after ");
	report_number(out, measure->median, "us", ORIGIN_MEASURED);
	output_format(out, ", caches %s\n", measure->l2);
	output_string(out, "\n### Hardware behaviour\n");
	write_launch_configuration(out, measure);
	output_string(out, "\nMemory traffic\n\n");
	report_fact(out, measure, "read K", "read K", none);
	report_fact(out, measure, "read V", "read V", none);
	report_fact(out, measure, "write K", "written K", none);
	report_fact(out, measure, "write V", "written V", none);
	report_fact(out, measure, "bytes a token", "a token, with its index", none);
	report_value(out, "total", measure->bytes, "B", ORIGIN_COMPUTED);
	output_string(out, "\nAccess pattern\n\n- read: rows of the input, one after another\n"
	    "- write: whole rows, wherever their slots are\n");
	write_coalescing(out, measure);
	write_pattern_effect(out, results, "store", measure);
	output_string(out, "\nInterleaving of K and V\n\n"
	    "- source: two planes of one grid, so that neither waits for the other; all loads of a "
	    "piece stand before its first store (`row_move_words`) [static]\n"
	    "- machine code: its order is checked by `tests/kernels.bats` where nvdisasm is "
	    "installed\n");
	write_counters(out, measure);
	write_roofline(out, results, measure);
	output_string(out, "\n### Rows\n");
	report_rows(out, results, "store");
}
