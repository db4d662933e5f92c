/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the records of tr-account. */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "json/json_scan.h"
#include "json/reader.h"

const char *const spent_words[SPENT_COUNT] = { "computing", "only communication", "only copies",
	"only fills", "idle" };

struct accounts {
	struct arena arena;
	struct map files; /* name to struct file_account */
	struct map ranks; /* label to struct file_account */
	struct map further; /* names of files that were read as one with another to its */
};

static const char *
keep(struct accounts *accounts, const char *text)
{
	return text != NULL ? arena_copy(&accounts->arena, text, strlen(text)) : NULL;
}

static struct file_account *
of_file(struct accounts *accounts, const char *file)
{
	void **place = map_put_string(&accounts->files, file);
	struct file_account *account = *place;

	if (account == NULL) {
		*place = account = arena_alloc_zero(&accounts->arena, sizeof(*account));
		account->file = keep(accounts, file);
	}
	return account;
}

/* The record as it was, but for the version, which is that of its first stream. */
static const char *
keep_line(struct accounts *accounts, const struct record *record)
{
	struct text text = { 0 };
	const char *kept;

	for (const struct json *member = record->root->child; member != NULL;
	    member = member->next)
		if (strcmp(member->key, "version") != 0) {
			text_add_char(&text, text.length == 0 ? '{' : ',');
			json_escape(&text, (struct slice){ member->key, member->key_length });
			text_add_char(&text, ':');
			text_add(&text, member->raw, member->raw_length);
		}
	text_add_char(&text, '}');
	kept = keep(accounts, text.bytes);
	text_free(&text);
	return kept;
}

/* Its further files have the account of the first. */
static void
add_rank(struct accounts *accounts, const struct record *record)
{
	struct file_account *account = of_file(accounts, record_string(record, "file"));
	const struct json *further = json_get(record->root, "further_files");

	*map_put_string(&accounts->ranks, record_string(record, "rank")) = account;
	for (const struct json *file = further != NULL ? further->child : NULL; file != NULL;
	    file = file->next)
		if (json_string(file) != NULL) {
			void **place = map_put_string(&accounts->further, json_string(file));

			account->further += *place == NULL;
			*place = account;
		}
}

static void
add_diagnosis(struct accounts *accounts, const struct record *record)
{
	struct file_account *account = of_file(accounts, record_string(record, "file"));

	account->says = memory_grow(account->says, account->say_count, &account->say_capacity,
	    sizeof(*account->says));
	account->lines = memory_grow(account->lines, account->say_count, &account->line_capacity,
	    sizeof(*account->lines));
	account->says_us = memory_grow(account->says_us, account->say_count,
	    &account->us_capacity, sizeof(*account->says_us));
	/* What of it could be won, nobody knows: it stands last, as in the records. */
	account->says_us[account->say_count] =
	    strcmp(record_string(record, "what"), "compute") == 0 ? -1 :
	    (double)record_integer(record, "ns") / 1e3;
	account->says[account->say_count] = keep(accounts, record_string(record, "says"));
	account->lines[account->say_count++] = keep_line(accounts, record);
}

static int64_t
member_integer(const struct json *object, const char *key)
{
	int64_t number = 0;

	json_integer(json_get(object, key), &number);
	return number;
}

/* That of a whole device. */
static void
add_account(struct accounts *accounts, const struct record *record)
{
	static const char *const classes[] = { "compute", "comm", "copy", "fill" };
	struct file_account *account;
	struct device_account *device;
	const struct json *root = record->root;

	if (json_get(root, "file") == NULL)
		return;
	account = of_file(accounts, record_string(record, "file"));
	account->devices = memory_grow(account->devices, account->device_count,
	    &account->device_capacity, sizeof(*account->devices));
	device = &account->devices[account->device_count++];
	*device = (struct device_account){ .rank = keep(accounts, record_string(record, "rank")),
		.device = keep(accounts, record_string(record, "device")),
		.window = record_integer(record, "window_ns"),
		.gaps = member_integer(root, "gaps"),
		.full_queue_calls = member_integer(json_get(root, "queue_full"), "calls"),
		.full_queue_ns = member_integer(json_get(root, "queue_full"), "ns") };
	for (int i = 0; i < SPENT_IDLE; i++)
		device->spent[i] = member_integer(json_get(root, "exclusive_ns"), classes[i]);
	device->spent[SPENT_IDLE] = record_integer(record, "idle_ns");
	for (int i = 0; i < CAUSE_COUNT; i++) {
		device->idle_by_cause[i] = member_integer(json_get(root, "idle_by_cause_ns"),
		    cause_names[i]);
		device->gaps_by_cause[i] = member_integer(json_get(root, "gaps_by_cause"),
		    cause_names[i]);
	}
}

