/* SPDX-License-Identifier: Apache-2.0 */
/* Words for rows. Every number in them is one of the row, of its fit or of its ceiling. */
#include <math.h>
#include <string.h>

#include "explain.h"
#include "fit.h"

/* Above and below these shares of fixed time one limit has the say. */
static const double mostly = 0.5, hardly = 0.1;

/* A fit that is further off than this somewhere is a guide; than that, it says nothing. */
static const double loose_fit = 0.25, broken_fit = 0.5;

void
explain_bytes(struct text *text, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	int unit = 0;

	while (bytes >= 1024 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	text_add_format(text, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.3g %s", bytes,
	    units[unit]);
}

const char *
explain_bound(const struct results *results, const struct measure *measure)
{
	const struct fit *fit = fit_of(results, measure);
	double share;

	if (fit == NULL || fit->worst > broken_fit)
		return "unknown";
	share = fit_fixed_share(fit, measure);
	return share >= mostly ? "latency" : share <= hardly ? "bandwidth" : "mixed";
}

static void
explain_fit(struct text *text, const struct fit *fit, const struct measure *measure)
{
	double share = fit_fixed_share(fit, measure);
	double half = fit->t0_us * fit->gbps * 1e3;

	if (fit->worst > broken_fit) {
		text_add_format(text, "No single fixed cost and bandwidth describe these sizes (the "
		    "fit misses one by %.0f %%): they fall into different caches.", fit->worst * 100);
		return;
	}
	text_add_format(text, "The fit over sizes gives %.3g us fixed and %.4g GB/s: ", fit->t0_us,
	    fit->gbps);
	if (share >= mostly)
		text_add_format(text, "%.0f %% of this call is fixed cost, so it is latency-bound. "
		    "More %s in one call (half speed is reached at ", share * 100,
		    measure->size_axis);
	else if (share <= hardly)
		text_add_format(text, "%.0f %% of this call is bytes, so it is bandwidth-bound. "
		    "Only %s moves it (fixed cost equals bytes at ", (1 - share) * 100,
		    facts_find(&measure->facts, "busbw")
		        ? "smaller messages, faster links or, between threads, faster arithmetic"
		        : "fewer bytes (a smaller type, fewer rows) or a faster memory");
	else
		text_add_format(text, "%.0f %% of this call is fixed cost and the rest bytes: both "
		    "count (they are equal at ", share * 100);
	explain_bytes(text, half);
	text_add_string(text, share >= mostly ? (strcmp(measure->backend, "cuda") == 0
	        ? "), launching from a CUDA graph or fusing with a neighbour moves it."
	        : ") or fewer calls move it.")
	                                      : ").");
	if (fit->worst > loose_fit)
		text_add_format(text, " The fit misses one size by %.0f %%: take it as a guide.",
		    fit->worst * 100);
}

static void
explain_ceiling(struct text *text, const struct measure *measure)
{
	if (!(measure->ceiling_pct > 0))
		return;
	text_add_format(text, " %.3g GB/s is %.0f %% of the %s of as many bytes, %s, in this run "
	    "(%.3g GB/s)", measure->gbps, measure->ceiling_pct, measure->ceiling, measure->l2,
	    measure->ceiling_gbps);
	if (measure->ceiling_pct > 100)
		text_add_string(text, ": more than the ceiling, so one of the two was disturbed, or "
		    "the bytes are not all moved: no more can be said.");
	else if (measure->ceiling_pct >= 90)
		text_add_string(text, ": there is no more to gain for this many bytes.");
	else
		text_add_format(text, ": %.2g us of the call are not explained by bytes; short or "
		    "scattered rows and unaligned strides cost here.",
		    measure->median - measure->bytes / measure->ceiling_gbps * 1e-3);
}

void
explain_measure(struct text *text, const struct results *results, const struct measure *measure)
{
	const struct fit *fit = fit_of(results, measure);
	const struct fact *busbw = facts_find(&measure->facts, "busbw");

	if (fit != NULL)
		explain_fit(text, fit, measure);
	else
		text_add_string(text, "Too few sizes for a fit: give an axis three values or more.");
	explain_ceiling(text, measure);
	if (busbw != NULL)
		text_add_format(text, " The links carry %.3g GB/s in each direction (busbw).",
		    busbw->number);
	if (measure_has_flag(measure, "cache-resident"))
		text_add_string(text, " It is faster than memory: the data lie in a cache.");
	if (measure_has_flag(measure, "noisy"))
		text_add_format(text, " It is noisy (%.1f %%): a longer --timeout or a quieter machine "
		    "helps.", measure->noise * 100);
	if (measure_has_flag(measure, "throttled"))
		text_add_string(text, " The clock fell while it ran: cool down and run again.");
}
