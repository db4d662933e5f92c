/* SPDX-License-Identifier: Apache-2.0 */
/* The table of external names whose calls pass values on. */
#include <string.h>

#include "external.h"
#include "base/intern.h"

/* Dots after which a name is not followed further from value to value: without a limit `a = a.b`
 * would grow names without end. */
enum { DEEPEST = 5 };

struct known {
	const char *name;
	enum external_call call;
};

static const struct known known_names[] = {
	{ "builtins.type", EXTERNAL_TYPE },
	{ "builtins.staticmethod", EXTERNAL_PARTIAL },
	{ "builtins.classmethod", EXTERNAL_FIRST },
	{ "builtins.list", EXTERNAL_SEQUENCE },
	{ "builtins.tuple", EXTERNAL_SEQUENCE },
	{ "builtins.set", EXTERNAL_SEQUENCE },
	{ "builtins.frozenset", EXTERNAL_SEQUENCE },
	{ "builtins.sorted", EXTERNAL_SEQUENCE },
	{ "builtins.reversed", EXTERNAL_SEQUENCE },
	{ "builtins.iter", EXTERNAL_SEQUENCE },
	{ "builtins.dict", EXTERNAL_DICT },
	{ "builtins.next", EXTERNAL_NEXT },
	{ "builtins.enumerate", EXTERNAL_ENUMERATE },
	{ "builtins.zip", EXTERNAL_ZIP },
	{ "builtins.filter", EXTERNAL_FILTER },
	{ "itertools.chain", EXTERNAL_CHAIN },
	{ "itertools.islice", EXTERNAL_SEQUENCE },
	{ "collections.deque", EXTERNAL_SEQUENCE },
	{ "collections.OrderedDict", EXTERNAL_DICT },
	{ "collections.defaultdict", EXTERNAL_DEFAULT_DICT },
	{ "copy.copy", EXTERNAL_FIRST },
	{ "copy.deepcopy", EXTERNAL_FIRST },
	{ "dataclasses.replace", EXTERNAL_FIRST },
	{ "weakref.ref", EXTERNAL_REFERENCE },
	{ "weakref.proxy", EXTERNAL_FIRST },
	{ "typing.cast", EXTERNAL_SECOND },
	{ "functools.partial", EXTERNAL_PARTIAL },
	{ "functools.wraps", EXTERNAL_IDENTITY },
	{ "functools.cache", EXTERNAL_DECORATOR },
	{ "functools.lru_cache", EXTERNAL_DECORATOR },
	{ "contextlib.contextmanager", EXTERNAL_DECORATOR },
	{ "torch.compile", EXTERNAL_DECORATOR },
	{ "torch.compiler.disable", EXTERNAL_DECORATOR },
	{ "torch._dynamo.disable", EXTERNAL_DECORATOR },
	{ "torch.jit.script", EXTERNAL_DECORATOR },
	{ "torch.jit.ignore", EXTERNAL_DECORATOR },
	{ "torch.jit.script_if_tracing", EXTERNAL_DECORATOR },
	{ "torch.library.wrap_triton", EXTERNAL_FIRST },
	{ "torch.library.triton_op", EXTERNAL_IDENTITY },
	{ "types.SimpleNamespace", EXTERNAL_NAMESPACE },
	{ "torch.nn.Module", EXTERNAL_NAMESPACE },
	{ "torch.nn.ModuleList", EXTERNAL_SEQUENCE },
	{ "torch.nn.Sequential", EXTERNAL_ARGUMENTS },
	{ "torch.nn.ModuleDict", EXTERNAL_DICT },
	{ "triton.jit", EXTERNAL_DECORATOR },
	{ "triton.autotune", EXTERNAL_IDENTITY },
	{ "triton.heuristics", EXTERNAL_IDENTITY },
};

static void
add_prefixes(struct externals *externals, const char *name)
{
	for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		*symbols_put(&externals->prefixes, intern(name, (size_t)(dot - name))) =
		    (void *)externals;
}

void
externals_open(struct externals *externals)
{
	*externals = (struct externals){0};
	for (size_t i = 0; i < sizeof(known_names) / sizeof(*known_names); i++) {
		*symbols_put(&externals->known, intern_string(known_names[i].name)) =
		    (void *)&known_names[i];
		add_prefixes(externals, known_names[i].name);
	}
	add_prefixes(externals, "torch.ops.x");
}

void
externals_add_package(struct externals *externals, const char *top)
{
	*symbols_put(&externals->packages, top) = (void *)top;
}

void
externals_close(struct externals *externals)
{
	symbols_free(&externals->packages);
	symbols_free(&externals->known);
	symbols_free(&externals->prefixes);
}

const char *
external_top(const char *path)
{
	return intern(path, strcspn(path, "."));
}

bool
external_is_package(const struct externals *externals, const char *top)
{
	return symbols_get(&externals->packages, top) != NULL;
}

bool
external_matters(const struct externals *externals, const char *path)
{
	return strncmp(path, "torch.ops.", 10) == 0 ||
	    symbols_get(&externals->known, path) != NULL ||
	    external_is_package(externals, external_top(path));
}

bool
external_may_lead(const struct externals *externals, const char *path)
{
	return external_matters(externals, path) ||
	    symbols_get(&externals->prefixes, path) != NULL;
}

enum external_call
external_call(const struct externals *externals, const char *path)
{
	const struct known *known = symbols_get(&externals->known, path);

	return known == NULL ? EXTERNAL_NOTHING : known->call;
}

bool
external_is_deep(const char *path)
{
	int dots = 0;

	for (; *path != '\0'; path++)
		dots += *path == '.';
	return dots > DEEPEST;
}
