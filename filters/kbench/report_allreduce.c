/* SPDX-License-Identifier: Apache-2.0 */
/* The chapter on allreduce: initialisation, the way of a message, links, rates. */
#include <string.h>

#include "report.h"

/* The message that the chapter walks through, where it was measured: 8 MiB. */
static const double walked_bytes = 8 << 20;

static void
write_initialisation(struct output *out, const struct measure *measure)
{
	static const char needs[] = "GPUs and NCCL: `kbench -d cuda:0 -k allreduce`";

	output_string(out, "\n1. Initialisation, once (`allreduce_comm_open`)\n\n");
	report_fact(out, measure, "NCCL version", "NCCL", needs);
	report_fact(out, measure, "init", "ncclCommInitRank, ncclMemAlloc and "
	    "ncclCommWindowRegister together", needs);
	report_fact(out, measure, "buffer", "symmetric buffer, registered as a window", needs);
	report_fact(out, measure, "no buffer because", "why there is no symmetric buffer", needs);
}

static void
write_way(struct output *out, const struct measure *measure)
{
	static const char needs[] = "GPUs and NCCL";

	output_string(out, "\n2. The way of a message\n\n"
	    "- up to the buffer's size: copied into it, reduced there, copied back; data that "
	    "already lie in it are not copied; larger messages are reduced where they are "
	    "(`allreduce_path_choose`) [static]\n");
	report_fact(out, measure, "path", "this message", "a measured row");
	report_fact(out, measure, "copies", "both copies, of the message each", needs);
	output_string(out, "- algorithm and protocol: NCCL decides by its own cost model and tells "
	    "only its log: not measured (needs `NCCL_DEBUG=INFO NCCL_DEBUG_SUBSYS=TUNING`, or the "
	    "kernel's name by nsys)\n");
	output_string(out, "\n3. A ring, if it is one\n\n");
	report_fact(out, measure, "chunk", "chunk, the message over ranks", "a measured row");
	report_fact(out, measure, "bytes a link",
	    "bytes over each link in one direction, by the factor of busbw", "a measured row");
}

void
report_allreduce(struct output *out, struct results *results)
{
	static const char *const functions[] = { "allreduce_comm_open", "open_buffer",
		"allreduce_path_choose", "allreduce_nccl", "allgather_nccl", "allreduce_finish",
		"allreduce_comm_close", "allreduce_cpu", NULL };
	const struct measure *measure = report_pick(results, "allreduce", walked_bytes, "hot", NULL,
	    NULL);

	output_string(out, "\n## 3. allreduce: NCCL with a symmetric buffer\n\n"
	    "### Code position\n\n");
	report_positions(out, functions);
	output_string(out, "\n### Execution story\n");
	if (measure == NULL) {
		report_missing(out, "execution", "a row of allreduce: `kbench -k allreduce`");
		return;
	}
	if (measure_has_flag(measure, "cpu backend, not NCCL"))
		output_string(out, "\nMeasured here: cpu backend, not NCCL. The ranks are threads that "
		    "reduce in shared memory; it checks the arithmetic and the factors, it says "
		    "nothing about NCCL or links.\n");
	write_initialisation(out, measure);
	write_way(out, measure);
	output_string(out, "\n### Hardware behaviour\n\n");
	report_fact(out, measure, "world", "ranks", "a measured row");
	report_fact(out, measure, "message", "message of a rank", "a measured row");
	report_missing(out, "topology and rate of the links", "GPUs: `nvidia-smi topo -m`, "
	    "`nvidia-smi nvlink -s`");
	output_string(out, "\nTiming\n\n");
	report_value(out, "one call, median", measure->median, "us", ORIGIN_MEASURED);
	report_value(out, "best", measure->min, "us", ORIGIN_MEASURED);
	report_value(out, "p99", measure->p99, "us", ORIGIN_MEASURED);
	output_string(out, "\nBandwidth\n\n");
	report_fact(out, measure, "algbw", "algbw, message over time", "a measured row");
	report_fact(out, measure, "busbw factor",
	    "factor, `2 (n - 1) / n` for all_reduce, `(n - 1) / n` for all_gather", "a measured row");
	report_fact(out, measure, "busbw", "busbw, what each link carries in one direction",
	    "a measured row");
	report_missing(out, "share of one direction of the link", "the link's rate");
	output_string(out, "\n### Rows\n");
	report_rows(out, results, "allreduce");
}
