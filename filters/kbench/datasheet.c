/* SPDX-License-Identifier: Apache-2.0 */
/* Memory bandwidth by data sheet; GPUs not listed have none until --datasheet gives it. */
#include <math.h>
#include <string.h>

#include "datasheet.h"

/* A device is the first whose words all occur in its name. NVIDIA's product data sheets. */
static const struct {
	const char *name, *also;
	double gbps;
} sheets[] = {
	{ "H200", "", 4800 },
	{ "H100", "NVL", 3900 },
	{ "H100", "PCIe", 2000 },
	{ "H100", "", 3350 },
	{ "B200", "", 8000 },
	{ "B300", "", 8000 },
	{ "A100", "80GB PCIe", 1935 },
	{ "A100", "80GB", 2039 },
	{ "A100", "", 1555 },
	{ "L40S", "", 864 },
	{ "RTX 4090", "", 1008 },
	{ "RTX 5090", "", 1792 },
};

void
datasheet_apply(struct bench *bench)
{
	struct results *results = bench->results;
	struct ceiling *ceiling;

	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++)
		if (isnan(bench->datasheet_gbps) && bench->backend->is_cuda &&
		    strstr(results->device.name, sheets[i].name) != NULL &&
		    strstr(results->device.name, sheets[i].also) != NULL)
			bench->datasheet_gbps = sheets[i].gbps;
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
