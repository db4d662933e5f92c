/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the table of kernel names says of each line of stdin, one record a name.
 *
 *	nvjet_tst_64x16_64x16_4x1_v_bz_TNT
 *	{"name":"nvjet_tst_...","canonical":"...","key":"...","family":"nvjet",...,"values":{...}}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json_writer.h"
#include "names/names.h"
#include "base/output.h"

static void
put_tensors(struct json_writer *writer, const char *key, const char *const *tensors)
{
	json_key(writer, key);
	if (tensors == NULL) {
		json_put_null(writer);
		return;
	}
	json_array_begin(writer);
	for (; *tensors != NULL; tensors++)
		json_put_string(writer, *tensors);
	json_array_end(writer);
}

static void
put_facts(struct json_writer *writer, const char *name, const struct names_facts *facts)
{
	json_object_begin(writer);
	json_member_string(writer, "name", name);
	json_member_string(writer, "canonical", facts->canonical);
	json_member_string(writer, "key", facts->key);
	json_member_string(writer, "family", facts->family);
	json_member_string(writer, "library", facts->library);
	json_member_string(writer, "type", type_names[facts->type]);
	json_member_string(writer, "stage", stage_names[facts->stage]);
	json_member_string(writer, "short", facts->short_name);
	json_member_string(writer, "friendly", facts->friendly);
	json_member_string(writer, "description", facts->description);
	json_key(writer, "roles");
	json_array_begin(writer);
	for (unsigned bit = 0; bit < ROLE_COUNT; bit++)
		if (facts->roles & 1u << bit)
			json_put_string(writer, role_names[bit]);
	json_array_end(writer);
	json_key(writer, "values");
	json_object_begin(writer);
	for (size_t i = 0; i < facts->value_count; i++)
		json_member_string(writer, facts->values[i].name, facts->values[i].text);
	json_object_end(writer);
	json_key(writer, "evidence");
	json_object_begin(writer);
	if (facts->evidence[NAMES_LIBRARY].kind != NULL)
		json_member_string(writer, "library", facts->evidence[NAMES_LIBRARY].kind);
	if (facts->evidence[NAMES_TYPE].kind != NULL)
		json_member_string(writer, "type", facts->evidence[NAMES_TYPE].kind);
	json_object_end(writer);
	put_tensors(writer, "generic", facts->generic);
	put_tensors(writer, "fixed", facts->fixed);
	put_tensors(writer, "tiled", facts->tiled);
	json_object_end(writer);
}

int
main(int argc, char *argv[])
{
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	struct names *names = names_open(argc > 1 ? argv + 1 : NULL);
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		put_facts(writer, line, names_look_up(names, line, (size_t)length));
	}
	free(line);
	names_close(names);
	json_writer_close(writer);
	output_close(out);
	return 0;
}
