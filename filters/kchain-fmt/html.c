/* SPDX-License-Identifier: Apache-2.0 */
/* The page: page.html with the chains as JSON in it, which its script turns into what is
 * looked at, when it is looked at. */
#include "formats.h"
#include "page/html.h"
#include "base/map.h"

extern const char page_html[]; /* page.html */

struct data {
	struct output *out;
	const struct chains *chains;
	const char *prefix;
	struct map files; /* path -> index */
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

static void
write_data(struct output *out, void *context)
{
	struct data *data = context;

	output_string(out, "{\"prefix\":");
	html_json_string(out, data->prefix);
	output_string(out, ",\n");
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
	struct data data = { .out = out, .chains = chains, .prefix = options->prefix };
	const struct html_part parts[] = {
		{ .mark = "@TITLE@", .text = options->title },
		{ .mark = "@THEME.JS@", .raw = theme_js },
		{ .mark = "@KINDS.JS@", .raw = kinds_js }, { .mark = "@THEME.CSS@", .raw = theme_css },
		{ .mark = "@DATA@", .write = write_data, .context = &data }, { 0 } };

	html_fill(out, page_html, parts);
	map_free(&data.files);
}
