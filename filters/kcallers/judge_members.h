/* SPDX-License-Identifier: Apache-2.0 */
/* Enums whose members answer questions about themselves are modes of a run: where code asks one,
 * all of a chain has the same member. */
#ifndef KCALLERS_JUDGE_MEMBERS_H
#define KCALLERS_JUDGE_MEMBERS_H

#include "judge.h"

/* x.method(), where the node holds x and the subject is what it is called, is as wanted. */
uint32_t judge_mode(struct judge *judge, const struct node *node, const char *method,
    const char *subject, bool want);

/* subject == member is as wanted. */
uint32_t judge_member(struct judge *judge, const struct object *member, const char *subject,
    bool equal);

#endif
