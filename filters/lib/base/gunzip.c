/* SPDX-License-Identifier: Apache-2.0 */
/* One member at a time, by whichever library was chosen. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/gunzip.h"

/* ISA-L's plain C is no faster than zlib: it is for machines that it has assembly for. */
#if defined(__x86_64__) || defined(__aarch64__)
#include <isa-l/igzip_lib.h>
#define HAVE_ISAL 1
#else
#define HAVE_ISAL 0
#endif

struct gunzip {
#if HAVE_ISAL
	struct inflate_state *isal;  /* NULL when zlib works */
	struct inflate_state *saved; /* as it was before the last run */
#endif
	z_stream zlib;
	const char *error;
};

struct gunzip *
gunzip_open(bool portable)
{
	struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

	if (gunzip == NULL)
		return NULL;
#if HAVE_ISAL
	if (!portable) {
		gunzip->isal = malloc(2 * sizeof(*gunzip->isal));
		if (gunzip->isal != NULL) {
			gunzip->saved = gunzip->isal + 1;
			return gunzip;
		}
		free(gunzip);
		return NULL;
	}
#endif
	(void)portable;
	if (inflateInit2(&gunzip->zlib, 15 + 16) == Z_OK)
		return gunzip;
	free(gunzip);
	return NULL;
}

void
gunzip_begin_member(struct gunzip *gunzip)
{
#if HAVE_ISAL
	if (gunzip->isal != NULL) {
		isal_inflate_init(gunzip->isal);
		gunzip->isal->crc_flag = ISAL_GZIP;
		return;
	}
#endif
	inflateReset(&gunzip->zlib);
}

static unsigned
at_most(size_t size)
{
	return size < UINT_MAX / 2 ? (unsigned)size : UINT_MAX / 2;
}

#if HAVE_ISAL
static int
inflate_isal(struct inflate_state *state, const unsigned char *in, size_t in_size, char *out,
    size_t out_size)
{
	state->next_in = (uint8_t *)(uintptr_t)in;
	state->avail_in = at_most(in_size);
	state->next_out = (uint8_t *)out;
	state->avail_out = at_most(out_size);
	return isal_inflate(state);
}

/* On bad data ISA-L says that it made more bytes than it did. Begin again with ever fewer
 * packed bytes, by bisection, until the damage is not met: what comes out is to be trusted. */
static size_t
bytes_before_damage(struct gunzip *gunzip, const unsigned char *in, size_t in_size, char *out,
    size_t out_size, size_t *used)
{
	size_t good = 0, bad = in_size;

	while (bad - good > 1) {
		size_t middle = good + (bad - good) / 2;

		*gunzip->isal = *gunzip->saved;
		if (inflate_isal(gunzip->isal, in, middle, out, out_size) < 0)
			bad = middle;
		else
			good = middle;
	}
	*gunzip->isal = *gunzip->saved;
	inflate_isal(gunzip->isal, in, good, out, out_size);
	*used = good;
	return (size_t)(gunzip->isal->next_out - (uint8_t *)out);
}

static enum gunzip_result
run_isal(struct gunzip *gunzip, const unsigned char *in, size_t in_size, size_t *used,
    char *out, size_t out_size, size_t *made)
{
	struct inflate_state *state = gunzip->isal;
	int result;

	*gunzip->saved = *state;
	result = inflate_isal(state, in, in_size, out, out_size);
	*used = (size_t)(state->next_in - in);
	*made = (size_t)(state->next_out - (uint8_t *)out);
	switch (result) {
	case ISAL_DECOMP_OK:
	case ISAL_END_INPUT:
	case ISAL_OUT_OVERFLOW:
		return state->block_state == ISAL_BLOCK_FINISH ? GUNZIP_MEMBER_END : GUNZIP_ON;
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		gunzip->error = "bad header";
		break;
	case ISAL_INCORRECT_CHECKSUM:
		gunzip->error = "wrong check sum or length";
		break;
	default:
		gunzip->error = "bad data";
		*made = bytes_before_damage(gunzip, in, in_size, out, out_size, used);
		if (*made == out_size)
			return GUNZIP_ON; /* there may be more before the damage */
		break;
	}
	return GUNZIP_DAMAGED;
}
#endif

static enum gunzip_result
run_zlib(struct gunzip *gunzip, const unsigned char *in, size_t in_size, size_t *used,
    char *out, size_t out_size, size_t *made)
{
	z_stream *stream = &gunzip->zlib;
	const char *message;
	int result;

	stream->next_in = (unsigned char *)(uintptr_t)in;
	stream->avail_in = at_most(in_size);
	stream->next_out = (unsigned char *)out;
	stream->avail_out = at_most(out_size);
	result = inflate(stream, Z_NO_FLUSH);
	*used = (size_t)(stream->next_in - in);
	*made = (size_t)(stream->next_out - (unsigned char *)out);
	if (result == Z_STREAM_END)
		return GUNZIP_MEMBER_END;
	if (result == Z_OK || result == Z_BUF_ERROR)
		return GUNZIP_ON;
	message = stream->msg != NULL ? stream->msg : "";
	if (result == Z_MEM_ERROR)
		gunzip->error = "out of memory";
	else if (strstr(message, "data check") != NULL || strstr(message, "length check") != NULL)
		gunzip->error = "wrong check sum or length";
	else if (strstr(message, "header") != NULL || strstr(message, "method") != NULL)
		gunzip->error = "bad header";
	else
		gunzip->error = "bad data";
	return GUNZIP_DAMAGED;
}

enum gunzip_result
gunzip_run(struct gunzip *gunzip, const unsigned char *in, size_t in_size, size_t *used,
    char *out, size_t out_size, size_t *made)
{
#if HAVE_ISAL
	if (gunzip->isal != NULL)
		return run_isal(gunzip, in, in_size, used, out, out_size, made);
#endif
	return run_zlib(gunzip, in, in_size, used, out, out_size, made);
}

const char *
gunzip_error(const struct gunzip *gunzip)
{
	return gunzip->error;
}

void
gunzip_close(struct gunzip *gunzip)
{
#if HAVE_ISAL
	if (gunzip->isal != NULL) {
		free(gunzip->isal);
		free(gunzip);
		return;
	}
#endif
	inflateEnd(&gunzip->zlib);
	free(gunzip);
}
