/* SPDX-License-Identifier: Apache-2.0 */
/* What can be measured. */
#ifndef KBENCH_LIST_H
#define KBENCH_LIST_H

#include "bench.h"
#include "base/output.h"

void list_subjects(struct output *out);

#endif
