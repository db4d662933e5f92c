/* SPDX-License-Identifier: Apache-2.0 */
/* After errors: what must be there and is not is filled in, so that no one who walks a
 * tree has to ask. */
#include "base/intern.h"
#include "python/py_build.h"

#define PART(n) (1u << (n))

/* The parts of each kind that are neither lists nor optional, and whether it has a name. */
static const struct needs {
	unsigned parts;
	bool name;
} needs[PY_KINDS] = {
	[PY_FUNCTION] = { 0, true },
	[PY_CLASS] = { 0, true },
	[PY_PARAMETER] = { 0, true },
	[PY_EXPRESSION] = { PART(0), false },
	[PY_ASSIGN] = { PART(0) | PART(1), false },
	[PY_AUGMENTED_ASSIGN] = { PART(0) | PART(1), true },
	[PY_ANNOTATED_ASSIGN] = { PART(0) | PART(2), false },
	[PY_FOR] = { PART(0) | PART(1), false },
	[PY_WHILE] = { PART(0), false },
	[PY_IF] = { PART(0), false },
	[PY_WITH_ITEM] = { PART(0), false },
	[PY_MATCH] = { PART(0), false },
	[PY_CASE] = { PART(3), false },
	[PY_ASSERT] = { PART(0), false },
	[PY_ALIAS] = { 0, true },
	[PY_TYPE_ALIAS] = { PART(0) | PART(1), false },
	[PY_NAME] = { 0, true },
	[PY_CONSTANT] = { 0, true },
	[PY_FORMATTED] = { PART(0), false },
	[PY_ATTRIBUTE] = { PART(0), true },
	[PY_SUBSCRIPT] = { PART(0) | PART(1), false },
	[PY_CALL] = { PART(0), false },
	[PY_KEYWORD] = { PART(0), false },
	[PY_BINARY] = { PART(0) | PART(1), true },
	[PY_UNARY] = { PART(0), true },
	[PY_BOOLEAN] = { 0, true },
	[PY_COMPARE] = { PART(0) | PART(1), false },
	[PY_COMPARISON] = { PART(0), true },
	[PY_IF_EXPRESSION] = { PART(0) | PART(1) | PART(2), false },
	[PY_LAMBDA] = { PART(2), false },
	[PY_DICT_ITEM] = { PART(1), false },
	[PY_COMPREHENSION] = { PART(0) | PART(2), false },
	[PY_COMPREHENSION_FOR] = { PART(0) | PART(1), false },
	[PY_AWAIT] = { PART(0), false },
	[PY_YIELD_FROM] = { PART(0), false },
	[PY_STARRED] = { PART(0), false },
	[PY_NAMED] = { PART(0) | PART(1), false },
};

void
py_repair(struct py_builder *b, struct py_node *node)
{
	struct py_place end = { .begin = node->end, .end = node->end };

	if (needs[node->kind].name && node->name == NULL)
		node->name = intern_string("");
	for (unsigned i = 0; i < 4; i++) {
		struct py_node *child = node->part[i];

		if (child == NULL && needs[node->kind].parts & PART(i))
			node->part[i] = py_new(b, PY_ERROR, &end);
		for (; child != NULL; child = child->next)
			py_repair(b, child);
	}
}
