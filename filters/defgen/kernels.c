/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the modules of a constructed model as records, for those who want the sizes alone. */
#include "kernels.h"

#include <string.h>

void
kernels_write(const struct model *model, const char *name, struct json_writer *writer)
{
	for (const struct site *site = model->sites; site != NULL; site = site->next) {
		if (strcmp(site->role, "other") == 0)
			continue;
		json_object_begin(writer);
		json_member_string(writer, "kind", "kernel");
		json_member_string(writer, "model", name);
		json_member_string(writer, "layer", site->class);
		json_member_string(writer, "role", site->role);
		json_member_string(writer, "path", site->path);
		json_member_integer(writer, "layers", site->count);
		json_member_integer(writer, "tp", model->run.tp);
		json_member_integer(writer, "ep", model->run.ep);
		json_member_integer(writer, "parameters", site->parameters);
		json_member_string(writer, "quantized", site->quantized);
		json_key(writer, "arguments");
		json_put_value(writer, site->sizes);
		json_member_string(writer, "file", site->file);
		json_member_integer(writer, "line", site->line);
		json_object_end(writer);
	}
}
