/* SPDX-License-Identifier: Apache-2.0 */
/* What kroof says: fields of kernels, records of steps, findings and the whole. */
#ifndef KROOF_WRITE_H
#define KROOF_WRITE_H

#include "base/output.h"
#include "judge.h"

/* The record with what was found out about it. */
void write_item(const struct trace_record *record, const struct kernels *kernels, size_t at,
    const struct verdicts *verdicts, struct output *out);

/* Findings, a record for each step, one for all; how many findings there are. */
size_t write_summary(const struct kernels *kernels, const struct verdicts *verdicts,
    struct output *out);

#endif
