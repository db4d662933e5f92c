/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks one input in a thread of its own and hands the bytes over as a window that
 * slides forward. */
#ifndef TR_PARSE_FEED_H
#define TR_PARSE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed;

/* What can be seen of the unpacked bytes. Everything in it is contiguous and stays until
 * the next feed_more. FEED_SLACK bytes after it can be read, whatever they are. */
enum { FEED_SLACK = 64 };
struct window {
	const char *begin, *end;
	uint64_t offset; /* of `begin` in the unpacked stream */
};

/* Dies when the input cannot be opened. `block_size` is how much is handed over at a time;
 * what comes out does not depend on it. `portable`: unpack without vector units. */
struct feed *feed_open(const char *path, size_t block_size, bool portable);

/* Slide on: the bytes from `keep` (within the window, or its end) stay, at a new address
 * that window->begin gives, and more follow. False, with nothing moved, at the end of the
 * data; feed_error then says whether that was damage. */
bool feed_more(struct feed *feed, struct window *window, const char *keep);

/* What damaged the packed input ("gzip: cut short at byte 4711"), or NULL. */
const char *feed_error(const struct feed *feed);

void feed_close(struct feed *feed);

#endif
