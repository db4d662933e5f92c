/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a file or of stdin; gzip (several members too) and zstd are recognised by
 * their first bytes and unpacked on the way. */
#ifndef WARPIPE_INPUT_H
#define WARPIPE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct input;

/* Opens `path`; "-" and NULL are stdin, shown to users as "<stdin>". Dies when it cannot
 * be opened or is a directory. */
struct input *input_open(const char *path);

/* The same with code for any machine: slower, for comparisons. */
struct input *input_open_portable(const char *path);

/* The bytes of a file from `offset` on as they are, packed or not; dies as input_open. */
struct input *input_open_at(const char *path, uint64_t offset);

bool input_is_packed(const struct input *input);

/* Up to `size` unpacked bytes; 0 at the end, -1 when the packed data is damaged or cut
 * short: input_error then says how and where. Dies on a read error. */
ptrdiff_t input_read(struct input *input, char *buffer, size_t size);

/* The first unpacked bytes, up to `size` (at most INPUT_PEEK), copied without taking them:
 * to tell what the input is. May be called before the first input_read only. Returns how
 * many there are; damage shows at input_read. */
enum { INPUT_PEEK = 512 };
size_t input_peek(struct input *input, char *bytes, size_t size);

/* What damaged the input ("gzip: incorrect data check"), valid until input_close. */
const char *input_error(const struct input *input);

/* Bytes read so far from the file, before unpacking. */
uint64_t input_offset(const struct input *input);

/* Bytes of the file, before unpacking; 0 when it is none, as a pipe. */
uint64_t input_size(const struct input *input);

const char *input_name(const struct input *input);

/* All of what is left, appended to `text`. Dies when it is damaged or has more than `most`
 * bytes; the message says what it was read as: "larger than 9 bytes: not a budget". */
void input_read_all(struct input *input, struct text *text, size_t most, const char *what);

void input_close(struct input *input);

#endif
