/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the kernels of an evaluated model as records, for those who want the sizes alone. */
#include "kernels.h"

#include <string.h>

static void
write_number(const struct value *value, struct json_writer *writer)
{
	switch (value->kind) {
	case VALUE_BOOL:
		json_put_bool(writer, value->integer != 0);
		break;
	case VALUE_INT:
		json_put_integer(writer, value->integer);
		break;
	case VALUE_FLOAT:
		json_put_double(writer, value->number);
		break;
	default:
		json_put_null(writer);
	}
}

static void
write_value(const struct value *value, struct json_writer *writer)
{
	size_t i;

	switch (value->kind) {
	case VALUE_LIST:
	case VALUE_TUPLE:
		json_array_begin(writer);
		for (i = 0; i < value->list.count; i++)
			write_number(value->list.items[i], writer);
		json_array_end(writer);
		break;
	default:
		write_number(value, writer);
	}
}

static bool
is_number(const struct value *value)
{
	return value->kind == VALUE_BOOL || value->kind == VALUE_INT || value->kind == VALUE_FLOAT;
}

/* Lists of numbers and numbers are sizes; the rest says nothing about a kernel's shape. */
static bool
is_size(const struct value *value)
{
	return is_number(value) || ((value->kind == VALUE_LIST || value->kind == VALUE_TUPLE) &&
	    value->list.count && value->list.count < 64 && is_number(value->list.items[0]));
}

void
kernels_write(const struct model *model, const char *name, struct json_writer *writer)
{
	const struct site *site;
	uint32_t i;

	for (site = model->sites; site; site = site->next) {
		const struct scope *arguments = &site->kernel->arguments;

		json_object_begin(writer);
		json_member_string(writer, "kind", "kernel");
		json_member_string(writer, "model", name);
		json_member_string(writer, "layer", strrchr(site->kernel->layer->key, '.') ?
		    strrchr(site->kernel->layer->key, '.') + 1 : site->kernel->layer->key);
		json_member_string(writer, "path", site->path);
		json_member_integer(writer, "layers", site->count);
		json_member_integer(writer, "tp", model->it->run.tp);
		json_member_integer(writer, "ep", model->it->run.ep);
		json_key(writer, "arguments");
		json_object_begin(writer);
		for (i = 0; i < arguments->count; i++) {
			if (!arguments->values[i] || !is_size(arguments->values[i]) ||
			    !strcmp(arguments->keys[i], "layer_id"))
				continue;
			json_key(writer, arguments->keys[i]);
			write_value(arguments->values[i], writer);
		}
		json_object_end(writer);
		json_member_string(writer, "file", site->kernel->file);
		json_member_integer(writer, "line", site->kernel->line);
		json_object_end(writer);
	}
}
