/* SPDX-License-Identifier: Apache-2.0 */
/* The page: page.html with the chains as JSON in it, which its script turns into what is
 * looked at, when it is looked at. */
#include <stdlib.h>

#include "formats.h"
#include "page/html.h"
#include "base/map.h"
#include "base/memory.h"

extern const char page_html[]; /* page.html */
extern const char runs_js[];   /* runs.js */

struct data {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	const struct deployments *deployments; /* or NULL */
	struct map files;       /* path -> index */
	struct map seen;        /* a frame of a launch, by all it says -> index into shown */
	const struct frame **shown;
	size_t shown_count, shown_capacity;
};

static size_t
file_index(struct data *data, const char *file)
{
	void **place = map_put_string(&data->files, file);

	if (!*place)
		*place = (void *)data->files.count;
	return (size_t)*place - 1;
}

static void
write_strings(struct data *data, const char *const *strings, uint32_t count)
{
	output_char(data->out, '[');
	for (uint32_t i = 0; i < count; i++) {
		output_string(data->out, i ? "," : "");
		html_json_string(data->out, strings[i]);
	}
	output_char(data->out, ']');
}

static void
write_frames(struct data *data)
{
	output_string(data->out, "\"frames\":[");
	for (size_t i = 0; i < data->chains->frame_count; i++) {
		const struct frame *frame = &data->chains->frames[i];

		output_string(data->out, i ? ",\n[" : "\n[");
		html_json_string(data->out, frame->label);
		output_format(data->out, ",%zu,%u,", file_index(data, frame->file), frame->line);
		html_json_string(data->out, frame->function);
		output_char(data->out, ',');
		html_json_string(data->out, frame->via);
		output_char(data->out, ',');
		write_strings(data, frame->guards, frame->guard_count);
		output_char(data->out, ',');
		write_strings(data, frame->receivers, frame->receiver_count);
		output_char(data->out, ']');
	}
	output_string(data->out, "],\n");
}

/* A node is [2 * frame + op, child...]. */
static void
write_nodes(struct data *data, uint32_t node)
{
	for (bool first = true; node; node = data->chains->nodes[node].next, first = false) {
		const struct node *at = &data->chains->nodes[node];

		output_format(data->out, "%s[%u", first ? "" : ",", 2 * at->frame + at->op);
		if (at->first) {
			output_char(data->out, ',');
			write_nodes(data, at->first);
		}
		output_char(data->out, ']');
	}
}

static void
write_kernel(struct data *data, const struct kernel *kernel)
{
	output_string(data->out, "{\"name\":");
	html_json_string(data->out, kernel->name);
	output_string(data->out, ",\"source\":");
	html_json_string(data->out, kernel->source);
	output_string(data->out, ",\"category\":");
	html_json_string(data->out, kernel->category ? kernel->category : "Unreached");
	output_format(data->out, ",\"chains\":%llu,\"omitted\":%llu",
	    (unsigned long long)kernel->chains, (unsigned long long)kernel->omitted);
	if (kernel->implementation) {
		output_string(data->out, ",\"implementation\":");
		html_json_string(data->out, kernel->implementation);
		output_format(data->out, ",\"line\":%u", kernel->implementation_line);
	}
	if (kernel->chains == 0) {
		output_string(data->out, ",\"reason\":");
		html_json_string(data->out, kernel->reason ? kernel->reason : "unknown");
	}
	output_string(data->out, ",\"ops\":[");
	for (size_t i = 0; i < kernel->op_count; i++)
		output_format(data->out, "%s%u", i ? "," : "", kernel->ops[i].frame);
	output_string(data->out, "],\"tree\":[");
	write_nodes(data, kernel->first);
	output_string(data->out, "]}");
}

/* Its index among the frames of launches that are written. */
static size_t
shown_index(struct data *data, const struct frame *frame)
{
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%s\n%s\n%u\n%s", frame->label == NULL ? "" : frame->label,
	    frame->file, frame->line, frame->function);
	place = map_put(&data->seen, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		data->shown = memory_grow(data->shown, data->shown_count, &data->shown_capacity,
		    sizeof(*data->shown));
		data->shown[data->shown_count++] = frame;
		*place = (void *)data->shown_count;
	}
	return (size_t)*place - 1;
}

/* [label or null, file, line, function] */
static void
write_shown(struct data *data, const struct frame *frame)
{
	output_char(data->out, '[');
	if (frame->label == NULL)
		output_string(data->out, "null");
	else
		html_json_string(data->out, frame->label);
	output_format(data->out, ",%zu,%u,", file_index(data, frame->file), frame->line);
	html_json_string(data->out, frame->function);
	output_char(data->out, ']');
}

static void
write_launch(struct data *data, const struct row *row)
{
	const struct launch *launch = row->first;

	html_json_string(data->out, launch->kernel);
	output_char(data->out, ',');
	html_json_string(data->out, launch->source);
	output_string(data->out, ",[");
	for (uint32_t i = 0; i < launch->frame_count; i++)
		output_format(data->out, "%s%zu", i > 0 ? "," : "",
		    shown_index(data, &launch->frames[i]));
	output_format(data->out, "],%u", launch->op);
}

