/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds libyaml's emitter one event per value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "yaml_writer.h"

struct yaml_writer {
	yaml_emitter_t emitter;
	struct text repaired;
};

static int
write_to_output(void *out, unsigned char *bytes, size_t length)
{
	output_bytes(out, (const char *)bytes, length);
	return 1;
}

static void
emit(struct yaml_writer *writer, yaml_event_t *event, int initialized)
{
	if (!initialized || !yaml_emitter_emit(&writer->emitter, event))
		die("cannot write YAML: %s",
		    writer->emitter.problem ? writer->emitter.problem : "out of memory");
}

struct yaml_writer *
yaml_writer_open(struct output *out)
{
	struct yaml_writer *writer = memory_alloc_zero(1, sizeof(*writer));
	yaml_event_t event;

	if (!yaml_emitter_initialize(&writer->emitter))
		die("cannot start libyaml");
	yaml_emitter_set_output(&writer->emitter, write_to_output, out);
	yaml_emitter_set_unicode(&writer->emitter, 1);
	yaml_emitter_set_width(&writer->emitter, -1);
	emit(writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	return writer;
}

void
yaml_writer_close(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_document_end_event_initialize(&event, 1));
	emit(writer, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&writer->emitter);
	text_free(&writer->repaired);
	free(writer);
}

void
yaml_sequence_begin(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
	    YAML_BLOCK_SEQUENCE_STYLE));
}

void
yaml_flow_sequence_begin(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
	    YAML_FLOW_SEQUENCE_STYLE));
}

void
yaml_sequence_end(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_sequence_end_event_initialize(&event));
}

void
yaml_mapping_begin(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
	    YAML_BLOCK_MAPPING_STYLE));
}

void
yaml_mapping_end(struct yaml_writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_mapping_end_event_initialize(&event));
}

static void
put_scalar(struct yaml_writer *writer, const char *text, size_t length, yaml_scalar_style_t style)
{
	yaml_event_t event;

	emit(writer, &event, yaml_scalar_event_initialize(&event, NULL, NULL,
	    (const yaml_char_t *)text, (int)length, 1, 1, style));
}

void
yaml_put_string(struct yaml_writer *writer, const char *text, size_t length)
{
	if (!utf8_is_valid(text, length)) {
		text_clear(&writer->repaired);
		utf8_repair(&writer->repaired, text, length);
		text = writer->repaired.bytes;
		length = writer->repaired.length;
	}
	put_scalar(writer, text, length, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void
yaml_put_key(struct yaml_writer *writer, const char *key)
{
	put_scalar(writer, key, strlen(key), YAML_PLAIN_SCALAR_STYLE);
}

void
yaml_put_null(struct yaml_writer *writer)
{
	put_scalar(writer, "null", 4, YAML_PLAIN_SCALAR_STYLE);
}

void
yaml_put_integer(struct yaml_writer *writer, int64_t number)
{
	char text[32];

	put_scalar(writer, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)number),
	    YAML_PLAIN_SCALAR_STYLE);
}

void
yaml_put_fixed(struct yaml_writer *writer, double number, int decimals)
{
	char text[400];

	put_scalar(writer, text,
	    (size_t)snprintf(text, sizeof(text), "%.*f", decimals, number),
	    YAML_PLAIN_SCALAR_STYLE);
}
