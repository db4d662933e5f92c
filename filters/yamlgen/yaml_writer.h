/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document through libyaml: UTF-8 as it is, no line ever folded. */
#ifndef WARPIPE_YAMLGEN_YAML_WRITER_H
#define WARPIPE_YAMLGEN_YAML_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/output.h"

struct yaml_writer;

/* Begins a document on `out`, which the caller keeps and closes. */
struct yaml_writer *yaml_writer_open(struct output *out);
void yaml_writer_close(struct yaml_writer *writer);

void yaml_sequence_begin(struct yaml_writer *writer);
void yaml_flow_sequence_begin(struct yaml_writer *writer); /* [a, b] on one line */
void yaml_sequence_end(struct yaml_writer *writer);
void yaml_mapping_begin(struct yaml_writer *writer);
void yaml_mapping_end(struct yaml_writer *writer);

/* A string, always double-quoted: no reader takes it for anything else. Bytes that are not
 * UTF-8 come out as U+FFFD. */
void yaml_put_string(struct yaml_writer *writer, const char *text, size_t length);
void yaml_put_key(struct yaml_writer *writer, const char *key); /* plain */
void yaml_put_null(struct yaml_writer *writer);
void yaml_put_integer(struct yaml_writer *writer, int64_t number);
void yaml_put_fixed(struct yaml_writer *writer, double number, int decimals);

#endif
