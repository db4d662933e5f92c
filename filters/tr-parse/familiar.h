/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are like those before them: nothing but their handler looks at them. */
#ifndef TR_PARSE_FAMILIAR_H
#define TR_PARSE_FAMILIAR_H

#include "walk.h"

/* Take as many events as are like those before them, after the one that the scan paused at. False,
 * with walk->refused filled and the scan where it stands at faults, when one is refused. */
bool familiar_take(struct walk *walk);

#endif
