/* SPDX-License-Identifier: Apache-2.0 */
/* yaml-json FILE: the first document of a YAML file as one line of JSON, as libyaml reads
 * it: plain null, true, false and numbers are those, all other scalars strings. The tests'
 * own eye on what yamlgen writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "json/json_writer.h"
#include "base/output.h"

static void
put_scalar(struct json_writer *writer, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	size_t length = node->data.scalar.length;
	char *end;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		json_put_text(writer, text, length);
	else if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || length == 0)
		json_put_null(writer);
	else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		json_put_bool(writer, text[0] == 't');
	else if (strtod(text, &end), *end == '\0')
		json_put_spelled(writer, text);
	else
		json_put_text(writer, text, length);
}

static void
put_node(struct json_writer *writer, yaml_document_t *document, int index)
{
	const yaml_node_t *node = yaml_document_get_node(document, index);

	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		json_array_begin(writer);
		for (const yaml_node_item_t *item = node->data.sequence.items.start;
		     item < node->data.sequence.items.top; item++)
			put_node(writer, document, *item);
		json_array_end(writer);
		break;
	case YAML_MAPPING_NODE:
		json_object_begin(writer);
		for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		     pair < node->data.mapping.pairs.top; pair++) {
			const yaml_node_t *key = yaml_document_get_node(document, pair->key);

			json_put_text(writer, (const char *)key->data.scalar.value,
			    key->data.scalar.length);
			put_node(writer, document, pair->value);
		}
		json_object_end(writer);
		break;
	default:
		put_scalar(writer, node);
		break;
	}
}

int
main(int argc, char *argv[])
{
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	yaml_document_t document;
	yaml_parser_t parser;
	FILE *file;

	error_set_program("yaml-json");
	if (argc != 2)
		die("usage: yaml-json FILE");
	file = fopen(argv[1], "rb");
	if (file == NULL)
		die("%s:", argv[1]);
	if (!yaml_parser_initialize(&parser))
		die("cannot start libyaml");
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &document))
		die("%s:%zu: %s", argv[1], parser.problem_mark.line + 1, parser.problem);
	if (yaml_document_get_root_node(&document) == NULL)
		die("%s: empty document", argv[1]);
	put_node(writer, &document, 1);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	fclose(file);
	json_writer_close(writer);
	output_close(out);
	return STATUS_DONE;
}
