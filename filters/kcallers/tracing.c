/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of the trees is shared: a process a share of the models traces them on its
 * own copy of the memory, and its records wait in a file until it is their turn. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/temporary.h"
#include "closure.h"
#include "tracing.h"
#include "unreached.h"

/* Whether code that the model's tops reach calls the kernel. */
static bool
is_hit(const struct graph *graph, uint32_t kernel)
{
	for (uint32_t at = graph->hits_first[kernel]; at < graph->hits_first[kernel + 1]; at++)
		if (graph->flow->contexts[graph->flow->edges[graph->hits[at]].caller].reached)
			return true;
	return false;
}

static void
emit_kernels(struct tracing *tracing, struct graph *graph, const struct model *model)
{
	struct emitter *emitter = tracing->emitter;
	struct chains chains;
	struct judge judge;
	bool judged = false;

	for (uint32_t i = 0; i < emitter->kernels->count; i++) {
		bool hit = emitter->wanted[i] && is_hit(graph, i);

		if (hit && !judged) {
			judge_open(&judge, graph->flow, model);
			chains_open(&chains, graph, &judge);
			judged = true;
			if (judge.facts.full)
				warn("more conditions tell chains apart than there is room for: some "
				    "chains may be listed that exclude themselves");
		}
		if (hit)
			chains_find(&chains, i);
		if (hit && chains.op_count > 0)
			emit_chains(emitter, &chains, i, tracing->limit);
		else if (emitter->wanted[i] && emitter->model == NULL)
			emit_unreached(emitter, graph, tracing->sites, i);
	}
	if (judged) {
		chains_close(&chains);
		judge_close(&judge);
	}
}

/* The chains of one model. Where several are traced, others say nothing of what this one
 * does not reach. */
static void
trace(struct tracing *tracing, struct model *model)
{
	struct emitter *emitter = tracing->emitter;
	struct flow flow;
	struct graph graph;

	closure_mark(tracing->project, model);
	flow_open(&flow, tracing->project, tracing->names, emitter->kernels, tracing->externals);
	for (size_t i = 0; i < model->top_count; i++)
		flow_add_instance(&flow, model->tops[i]);
	flow_solve(&flow);
	emitter->cut |= flow.left_out;
	graph_open(&graph, &flow, model);
	emit_kernels(tracing, &graph, model);
	if (tracing->edges)
		emit_edges(emitter, &graph);
	if (emitter->model == NULL)
		emit_unresolved(emitter, &graph);
	graph_close(&graph);
	flow_close(&flow);
}

void
trace_model(struct tracing *tracing, const char *name)
{
	struct model model;
	struct spelling near;
	struct text text = {0};

	model_find(&model, tracing->project, tracing->names, name);
	if (model.top_count == 0) {
		bool others = model_near(&near, tracing->project, tracing->names, name);

		spelling_add(&near, &text);
		/* It may stand in a file that could not be read. */
		if (others && !tracing->problems)
			die("no model is called %s%s", name, text.length > 0 ? text.bytes : "");
		warn("no model is called %s%s: all kernels will be unreached", name,
		    others ? "" : ", nor anything else: no file names an EntryClass");
		text_free(&text);
	}
	trace(tracing, &model);
	model_free(&model);
}

/* What a process counted: it comes through a pipe when all is written. */
struct counts {
	size_t chains, omitted, ops;
	bool cut;
};

/* A process, where its records and what it says to people wait, and the end of the pipe that its
 * counts come from. */
struct share {
	pid_t process;
	FILE *records, *said;
	int counts;
};

static struct counts
trace_files(struct tracing *tracing, const struct module **files, size_t count)
{
	struct emitter *emitter = tracing->emitter;
	struct model model;

	for (size_t i = 0; i < count; i++) {
		model_of_file(&model, tracing->project, tracing->names, files[i]);
		emitter->model = files[i]->file;
		trace(tracing, &model);
		model_free(&model);
	}
	output_flush(tracing->out);
	return (struct counts){ emitter->chains, emitter->omitted, emitter->ops, emitter->cut };
}

