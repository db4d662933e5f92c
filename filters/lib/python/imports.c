/* SPDX-License-Identifier: Apache-2.0 */
/* Relative imports, made absolute. */
#include <string.h>

#include "base/intern.h"
#include "base/text.h"
#include "python/imports.h"

const char *
import_absolute(const char *own, bool is_package, unsigned dots, const char *name)
{
	struct text text = { 0 };
	size_t length;
	const char *absolute;

	if (dots == 0)
		return name;
	if (own == NULL)
		return NULL;
	length = strlen(own);
	/* One dot is the package: the module itself when it is one. */
	for (unsigned i = is_package ? 1 : 0; i < dots; i++) {
		while (length > 0 && own[length - 1] != '.')
			length--;
		if (length == 0)
			return NULL;
		length--;
	}
	text_add(&text, own, length);
	if (name != NULL)
		text_add_format(&text, ".%s", name);
	absolute = intern(text.bytes, text.length);
	text_free(&text);
	return absolute;
}

bool
import_is_overload(const char *name)
{
	return strcmp(name, "out") == 0 || strcmp(name, "default") == 0;
}
