/* SPDX-License-Identifier: Apache-2.0 */
/* Memory bandwidth by data sheet; GPUs not listed have none until --datasheet gives it. */
#include <math.h>

#include "limits/peaks.h"
#include "peak.h"

void
peak_apply(struct bench *bench)
{
	struct results *results = bench->results;
	struct ceiling *ceiling;
	struct peaks_list list = peaks_open();
	struct peaks_device device = { .name = results->device.name };
	struct peaks peaks;

	if (bench->backend->is_cuda && isnan(bench->datasheet_gbps) &&
	    peaks_find(&list, &device, &peaks))
		bench->datasheet_gbps = peaks.gbps;
	peaks_close(&list);
	if (isnan(bench->datasheet_gbps))
		return;
	facts_number(results, &results->device.facts, "memory bandwidth", bench->datasheet_gbps,
	    "GB/s", ORIGIN_DATASHEET);
	ceiling = results_ceiling(results);
	ceiling->what = "copy";
	ceiling->level = bench->backend->level(bench->backend, 1e18);
	ceiling->gbps = bench->datasheet_gbps;
	ceiling->origin = ORIGIN_DATASHEET;
	ceiling->how = "datasheet";
}
