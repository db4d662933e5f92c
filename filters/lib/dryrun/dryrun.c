/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side of a dry run: starts the child, answers it, checks what it says. */
#include "dryrun/dryrun.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"
#include "dryrun/child.h"
#include "dryrun/code.h"
#include "dryrun/process.h"

enum {
	GRACE = 3000,             /* ms that a child has to say where it was */
	LONGEST_RECORD = 4 << 20, /* bytes */
	MOST_BYTES = 1 << 30,     /* of all records */
};

struct dryrun {
	struct dryrun_options options;
	char *root, *site; /* real paths */
	struct code_service code;
	struct process child;
	int64_t deadline;
	bool warned;       /* the child's time was up and it was told so */
	bool over;
	size_t bytes; /* of the records so far */
	struct arena arena;
	struct text message, answer, line;
};

static const char *const kinds[] = { "deployment", "fact", "launch", "unresolved", "lines",
	"module", "end", NULL };

/* Run options.request: in a new child where none waits for one. */
static void
begin(struct dryrun *run)
{
	const struct dryrun_options *options = &run->options;
	const struct child_options child = { .root = run->root, .site = run->site,
		.driver = options->driver, .request = options->request, .seconds = options->timeout,
		.verbose = options->verbose, .serves = options->serves };

	run->over = run->warned = false;
	run->bytes = 0;
	if (run->child.pid == 0)
		process_start(&run->child, options->verbose, child_run, &child);
	run->deadline = channel_now() + (int64_t)(options->timeout * 1000);
}

struct dryrun *
dryrun_start(const struct dryrun_options *options)
{
	struct dryrun *run = memory_alloc_zero(1, sizeof(*run));

	run->options = *options;
	run->root = folder_real_path(options->root);
	if (run->root == NULL || !folder_exists(run->root))
		die("%s:", options->root);
	if (options->site != NULL && (run->site = folder_real_path(options->site)) == NULL)
		die("%s:", options->site);
	run->code.root = run->root;
	run->code.site = run->site;
	run->code.verbose = options->verbose;
	run->code.seconds = options->timeout;
	code_open(&run->code);
	signal(SIGPIPE, SIG_IGN);
	begin(run);
	return run;
}

void
dryrun_again(struct dryrun *run, const char *request)
{
	run->options.request = request;
	begin(run);
}

/* End the run with one warning and one last record. */
static bool
give_up(struct dryrun *run, struct dryrun_record *record, const char *what, const char *why)
{
	struct json_error error;

	run->over = true;
	warn("%s: %s", what, why);
	text_clear(&run->line);
	text_add_format(&run->line, "{\"kind\":\"unresolved\",\"phase\":null,\"file\":null,"
	    "\"line\":null,\"what\":\"%s\",\"why\":\"%s\"}", what, why);
	arena_reset(&run->arena);
	*record = (struct dryrun_record){ .kind = "unresolved", .line = run->line.bytes,
		.length = run->line.length };
	record->value = json_parse(&run->arena, record->line, record->length, &error);
	return true;
}

/* A child has ended with a wait status and without having said that it is done. */
static bool
explain_death(struct dryrun *run, struct dryrun_record *record, int status)
{
	char why[80];

	if (run->warned)
		return give_up(run, record, "run", "no time left (see --timeout)");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		return give_up(run, record, "run",
		    "the confined process died of a bad access or of a stack too deep");
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return give_up(run, record, "run",
		    "the confined process was killed: out of processor time or memory");
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the confined process died of signal %d",
		    WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "the confined process ended early with status %d",
		    WEXITSTATUS(status));
	return give_up(run, record, "run", why);
}

static bool
out_of_time(struct dryrun *run, struct dryrun_record *record)
{
	if (!run->warned) {
		run->warned = true;
		kill(run->options.serves ? -run->child.pid : run->child.pid, SIGALRM);
		run->deadline = channel_now() + GRACE;
		return false;
	}
	process_end(&run->child, true);
	return give_up(run, record, "run", "no time left (see --timeout)");
}

