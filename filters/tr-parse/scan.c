/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the scan for this machine, and begins one. */
#include "scan_classes.h"

static const struct scan_engine portable_engine = { scan_run_portable };
#if defined(__x86_64__)
static const struct scan_engine avx2_engine = { scan_run_avx2 };
static const struct scan_engine avx512_engine = { scan_run_avx512 };
#elif defined(__aarch64__)
static const struct scan_engine neon_engine = { scan_run_neon };
#endif

const struct scan_engine *
scan_engine(bool portable)
{
	if (portable)
		return &portable_engine;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	    __builtin_cpu_supports("pclmul"))
		return __builtin_cpu_supports("avx512bw") ? &avx512_engine : &avx2_engine;
#elif defined(__aarch64__)
	return &neon_engine;
#endif
	return &portable_engine;
}

static void
begin(struct scan *scan, const char *at, enum scan_level level)
{
	scan->at = scan->anchor = at;
	scan->inside = scan->odd = scan->pause = false;
	scan->carry = (struct scan_carry){ 0 };
	scan->depth = 1;
	scan->levels[0] = SCAN_ARRAY;
	scan->levels[1] = (uint8_t)level;
}

void
scan_begin(struct scan *scan, const char *at, bool events)
{
	begin(scan, at + 1, events ? SCAN_EVENTS : *at == '{' ? SCAN_OBJECT : SCAN_ARRAY);
	scan->carry.begins = 1;
}

void
scan_resume(struct scan *scan, const char *at, bool behind)
{
	begin(scan, at, SCAN_EVENTS);
	if (!behind)
		scan->carry.begins = scan->carry.goes_on = 1;
}
