/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks gzip members: with ISA-L, which is several times as fast, or with zlib. */
#ifndef WARPIPE_GUNZIP_H
#define WARPIPE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

struct gunzip;

enum gunzip_result {
	GUNZIP_ON,         /* wants more bytes, or more room */
	GUNZIP_MEMBER_END, /* a member is complete and its check sum right */
	GUNZIP_DAMAGED     /* gunzip_error says what is wrong */
};

/* `portable`: with zlib on machines that ISA-L is fast on, too. NULL when memory is short. */
struct gunzip *gunzip_open(bool portable);

/* Before each member. */
void gunzip_begin_member(struct gunzip *gunzip);

/* Unpack from `in` to `out`; *used and *made tell how much of each, with every result. */
enum gunzip_result gunzip_run(struct gunzip *gunzip, const unsigned char *in, size_t in_size,
    size_t *used, char *out, size_t out_size, size_t *made);

/* A constant. */
const char *gunzip_error(const struct gunzip *gunzip);

void gunzip_close(struct gunzip *gunzip);

#endif
