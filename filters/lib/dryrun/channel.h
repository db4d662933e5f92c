/* SPDX-License-Identifier: Apache-2.0 */
/* The messages that pass between the processes of a dry run: a type, a length, bytes. */
#ifndef WARPIPE_DRYRUN_CHANNEL_H
#define WARPIPE_DRYRUN_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum channel_type {
	CHANNEL_RECORD = 'R',  /* child: one JSON record */
	CHANNEL_CODE = 'C',    /* child: the path whose code it wants */
	CHANNEL_MISSING = 'M', /* child: the protections that it could not get */
	CHANNEL_DONE = 'D',    /* child: the driver has returned */
	CHANNEL_DIED = 'X',    /* child that serves: what it forked ended with this wait status */
	CHANNEL_REQUEST = 'Q', /* child that serves: it is ready for a request; the answer: one */
	CHANNEL_SOURCE = 'S',  /* to the compiler: a letter (see code.h), then source */
	CHANNEL_YES = 'Y',     /* the answer: marshalled code */
	CHANNEL_NO = 'N',      /* the answer: why there is none */
};

/* The descriptors of a child. */
enum { CHANNEL_IN = 3, CHANNEL_OUT = 4 };

/* No message is longer. */
enum { CHANNEL_LIMIT = 64 << 20 };

enum channel_result {
	CHANNEL_OK,
	CHANNEL_GONE,  /* the other side has closed, or cut a message short */
	CHANNEL_LATE,  /* the deadline has passed */
	CHANNEL_WRONG, /* no such message */
};

struct channel {
	int in, out; /* descriptors */
};

/* Milliseconds of a clock that only runs forward. */
int64_t channel_now(void);

/* Wait for a whole message until `deadline` (of channel_now; 0: for ever). `bytes` is
 * replaced. */
enum channel_result channel_read(const struct channel *channel, int64_t deadline,
    enum channel_type *type, struct text *bytes);

enum channel_result channel_write(const struct channel *channel, int64_t deadline,
    enum channel_type type, const char *bytes, size_t length);

#endif
