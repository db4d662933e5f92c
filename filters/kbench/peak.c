/* SPDX-License-Identifier: Apache-2.0 */
/* Memory bandwidth by data sheet; GPUs not listed have none until --datasheet gives it. */
#include <math.h>

#include "base/datasheet.h"
#include "peak.h"

void
peak_apply(struct bench *bench)
{
	struct results *results = bench->results;
	struct ceiling *ceiling;
	const struct datasheet *sheet = bench->backend->is_cuda
	    ? datasheet_find(results->device.name) : NULL;

	if (sheet != NULL && isnan(bench->datasheet_gbps))
		bench->datasheet_gbps = sheet->gbps;
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
