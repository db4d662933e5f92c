/* SPDX-License-Identifier: Apache-2.0 */
/* When to stop sampling, and what the samples say. */
#ifndef KBENCH_SAMPLE_H
#define KBENCH_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

/* Samples are taken until all of these hold, or until `timeout`. */
struct stop_rule {
	size_t min_samples;
	double min_seconds; /* of sampling */
	double max_noise;   /* the 95 % confidence interval of the median: half its width, over it */
	double timeout;     /* seconds; two samples are taken in any case */
	size_t fixed;       /* exactly so many, whatever the rest says; 0: as the rest says */
};

/* What one sample is. */
struct sample {
	double us;       /* of one call, by the clock on the wall; negative when it failed */
	double cpu_us;   /* of one call, the thread on its processor; NAN where not known */
	bool preempted;  /* the system took the processor away meanwhile */
};

/* Durations in us of one call, as they come. */
struct samples {
	double *values;
	size_t count, capacity;
	size_t looked; /* how many there were when the noise was last looked at */
};

enum { MOST_VALUES = 99 };

struct summary {
	double median, min, p99;
	double values[MOST_VALUES]; /* the samples, ascending; of more, as many at even ranks */
	size_t value_count;
	double noise; /* NAN with fewer than 6 samples: they carry no interval */
	bool settled; /* the rule's noise was reached */
	double cpu_us;  /* median of the thread's time on its processor; NAN where not known */
	size_t dropped; /* samples left out because the system took the processor away */
	bool preempted; /* it did so in every sample: they are what there is */
};

void samples_add(struct samples *samples, double us);
void samples_free(struct samples *samples);

/* Sorts the samples. NAN everywhere without any. */
struct summary samples_summarize(struct samples *samples, const struct stop_rule *rule);

/* Whether to stop after `seconds` of sampling. */
bool samples_enough(struct samples *samples, const struct stop_rule *rule, double seconds);

#endif
