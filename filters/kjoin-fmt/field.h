/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of records' inner objects. `object` may be NULL: then nothing is there. */
#ifndef KJOIN_FMT_FIELD_H
#define KJOIN_FMT_FIELD_H

#include <stdint.h>

#include "base/arena.h"
#include "json/reader.h"

/* All die, naming the key, when the field is of another type. */

/* A copy; NULL when it is not there or null. field_need_string dies then. */
const char *field_string(struct arena *arena, const struct record *record,
    const struct json *object, const char *key);
const char *field_need_string(struct arena *arena, const struct record *record,
    const struct json *object, const char *key);

/* NAN when it is not there or null; field_need_number dies then. */
double field_number(const struct record *record, const struct json *object, const char *key);
double field_need_number(const struct record *record, const struct json *object,
    const char *key);

/* A whole number from 0; 0 when it is not there or null. */
uint64_t field_count(const struct record *record, const struct json *object, const char *key);

/* "line": 0 when it is not there or null. */
uint32_t field_line(const struct record *record, const struct json *object);

/* The strings of an array; none when it is not there or null. */
const char **field_strings(struct arena *arena, const struct record *record,
    const struct json *object, const char *key, size_t *count);

#endif
