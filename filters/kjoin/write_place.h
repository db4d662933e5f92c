/* SPDX-License-Identifier: Apache-2.0 */
/* Writes where part of a row comes from. */
#ifndef KJOIN_WRITE_PLACE_H
#define KJOIN_WRITE_PLACE_H

#include "json/json_writer.h"
#include "write.h"

/* One object for each place that this part may come from. */
void place_put(struct json_writer *writer, const struct joined *joined, const struct row *row,
    const struct part *part);

#endif