/* A row is [kernel, source, [frames], op, [cells], [conditions]]; a cell without launch is null. */
static void
write_row(struct data *data, const struct row *row)
{
	size_t columns = data->deployments->column_count;
	struct map conditions = { 0 };

	output_string(data->out, "[");
	write_launch(data, row);
	output_string(data->out, ",[");
	for (size_t i = 0; i < columns; i++) {
		output_string(data->out, i > 0 ? "," : "");
		if (row->cells[i] == NULL)
			output_string(data->out, "null");
		else
			html_json_string(data->out, *row->cells[i]->shapes ? row->cells[i]->shapes : "yes");
		for (uint32_t at = 0; row->cells[i] && at < row->cells[i]->condition_count; at++)
			map_put_string(&conditions, row->cells[i]->conditions[at]);
	}
	output_string(data->out, "],[");
	for (size_t i = 0; i < conditions.count; i++) {
		output_string(data->out, i > 0 ? "," : "");
		html_json_string(data->out, conditions.entries[i].key);
	}
	output_string(data->out, "]]");
	map_free(&conditions);
}

static void
write_columns(struct data *data)
{
	const struct deployments *deployments = data->deployments;

	output_string(data->out, "\"deployments\":[");
	for (size_t i = 0; i < deployments->count; i++) {
		output_string(data->out, i > 0 ? ",{\"name\":" : "{\"name\":");
		html_json_string(data->out, deployments->list[i].name);
		output_string(data->out, ",\"unresolved\":");
		write_strings(data, deployments->list[i].unresolved,
		    (uint32_t)deployments->list[i].unresolved_count);
		output_char(data->out, '}');
	}
	output_string(data->out, "],\n\"columns\":[");
	for (size_t i = 0; i < deployments->column_count; i++) {
		output_format(data->out, "%s{\"deployment\":%zu,\"phase\":", i > 0 ? "," : "",
		    deployments->columns[i].deployment);
		html_json_string(data->out, deployments->columns[i].phase);
		output_char(data->out, '}');
	}
	output_string(data->out, "],\n");
}

static void
write_stretch(struct data *data, const struct stretch *stretch)
{
	struct text heading = { 0 };

	stretch_heading(stretch, &heading);
	output_string(data->out, "{\"heading\":");
	html_json_string(data->out, heading.bytes);
	text_free(&heading);
	output_format(data->out, ",\"forward\":%s,\"rows\":[",
	    stretch->place == BEFORE_MODEL || stretch->place == AFTER_MODEL ? "false" : "true");
	for (size_t i = 0; i < stretch->count; i++) {
		output_string(data->out, i > 0 ? ",\n" : "\n");
		write_row(data, &stretch->rows[i]);
	}
	output_string(data->out, "]}");
}

static void
write_runs(struct data *data)
{
	output_string(data->out, "\"runs\":{");
	write_columns(data);
	output_string(data->out, "\"stretches\":[");
	for (size_t i = 0; i < data->deployments->stretch_count; i++) {
		output_string(data->out, i > 0 ? "," : "");
		write_stretch(data, &data->deployments->stretches[i]);
	}
	output_string(data->out, "],\n\"frames\":[");
	for (size_t i = 0; i < data->shown_count; i++) {
		output_string(data->out, i > 0 ? ",\n" : "\n");
		write_shown(data, data->shown[i]);
	}
	output_string(data->out, "]},\n");
}

static void
write_data(struct output *out, void *context)
{
	struct data *data = context;

	output_string(out, "{\"prefix\":");
	html_json_string(out, data->prefix);
	output_string(out, ",\n");
	if (data->deployments != NULL)
		write_runs(data);
	write_frames(data);
	output_string(out, "\"files\":[");
	for (size_t i = 0; i < data->files.count; i++) {
		output_string(out, i ? "," : "");
		html_json_string(out, data->files.entries[i].key);
	}
	output_string(out, "],\n\"kernels\":[");
	for (size_t i = 0; i < data->chains->kernel_count; i++) {
		output_string(out, i ? ",\n" : "\n");
		write_kernel(data, &data->chains->kernels[i]);
	}
	output_string(out, "]}");
}

void
html_write(struct output *out, const struct chains *chains, const struct format_options *options)
{
	struct data data = { .out = out, .chains = chains, .prefix = options->prefix,
		.deployments = options->deployments };
	const struct html_part parts[] = {
		{ .mark = "@TITLE@", .text = options->title },
		{ .mark = "@THEME.JS@", .raw = theme_js }, { .mark = "@RUNS.JS@", .raw = runs_js },
		{ .mark = "@KINDS.JS@", .raw = kinds_js }, { .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@DATA@", .write = write_data, .context = &data }, { 0 } };

	html_fill(out, page_html, parts);
	map_free(&data.files);
	map_free(&data.seen);
	free(data.shown);
}