static const char *
place_of(struct accounts *accounts, const struct json *frame)
{
	const char *file = json_string(json_get(frame, "file"));
	const char *function = json_string(json_get(frame, "function"));
	const char *slash = file != NULL ? strrchr(file, '/') : NULL;

	if (file == NULL || function == NULL)
		return NULL;
	return arena_format(&accounts->arena, "%s, %s:%lld", function,
	    slash != NULL ? slash + 1 : file, (long long)member_integer(frame, "line"));
}

/* The same of a frame as the profiler spells it, "path(7): function". */
static const char *
place_of_text(struct accounts *accounts, const char *frame)
{
	const char *end = frame != NULL ? strstr(frame, "): ") : NULL, *open = end, *file = frame;

	while (end != NULL && open > frame && *open != '(')
		open--;
	if (end == NULL || open == frame)
		return NULL;
	for (const char *at = frame; at < open; at++)
		if (*at == '/')
			file = at + 1;
	return arena_format(&accounts->arena, "%s, %.*s:%.*s", end + 3, (int)(open - file), file,
	    (int)(end - open - 1), open + 1);
}

/* Where the host was: most of the time if it was late, else where it made the call. */
static const char *
where_of(struct accounts *accounts, const struct json *evidence, enum cause cause)
{
	const struct json *call = json_get(evidence, "call");
	const struct json *frames = json_get(evidence, "host_frames");
	const char *found = NULL;

	if (cause == CAUSE_HOST && frames != NULL)
		found = place_of_text(accounts, json_string(json_get(frames->child, "frame")));
	return found != NULL ? found
	    : place_of(accounts, json_get(call != NULL ? call : evidence, "frame"));
}

/* The short name, where the record has one. */
static const char *
name_of(struct accounts *accounts, const struct json *work)
{
	const char *name = json_string(json_get(work, "short"));

	return keep(accounts, name != NULL ? name : json_string(json_get(work, "name")));
}

static void
add_gap(struct accounts *accounts, const struct record *record)
{
	void **place = map_get_string(&accounts->ranks, record_string(record, "rank"));
	const struct json *root = record->root, *evidence = json_get(root, "evidence");
	const struct json *call = json_get(evidence, "call");
	const char *cause = record_string(record, "cause");
	struct file_account *account;
	enum cause why;

	if (place == NULL)
		reader_fail(record, "a gap of a rank that no record told of");
	account = *place;
	why = (enum cause)kinds_index(cause_names, (struct slice){ cause, strlen(cause) },
	    CAUSE_QUEUED);
	account->gaps = memory_grow(account->gaps, account->gap_count, &account->gap_capacity,
	    sizeof(*account->gaps));
	account->gaps[account->gap_count++] = (struct device_gap){
		.rank = keep(accounts, record_string(record, "rank")),
		.device = keep(accounts, record_string(record, "device")),
		.start = record_integer(record, "start_ns"),
		.length = record_integer(record, "gap_ns"),
		.cause = why,
		.where = where_of(accounts, evidence, why),
		.before = name_of(accounts, json_get(root, "before")),
		.after = name_of(accounts, json_get(root, "after")),
		.call = keep(accounts, json_string(json_get(call != NULL ? call :
		    json_get(evidence, "launch"), "name"))),
	};
}

struct accounts *
accounts_open(const char *path)
{
	struct accounts *accounts = memory_alloc_zero(1, sizeof(*accounts));
	char *files[] = { (char *)path, NULL };
	struct reader reader;
	const struct record *record;
	bool found = false;

	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL) {
		if (strcmp(record->kind, "diagnosis") == 0) {
			add_diagnosis(accounts, record);
		} else if (strcmp(record->kind, "rank") == 0) {
			found = true;
			add_rank(accounts, record);
		} else if (strcmp(record->kind, "account") == 0) {
			add_account(accounts, record);
		} else if (strcmp(record->kind, "gap") == 0) {
			add_gap(accounts, record);
		}
	}
	reader_close(&reader);
	if (!found)
		die("%s: no records of tr-account", path);
	return accounts;
}

void
accounts_close(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	for (size_t i = 0; i < accounts->files.count; i++) {
		struct file_account *account = accounts->files.entries[i].value;

		free(account->says);
		free(account->lines);
		free(account->says_us);
		free(account->devices);
		free(account->gaps);
	}
	map_free(&accounts->files);
	map_free(&accounts->ranks);
	map_free(&accounts->further);
	arena_free(&accounts->arena);
	free(accounts);
}

const struct file_account *
accounts_of(const struct accounts *accounts, const char *file)
{
	void **place = accounts != NULL ? map_get_string(&accounts->files, file) : NULL;

	if (place == NULL && accounts != NULL)
		place = map_get_string(&accounts->further, file);
	return place != NULL ? *place : NULL;
}
