/* SPDX-License-Identifier: Apache-2.0 */
/* The code that a trace ran, where its tree is given: which calls of a function may have made
 * a call of the runtime, and under which conditions they stand. */
#ifndef TR_ACCOUNT_SOURCE_H
#define TR_ACCOUNT_SOURCE_H

#include "base/output.h"
#include "base/text.h"
#include "word.h"

struct sources;

/* The Python files of the tree. NULL for NULL, with which the functions below write nothing. */
struct sources *sources_open(const char *root);
void sources_close(struct sources *sources);

/* `,"sites":[...]`: calls in the function that `frame` names which may launch `op` or make the
 * runtime's `call` (either may be NULL): file, line, text, and the conditions around each,
 * outermost first, as far as the function itself tells; how many calls there are; and whether
 * the function is at that very line: a tree of another version may have it elsewhere, which is
 * taken if its name is there once. Nothing without such a function. */
void sources_write_sites(struct sources *sources, const struct word *frame,
    const struct word *op, const struct word *call, struct output *out);

/* Append "; this runs if CONDITIONS, FILE:LINE" when one call alone comes into question and
 * stands under any. As JSON spells it. */
void sources_add_condition(struct sources *sources, const struct word *frame,
    const struct word *op, const struct word *call, struct text *text);

#endif
