/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine of the scan says about 64 bytes. */
#ifndef TR_PARSE_SCAN_CLASSES_H
#define TR_PARSE_SCAN_CLASSES_H

#include "scan.h"

#define INLINE static inline __attribute__((__always_inline__))

/* One bit a byte, the first byte lowest. */
struct string_classes {
	uint64_t quote, backslash;
	uint64_t unlikely; /* control characters and what is not ASCII */
};

struct token_classes {
	uint64_t open, close; /* square and curly brackets both */
	uint64_t curly;       /* tells them apart; anything elsewhere */
	uint64_t colon, comma, space;
	uint64_t digit, zero, dot;
};

enum scan_result scan_run_portable(struct scan *scan, const char *end, bool last);
#if defined(__x86_64__)
enum scan_result scan_run_avx2(struct scan *scan, const char *end, bool last);
enum scan_result scan_run_avx512(struct scan *scan, const char *end, bool last);
#elif defined(__aarch64__)
enum scan_result scan_run_neon(struct scan *scan, const char *end, bool last);
#endif

#endif
