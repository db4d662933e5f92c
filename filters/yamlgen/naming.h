/* SPDX-License-Identifier: Apache-2.0 */
/* What the names of a catalogue's kernels tell. Of very many kernels, which are asked for in
 * order, a second thread looks at the next names while the last ones are written. */
#ifndef WARPIPE_NAMING_H
#define WARPIPE_NAMING_H

#include "catalogue.h"
#include "names/names.h"

struct naming;

/* `rules` as names_open takes them; they must outlive the naming. */
struct naming *naming_open(char *const *rules);

/* The kernel's facts, valid until the next call. `kernel` is of the catalogue, which was put
 * in order. */
const struct names_facts *naming_facts(struct naming *naming, const struct catalogue *catalogue,
    const struct kernel *kernel);

void naming_close(struct naming *naming);

#endif