static bool
is_known(const char *kind)
{
	for (const char *const *known = kinds; *known != NULL; known++)
		if (strcmp(kind, *known) == 0)
			return true;
	return false;
}

/* Whether the message is a record; false with the reason. */
static bool
check_record(struct dryrun *run, struct dryrun_record *record, const char **why)
{
	struct json_error error;

	*why = "the confined process sent too many records, or one too long";
	run->bytes += run->message.length + 1;
	if (run->message.length > LONGEST_RECORD || run->bytes > MOST_BYTES)
		return false;
	*why = "the confined process sent what is no record";
	arena_reset(&run->arena);
	if (memchr(run->message.bytes, '\n', run->message.length) != NULL)
		return false;
	record->value = json_parse(&run->arena, run->message.bytes, run->message.length, &error);
	if (record->value == NULL || record->value->type != JSON_OBJECT)
		return false;
	record->kind = json_string(json_get(record->value, "kind"));
	record->line = run->message.bytes;
	record->length = run->message.length;
	return record->kind != NULL && is_known(record->kind);
}

static void
tell_missing(const struct dryrun *run)
{
	if (run->options.strict)
		die("not protected by %s (--strict)", run->message.bytes);
	warn("not protected by %s", run->message.bytes);
}

/* Send run->answer. A child that waits for the rest of it ends when there can be none, and the
 * next read tells why it did. */
static bool
answer(struct dryrun *run, struct dryrun_record *record, enum channel_type type)
{
	switch (channel_write(&run->child.channel, run->deadline, type, run->answer.bytes,
	    run->answer.length)) {
	case CHANNEL_OK:
		break;
	case CHANNEL_LATE:
		return out_of_time(run, record);
	default:
		close(run->child.channel.out);
		run->child.channel.out = -1;
	}
	return false;
}

/* Answer one message; true when it made a record. */
static bool
take_message(struct dryrun *run, enum channel_type type, struct dryrun_record *record)
{
	const char *why;
	bool found;

	switch (type) {
	case CHANNEL_RECORD:
		if (!check_record(run, record, &why)) {
			process_end(&run->child, true);
			return give_up(run, record, "run", why);
		}
		return strcmp(record->kind, "end") != 0;
	case CHANNEL_CODE:
		found = code_find(&run->code, &run->message, run->deadline, &run->answer);
		return answer(run, record, found ? CHANNEL_YES : CHANNEL_NO);
	case CHANNEL_MISSING:
		tell_missing(run);
		return false;
	case CHANNEL_REQUEST:
		text_clear(&run->answer);
		text_add_string(&run->answer, run->options.request);
		return answer(run, record, CHANNEL_REQUEST);
	case CHANNEL_DIED:
		return explain_death(run, record,
		    (int)strtol(run->message.bytes, NULL, 10));
	case CHANNEL_DONE:
		run->over = true;
		if (!run->options.serves)
			process_end(&run->child, false);
		return false;
	default:
		process_end(&run->child, true);
		return give_up(run, record, "run", "the confined process sent what is no message");
	}
}

bool
dryrun_next(struct dryrun *run, struct dryrun_record *record)
{
	enum channel_type type;

	while (!run->over) {
		switch (channel_read(&run->child.channel, run->deadline, &type, &run->message)) {
		case CHANNEL_OK:
			if (take_message(run, type, record))
				return true;
			break;
		case CHANNEL_LATE:
			if (out_of_time(run, record))
				return true;
			break;
		case CHANNEL_GONE:
			return explain_death(run, record, process_end(&run->child, false));
		case CHANNEL_WRONG:
			process_end(&run->child, true);
			return give_up(run, record, "run",
			    "the confined process sent what is no message");
		}
	}
	return false;
}

void
dryrun_close(struct dryrun *run)
{
	process_end(&run->child, true);
	code_close(&run->code);
	free(run->root);
	free(run->site);
	arena_free(&run->arena);
	text_free(&run->message);
	text_free(&run->answer);
	text_free(&run->line);
	free(run);
}
