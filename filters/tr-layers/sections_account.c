/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of where the wall time goes. */
#include <stdlib.h>

#include "account.h"
#include "base/memory.h"
#include "sheet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "rank 3, device 0" where there are several. */
static void
add_device(struct sheet *sheet, const struct file_account *account, const char *rank,
    const char *device)
{
	if (account->device_count > 1)
		sheet_text(sheet, "rank %s, device %s", rank, device);
}

/* A column more where there are several devices. */
static const struct column *
columns_for(const struct file_account *account, const struct column *columns, size_t *count)
{
	if (account->device_count > 1)
		return columns;
	--*count;
	return columns + 1;
}

static void
add_spent(struct sheet *sheet, const struct file_account *account)
{
	static const struct column all[] = { { "device", false }, { "wall time", false },
		{ "sum", true }, { "share", true } };
	size_t count = COUNT(all);
	const struct column *columns = columns_for(account, all, &count);

	sheet_section(sheet, "wall", account->further == 0 ? "Where the wall time goes"
	    : sheet_string(sheet, "Where the wall time goes, of %zu files of one run",
	          account->further + 1), columns, count);
	for (size_t i = 0; i < account->device_count; i++) {
		const struct device_account *device = &account->devices[i];

		for (int spent = 0; spent < SPENT_COUNT; spent++) {
			if (device->spent[spent] == 0)
				continue;
			add_device(sheet, account, device->rank, device->device);
			sheet_text(sheet, "%s", spent_words[spent]);
			sheet_time(sheet, us_of(device->spent[spent]));
			sheet_percent(sheet, us_of(device->spent[spent]), us_of(device->window));
		}
	}
}

static void
add_causes(struct sheet *sheet, const struct file_account *account)
{
	static const struct column all[] = { { "device", false }, { "why nothing runs", false },
		{ "gaps", true }, { "sum", true }, { "share of wall time", true } };
	size_t count = COUNT(all);
	const struct column *columns = columns_for(account, all, &count);

	sheet_section(sheet, "idle", "Idle time by cause", columns, count);
	for (size_t i = 0; i < account->device_count; i++) {
		const struct device_account *device = &account->devices[i];
		bool written[CAUSE_COUNT] = { false };

		/* The longest first. */
		for (;;) {
			int most = -1;

			for (int cause = 0; cause < CAUSE_COUNT; cause++)
				if (!written[cause] && device->idle_by_cause[cause] > 0 &&
				    (most < 0 || device->idle_by_cause[cause] >
				    device->idle_by_cause[most]))
					most = cause;
			if (most < 0)
				break;
			written[most] = true;
			add_device(sheet, account, device->rank, device->device);
			sheet_text(sheet, "%s", cause_words[most]);
			sheet_count(sheet, (double)device->gaps_by_cause[most]);
			sheet_time(sheet, us_of(device->idle_by_cause[most]));
			sheet_percent(sheet, us_of(device->idle_by_cause[most]),
			    us_of(device->window));
		}
	}
}

static int
compare_gaps(const void *left, const void *right)
{
	const struct device_gap *a = *(const struct device_gap *const *)left;
	const struct device_gap *b = *(const struct device_gap *const *)right;

	if (a->length != b->length)
		return a->length > b->length ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static void
add_gaps(struct sheet *sheet, const struct report *report, const struct view *view)
{
	static const struct column all[] = { { "device", false }, { "begins", true },
		{ "lasts", true }, { "why nothing runs", false }, { "where", false },
		{ "call", false }, { "before", false } };
	const struct file_account *account = report->account;
	size_t count = COUNT(all);
	const struct column *columns = columns_for(account, all, &count);
	const struct device_gap **gaps = memory_alloc((account->gap_count + 1) *
	    sizeof(const struct device_gap *));
	size_t shown = account->gap_count < view->top ? account->gap_count : view->top;
	int64_t total = 0;
	struct text name = { 0 };

	for (size_t i = 0; i < account->gap_count; i++)
		gaps[i] = &account->gaps[i];
	for (size_t i = 0; i < account->device_count; i++)
		total += account->devices[i].gaps;
	if (account->gap_count > 0)
		qsort(gaps, account->gap_count, sizeof(const struct device_gap *), compare_gaps);
	sheet_section(sheet, "gaps", sheet_string(sheet, "Longest gaps (%zu of %lld)", shown,
	    (long long)total), columns, count);
	for (size_t i = 0; i < shown; i++) {
		add_device(sheet, account, gaps[i]->rank, gaps[i]->device);
		sheet_moment(sheet, us_of(gaps[i]->start - report->begin));
		sheet_time(sheet, us_of(gaps[i]->length));
		sheet_text(sheet, "%s", cause_words[gaps[i]->cause]);
		sheet_text(sheet, "%s", gaps[i]->where != NULL ? gaps[i]->where : "");
		sheet_text(sheet, "%s", gaps[i]->call != NULL ? gaps[i]->call : "");
		sheet_text(sheet, "%s", name_short(&name,
		    gaps[i]->after != NULL ? gaps[i]->after : "", 40));
	}
	text_free(&name);
	free(gaps);
}

void
sections_account(struct sheet *sheet, const struct report *report, const struct view *view)
{
	const struct file_account *account = report->account;

	if (account == NULL)
		return;
	for (size_t i = 0; i < account->say_count; i++)
		sheet_say(sheet, account->says[i], account->says_us[i]);
	if (account->device_count == 0)
		return;
	add_spent(sheet, account);
	add_causes(sheet, account);
	add_gaps(sheet, report, view);
}
