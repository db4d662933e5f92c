/* SPDX-License-Identifier: Apache-2.0 */
/* Growing the lists of facts, and what names look like. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

void
facts_add_use(struct facts *facts, const char *source, const char *name, uint8_t use)
{
	facts->uses = memory_grow(facts->uses, facts->use_count, &facts->use_capacity,
	    sizeof(*facts->uses));
	facts->uses[facts->use_count++] = (struct use_fact){ source, name, use };
}

void
facts_add_definition(struct facts *facts, struct definition_fact definition)
{
	facts->definitions = memory_grow(facts->definitions, facts->definition_count,
	    &facts->definition_capacity, sizeof(*facts->definitions));
	facts->definitions[facts->definition_count++] = definition;
}

void
facts_free(struct facts *facts)
{
	free(facts->imports);
	free(facts->chains);
	free(facts->definitions);
	free(facts->uses);
	free(facts->modules);
	*facts = (struct facts){ 0 };
}

bool
name_is_class(const char *name)
{
	name += strspn(name, "_");
	if (!isupper((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (islower((unsigned char)*name))
			return true;
	return false;
}

const char *
package_module(const char *path)
{
	struct text folder = { 0 };
	const char *slash = strrchr(path, '/'), *begin = slash ? slash + 1 : path, *end;
	const char *module;

	end = begin + strlen(begin) - (strlen(begin) > 3 ? 3 : 0); /* without .py */
	while (begin > path) {
		const char *parent;

		text_clear(&folder);
		text_add(&folder, path, (size_t)(begin - path));
		text_add_string(&folder, "__init__.py");
		if (access(folder.bytes, F_OK) != 0)
			break;
		for (parent = begin - 1; parent > path && parent[-1] != '/'; parent--)
			;
		begin = parent;
	}
	text_clear(&folder);
	text_add(&folder, begin, (size_t)(end - begin));
	for (size_t i = 0; i < folder.length; i++)
		if (folder.bytes[i] == '/')
			folder.bytes[i] = '.';
	module = intern(folder.bytes, folder.length);
	text_free(&folder);
	return module;
}
