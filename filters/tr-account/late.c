/* SPDX-License-Identifier: Apache-2.0 */
/* Says whom the ranks wait for in collectives, how long, and why mostly. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "late.h"
#include "write.h"

/* Of the wall time: what takes less is not worth a sentence. */
enum { WORTH_PERMILLE = 2 };

/* What one member has to do with the one that is waited for. */
struct waiting {
	const struct late_device *device, *late;
	const struct lateness *of_late;
	int64_t ns; /* that it waits; of the late one itself, the longest that another does */
};

void
late_add(struct late_devices *devices, const char *key, const char *rank,
    const struct device *device)
{
	devices->list = memory_grow(devices->list, devices->count, &devices->capacity,
	    sizeof(*devices->list));
	devices->list[devices->count++] = (struct late_device){ memory_copy_string(key),
		memory_copy_string(rank), memory_copy_string(device->key),
		memory_copy_string(device->rank->file), device->last - device->first };
}

void
late_free(struct late_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		free(devices->list[i].key);
		free(devices->list[i].rank);
		free(devices->list[i].device);
		free(devices->list[i].file);
	}
	free(devices->list);
}

static const struct late_device *
device_of(const struct late_devices *devices, const char *key)
{
	for (size_t i = 0; i < devices->count; i++)
		if (strcmp(devices->list[i].key, key) == 0)
			return &devices->list[i];
	return NULL;
}

/* How long each member waits for the one; for itself, the longest of the others. */
static int64_t *
waits_for(const struct rows *rows, size_t late)
{
	int64_t *waits = memory_alloc_zero(rows->members->count, sizeof(*waits)), longest = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->list[i];

		for (size_t k = 0; row->last == (int64_t)late && k < row->count; k++)
			waits[row->seats[k].member] += row->seats[k].comm->end -
			    row->seats[k].comm->start - row->transfer;
	}
	for (size_t i = 0; i < rows->members->count; i++)
		longest = waits[i] > longest ? waits[i] : longest;
	waits[late] = longest;
	return waits;
}

static enum why
most_of(const struct lateness *late)
{
	enum why most = WHY_UNKNOWN;

	for (int why = 0; why < WHY_COUNT; why++)
		if (late->ns_by_why[why] > late->ns_by_why[most])
			most = (enum why)why;
	return most;
}

static void
add_time(struct text *text, int64_t ns)
{
	struct number number;

	text_add_string(text, number_human(&number, (double)ns / 1000));
}

/* "Rank 2 comes last to 12 of 12 collectives, mostly because its host was late: rank 0 waits
 * 1.45 ms for it, 12.3% of its wall time." */
static void
add_sentence(struct text *text, const struct waiting *waiting)
{
	enum why why = most_of(waiting->of_late);
	struct number percent;

	text_add_format(text, "Rank %s comes last to %llu of %llu collectives, %s%s: ",
	    waiting->late->rank, (unsigned long long)waiting->of_late->last,
	    (unsigned long long)waiting->of_late->collectives,
	    why == WHY_UNKNOWN ? "and " : "mostly because ", why_says[why]);
	if (waiting->device == waiting->late) {
		text_add_string(text, "another rank waits ");
		add_time(text, waiting->ns);
		text_add_string(text, " for it, and all together ");
		add_time(text, waiting->of_late->caused);
	} else {
		text_add_format(text, "rank %s waits ", waiting->device->rank);
		add_time(text, waiting->ns);
		text_add_format(text, " for it, %s of its wall time", number_percent(&percent,
		    (double)waiting->ns, (double)waiting->device->window));
	}
	text_add_char(text, '.');
}

static void
write_record(const struct waiting *waiting, struct output *out)
{
	struct text says = { 0 };

	add_sentence(&says, waiting);
	output_string(out, "{\"kind\":\"diagnosis\",\"place\":1");
	write_string(out, "rank", waiting->device->rank);
	write_string(out, "device", waiting->device->device);
	write_string(out, "file", waiting->device->file);
	write_string(out, "what", "lateness");
	write_string(out, "says", says.bytes);
	output_format(out, ",\"ns\":%lld,\"win_ns\":%lld,\"window_ns\":%lld,\"count\":%llu,"
	    "\"devices\":%llu,\"all_ns\":%lld,\"sources\":[]}\n", (long long)waiting->ns,
	    (long long)waiting->ns, (long long)waiting->device->window,
	    (unsigned long long)waiting->of_late->last, (unsigned long long)1,
	    (long long)waiting->of_late->caused);
	text_free(&says);
}

static bool
is_worth(const struct waiting *waiting)
{
	return waiting->ns > 0 &&
	    waiting->ns >= waiting->device->window / 1000 * WORTH_PERMILLE;
}

/* Of each file the one that waits longest, in the order of the files. */
static size_t
write_waiting(const struct waiting *list, size_t count, struct output *out)
{
	struct map files = { 0 };
	size_t written = 0;

	for (size_t i = 0; i < count; i++) {
		void **place = map_put_string(&files, list[i].device->file);
		const struct waiting *most = *place;

		/* Of equal ones, who waits rather than who is waited for. */
		if (most == NULL || list[i].ns > most->ns ||
		    (list[i].ns == most->ns && most->device == most->late))
			*place = (void *)&list[i];
	}
	for (size_t i = 0; i < files.count; i++)
		if (is_worth(files.entries[i].value)) {
			write_record(files.entries[i].value, out);
			written++;
		}
	map_free(&files);
	return written;
}

size_t
late_write(const struct late_devices *devices, const struct rows *rows, struct output *out)
{
	struct waiting *list = memory_alloc((devices->count + 1) * sizeof(*list));
	const struct members *members = rows->members;
	size_t late = 0, count = 0, written;
	int64_t *waits;

	for (size_t i = 1; i < members->count; i++)
		if (rows->late[i].caused > rows->late[late].caused)
			late = i;
	waits = waits_for(rows, late);
	for (size_t i = 0; i < members->count; i++)
		list[count++] = (struct waiting){ device_of(devices, members->list[i].key),
			device_of(devices, members->list[late].key), &rows->late[late],
			waits[i] };
	written = write_waiting(list, count, out);
	free(waits);
	free(list);
	return written;
}
