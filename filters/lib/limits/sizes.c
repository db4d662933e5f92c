/* SPDX-License-Identifier: Apache-2.0 */
/* A handful of names: found by looking at each. */
#include <string.h>

#include "base/error.h"
#include "limits/sizes.h"

/* The end of the sizes that a formula is to see, before the scope around it. */
struct view {
	const struct sizes *sizes;
	const struct expression_scope *outer; /* or NULL */
	bool high;
};

const struct size *
sizes_find(const struct sizes *sizes, const char *name)
{
	for (int i = sizes->count - 1; i >= 0; i--)
		if (strcmp(sizes->list[i].name, name) == 0)
			return &sizes->list[i];
	return NULL;
}

void
sizes_set(struct sizes *sizes, const char *name, double low, double high)
{
	struct size *size = (struct size *)sizes_find(sizes, name);

	if (size == NULL) {
		if (sizes->count == SIZES_MOST)
			die("more than %d sizes for one kernel", SIZES_MOST);
		size = &sizes->list[sizes->count++];
	}
	strncpy(size->name, name, sizeof(size->name) - 1);
	size->name[sizeof(size->name) - 1] = '\0';
	size->low = low;
	size->high = high;
}

static bool
see_size(void *context, const char *name, double *value)
{
	const struct view *view = context;
	const struct size *size = sizes_find(view->sizes, name);

	if (size != NULL) {
		*value = view->high ? size->high : size->low;
		return true;
	}
	return view->outer != NULL && view->outer->size != NULL &&
	    view->outer->size(view->outer->context, name, value);
}

static bool
see_call(void *context, const char *name, const double *arguments, int count, double *value)
{
	const struct view *view = context;

	return view->outer != NULL && view->outer->call != NULL &&
	    view->outer->call(view->outer->context, name, arguments, count, value);
}

static bool
value_in(const struct sizes *sizes, const struct expression_scope *outer, const char *formula,
    bool high, double *value, char *lacking)
{
	struct view view = { sizes, outer, high };
	struct expression_scope scope = { &view, see_size, see_call };

	return expression_value(formula, &scope, value, lacking);
}

/* "name=formula" or "name=low..high". */
static bool
make_one(struct sizes *sizes, char *item, const struct expression_scope *scope, char *lacking)
{
	char *name = item + strspn(item, " "), *formula = strchr(item, '='), *range;
	double low, high;

	if (formula == NULL)
		die("a built-in list of sizes lacks '=': %s", item);
	*formula++ = '\0';
	range = strstr(formula, "..");
	if (range != NULL)
		*range = '\0';
	if (!value_in(sizes, scope, formula, false, &low, lacking) ||
	    !value_in(sizes, scope, range != NULL ? range + 2 : formula, true, &high, lacking))
		return false;
	sizes_set(sizes, name, low < high ? low : high, low < high ? high : low);
	return true;
}

bool
sizes_make(struct sizes *sizes, const char *list, const struct expression_scope *scope,
    char *lacking)
{
	char item[400];

	while (*list != '\0') {
		size_t length = strcspn(list, ";");

		if (length >= sizeof(item))
			die("a built-in formula is too long: %s", list);
		memcpy(item, list, length);
		item[length] = '\0';
		if (strspn(item, " ") < length && !make_one(sizes, item, scope, lacking))
			return false;
		list += length + (list[length] == ';');
	}
	return true;
}

bool
sizes_value(const struct sizes *sizes, const char *formula, bool high, double *value,
    char *lacking)
{
	return value_in(sizes, NULL, formula, high, value, lacking);
}

void
sizes_describe(const struct sizes *sizes, const char *which, struct text *text)
{
	char name[EXPRESSION_NAME];

	while (*which != '\0') {
		size_t length = strcspn(which, " ");
		const struct size *size;

		if (length < sizeof(name)) {
			memcpy(name, which, length);
			name[length] = '\0';
			size = sizes_find(sizes, name);
			if (size != NULL)
				text_add_format(text, "%s%s=%.12g", text->length > 0 ? " " : "",
				    name, size->low);
			if (size != NULL && size->low < size->high)
				text_add_format(text, "..%.12g", size->high);
		}
		which += length + (which[length] == ' ');
	}
}
