/* SPDX-License-Identifier: Apache-2.0 */
/* Looks names up in the table of peaks; a name that is not there has no peaks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits/peaks.h"

extern const char peaks_tsv[];

const char *const peak_names[PEAK_KINDS] = { "fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8",
	"fp4" };

enum { DEVICE, ARCH, SMS, MEMORY, DRAM, L2, LLC, FP64, FP64_TENSOR, FP32, TF32, BF16, FP16, FP8,
	INT8, FP4, LINK, HOST, UNSURE, SOURCE, COLUMNS };

struct peaks_list
peaks_open(void)
{
	return (struct peaks_list){ table_open(peaks_tsv, COLUMNS) };
}

void
peaks_close(struct peaks_list *list)
{
	table_close(&list->table);
}

/* "-" and nothing are 0. */
static double
number(const struct table_row *row, int column)
{
	return strtod(row->cells[column], NULL);
}

static void
fill(struct peaks *peaks, const struct table_row *row, const char *found_by)
{
	static const int columns[PEAK_KINDS] = { FP64, FP32, TF32, BF16, FP16, FP8, INT8, FP4 };

	*peaks = (struct peaks){ .device = row->cells[DEVICE], .arch = row->cells[ARCH],
		.sms = number(row, SMS), .memory_gb = number(row, MEMORY),
		.gbps = number(row, DRAM), .l2_mb = number(row, L2), .llc_mb = number(row, LLC),
		.link_gbps = number(row, LINK), .host_gbps = number(row, HOST),
		.unsure = row->cells[UNSURE], .source = row->cells[SOURCE],
		.found_by = found_by };
	for (int i = 0; i < PEAK_KINDS; i++)
		peaks->tflops[i] = number(row, columns[i]);
}

/* Whether `name` is one of the row's, which have ';' between them. */
static bool
is_named(const struct table_row *row, const char *name)
{
	for (const char *at = row->cells[DEVICE]; *at != '\0';) {
		size_t length = strcspn(at, ";");

		if (strlen(name) == length && memcmp(name, at, length) == 0)
			return true;
		at += length + (at[length] == ';');
	}
	return false;
}

static bool
fits(const struct table_row *row, const struct peaks_device *device, bool amd_only)
{
	double memory = device->memory_bytes / 1024 / 1024 / 1024;

	if (amd_only && strncmp(row->cells[ARCH], "gfx", 3) != 0)
		return false;
	return !(fabs(number(row, SMS) - device->sms) > 0) &&
	    fabs(number(row, MEMORY) - memory) < number(row, MEMORY) / 10;
}

static bool
same_peaks(const struct peaks *left, const struct peaks *right)
{
	bool same = !(fabs(left->gbps - right->gbps) > 0);

	for (int kind = 0; kind < PEAK_KINDS; kind++)
		same = same && !(fabs(left->tflops[kind] - right->tflops[kind]) > 0);
	return same;
}

/* Sizes tell a device when every row that has them says the same rates. */
static bool
find_by_sizes(const struct peaks_list *list, const struct peaks_device *device, bool amd_only,
    struct peaks *peaks)
{
	bool found = false;

	for (size_t i = 0; i < list->table.count; i++) {
		const struct table_row *row = &list->table.rows[i];
		struct peaks other;

		if (!fits(row, device, amd_only))
			continue;
		fill(&other, row, "compute units and memory: the trace does not name it");
		if (found && !same_peaks(&other, peaks))
			return false;
		if (!found)
			*peaks = other;
		found = true;
	}
	return found;
}

bool
peaks_find(const struct peaks_list *list, const struct peaks_device *device, struct peaks *peaks)
{
	const char *name = device->name != NULL ? device->name : "";
	bool generic = strcmp(name, "AMD Radeon Graphics") == 0;
	const struct table_row *first = NULL;

	for (size_t i = 0; i < list->table.count && name[0] != '\0'; i++) {
		const struct table_row *row = &list->table.rows[i];

		if (!is_named(row, name))
			continue;
		if (first == NULL || (device->sms > 0 && fits(row, device, false)))
			first = row;
	}
	if (first != NULL)
		fill(peaks, first, "name");
	else if ((name[0] == '\0' || generic) && device->sms > 0 && device->memory_bytes > 0)
		return find_by_sizes(list, device, generic, peaks);
	return first != NULL;
}

bool
peaks_of_chip(const struct peaks_list *list, const char *chip, struct peaks *peaks)
{
	static const char *const prefixes[] = { "", "NVIDIA ", "AMD Instinct ", "NVIDIA GeForce ",
		"Tesla " };

	for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++)
		for (size_t i = 0; i < list->table.count; i++) {
			const char *name = list->table.rows[i].cells[DEVICE];
			size_t length = strcspn(name, ";"), skip = strlen(prefixes[p]);

			if (strncmp(name, prefixes[p], skip) == 0 &&
			    length - skip == strlen(chip) &&
			    strncasecmp(name + skip, chip, length - skip) == 0) {
				fill(peaks, &list->table.rows[i], "name");
				return true;
			}
		}
	return false;
}
