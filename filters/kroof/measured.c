/* SPDX-License-Identifier: Apache-2.0 */
/* Of kbench's ceilings of memory the plateau counts: the rate of the most bytes. */
#include <string.h>

#include "base/error.h"
#include "json/reader.h"
#include "measured.h"

/* Copies small enough for a cache are no rate of the memory. */
static const double plateau_bytes = 256.0 * 1024 * 1024;

static void
read_ceiling(struct measured *measured, const struct record *record, double *most)
{
	const char *what = json_string(json_get(record->root, "what"));
	const char *how = json_string(json_get(record->root, "how"));
	const char *type = json_string(json_get(record->root, "dtype"));
	double gbps = 0, bytes = 0, tflops = 0;

	if (what == NULL || how == NULL || strcmp(how, "measured") != 0)
		return;
	json_number(json_get(record->root, "gbps"), &gbps);
	json_number(json_get(record->root, "bytes"), &bytes);
	json_number(json_get(record->root, "tflops"), &tflops);
	if (strcmp(what, "link") == 0)
		measured->link_gbps = gbps > measured->link_gbps ? gbps : measured->link_gbps;
	if (strcmp(what, "host") == 0)
		measured->host_gbps = gbps > measured->host_gbps ? gbps : measured->host_gbps;
	if ((strcmp(what, "copy") == 0 || strcmp(what, "read") == 0) && bytes >= plateau_bytes &&
	    (bytes > *most || (!(bytes < *most) && gbps > measured->gbps))) {
		*most = bytes;
		measured->gbps = gbps;
	}
	for (int i = 0; strcmp(what, "gemm") == 0 && type != NULL && i < PEAK_KINDS; i++)
		if (strcmp(type, peak_names[i]) == 0 && tflops > measured->tflops[i])
			measured->tflops[i] = tflops;
}

void
measured_read(struct measured *measured, const char *path)
{
	char *files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;
	double most = 0;
	bool any = false;

	reader_open(&reader, files, false);
	while ((record = reader_next(&reader)) != NULL) {
		const char *name = json_string(json_get(record->root, "name"));

		if (strcmp(record->kind, "ceiling") == 0)
			read_ceiling(measured, record, &most);
		if (strcmp(record->kind, "device") == 0 && name != NULL)
			measured->device = arena_copy(&measured->arena, name, strlen(name));
	}
	reader_close(&reader);
	for (int i = 0; i < PEAK_KINDS; i++)
		any = any || measured->tflops[i] > 0;
	if (!any && !(measured->gbps > 0) && !(measured->link_gbps > 0) &&
	    !(measured->host_gbps > 0))
		die("%s: has no measured ceiling: copies or reads of at least 256 MiB, gemm, link "
		    "or host", path);
}

void
measured_apply(const struct measured *measured, struct peaks *peaks)
{
	if (measured->gbps > 0) {
		peaks->gbps = measured->gbps;
		peaks->measured_memory = true;
	}
	if (measured->link_gbps > 0)
		peaks->link_gbps = measured->link_gbps;
	if (measured->host_gbps > 0)
		peaks->host_gbps = measured->host_gbps;
	for (int i = 0; i < PEAK_KINDS; i++)
		if (measured->tflops[i] > 0) {
			peaks->tflops[i] = measured->tflops[i];
			peaks->measured[i] = true;
		}
}

void
measured_close(struct measured *measured)
{
	arena_free(&measured->arena);
}