/* A file without a name. */
static FILE *
open_nameless(void)
{
	char *name = temporary_name("kcallers");
	int descriptor = temporary_open(name);
	FILE *file;

	if (descriptor < 0)
		die("%s:", name);
	temporary_remove(name);
	free(name);
	file = fdopen(descriptor, "w+");
	if (file == NULL)
		die("cannot make a temporary file: %s", strerror(errno));
	return file;
}

static void
start(struct tracing *tracing, const struct module **files, size_t count, struct share *share)
{
	struct counts counts;
	ssize_t put;
	pid_t reader = getpid();
	int ends[2];

	share->records = open_nameless();
	share->said = open_nameless();
	if (pipe(ends) != 0 || (share->process = fork()) < 0)
		die("cannot start a process: %s", strerror(errno));
	if (share->process > 0) {
		share->counts = ends[0];
		close(ends[1]);
		return;
	}
	/* However the reader ends, nobody wants the records after it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != reader)
		_exit(STATUS_FAILED);
	if (dup2(fileno(share->records), STDOUT_FILENO) < 0 ||
	    dup2(fileno(share->said), STDERR_FILENO) < 0)
		die("cannot write to a temporary file: %s", strerror(errno));
	counts = trace_files(tracing, files, count);
	for (size_t at = 0; at < sizeof(counts); at += put > 0 ? (size_t)put : 0) {
		put = write(ends[1], (const char *)&counts + at, sizeof(counts) - at);
		if (put < 0 && errno != EINTR)
			die("cannot write to a pipe: %s", strerror(errno));
	}
	_exit(STATUS_DONE);
}

/* Wait for a process and pass its records on. What it has said comes first: of several that fail
 * the first has the word. */
static void
take(struct tracing *tracing, struct share *share)
{
	struct emitter *emitter = tracing->emitter;
	struct counts counts;
	char bytes[1 << 16];
	ssize_t got;
	size_t length, read_so_far = 0;
	int status;

	while (read_so_far < sizeof(counts)) {
		got = read(share->counts, (char *)&counts + read_so_far,
		    sizeof(counts) - read_so_far);
		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		read_so_far += got > 0 ? (size_t)got : 0;
	}
	while (waitpid(share->process, &status, 0) < 0 && errno == EINTR)
		;
	rewind(share->said);
	while ((length = fread(bytes, 1, sizeof(bytes), share->said)) > 0)
		fwrite(bytes, 1, length, stderr);
	fclose(share->said);
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_FAILED)
		exit(STATUS_FAILED); /* it has said why */
	if (read_so_far != sizeof(counts) || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("a process that traced some models has failed");
	rewind(share->records);
	while ((length = fread(bytes, 1, sizeof(bytes), share->records)) > 0)
		output_bytes(tracing->out, bytes, length);
	if (ferror(share->records))
		die("cannot read a temporary file: %s", strerror(errno));
	emitter->chains += counts.chains;
	emitter->omitted += counts.omitted;
	emitter->ops += counts.ops;
	emitter->cut |= counts.cut;
	close(share->counts);
	fclose(share->records);
}

static void
emit_models(struct tracing *tracing, const struct module **files, size_t count)
{
	struct model model;

	for (size_t i = 0; i < count; i++) {
		model_of_file(&model, tracing->project, tracing->names, files[i]);
		emit_model(tracing->emitter, &model, files[i]->file);
		model_free(&model);
	}
	output_flush(tracing->out);
}

void
trace_every_model(struct tracing *tracing, unsigned processes)
{
	const struct module **files;
	size_t count = model_files(&files, tracing->project, tracing->names), begin = 0;
	size_t share_count = count < processes ? count : processes;
	struct share *shares = memory_alloc_zero(share_count + 1, sizeof(*shares));

	if (count == 0)
		warn("no file names an EntryClass: there is no model");
	emit_models(tracing, files, count);
	for (size_t i = 0; i < share_count; i++) {
		size_t end = count * (i + 1) / share_count;

		start(tracing, files + begin, end - begin, &shares[i]);
		begin = end;
	}
	for (size_t i = 0; i < share_count; i++)
		take(tracing, &shares[i]);
	free(shares);
	free(files);
}
