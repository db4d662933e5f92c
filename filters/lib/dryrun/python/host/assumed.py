# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for packages that nobody has described: whatever is asked of one is there, can be
called, subclassed, entered, used as a decorator; it has no items. Which were met is noted."""
import importlib.machinery
import sys
import types

STDLIB = sys.path[0] + "/"  # as the host has set it

met = {}  # package -> names that were asked of it, in order, as a dict


def note(name):
    package, _, rest = name.partition(".")
    met.setdefault(package, {}).setdefault(rest)


class AssumedBase:
    """What a class gets that is derived from something of an assumed package."""

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__()

    def __init__(self, *arguments, **named):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Assumed(type(self).__name__ + "." + name)


class AssumedError(Exception):
    pass


class Assumed:
    def __init__(self, name):
        self.__dict__["__name__"] = self.__dict__["__qualname__"] = name
        self.__dict__["__module__"] = name.rpartition(".")[0]

    def __getattr__(self, name):
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        return attribute(self.__name__, name)

    def __call__(self, *arguments, **named):
        # As a decorator it leaves what it is given alone.
        if len(arguments) == 1 and not named and \
                isinstance(arguments[0], (types.FunctionType, type)):
            return arguments[0]
        return Assumed(self.__name__ + "()")

    def __mro_entries__(self, bases):
        return () if any(isinstance(base, type) for base in bases) else (AssumedBase,)

    def __instancecheck__(self, value):
        return False

    def __subclasscheck__(self, value):
        return False

    def __enter__(self):
        return self

    def __exit__(self, *why):
        return None

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __int__(self):
        return 0

    def __index__(self):
        return 0

    def __float__(self):
        return 0.0

    def __contains__(self, value):
        return False

    def __getitem__(self, key):
        return Assumed(self.__name__ + "[]")

    def __setitem__(self, key, value):
        pass

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return hash(self.__name__)

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __repr__(self):
        return "<assumed " + self.__name__ + ">"

    def __lt__(self, other):
        return False

    __gt__ = __le__ = __ge__ = __lt__


def same(self, *others):
    return self


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "xor", "lshift",
              "rshift", "matmul"):
    setattr(Assumed, f"__{_name}__", same)
    setattr(Assumed, f"__r{_name}__", same)
for _name in ("neg", "pos", "invert", "abs"):
    setattr(Assumed, f"__{_name}__", same)


def attribute(package, name):
    full = f"{package}.{name}"
    note(full)
    if name == "__version__":
        return "0.0.0"
    if name.endswith(("Error", "Exception", "Warning")):
        return type(name, (AssumedError,), {"__module__": package})
    return Assumed(full)


class AssumedModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        value = attribute(self.__name__, name)
        self.__dict__[name] = value
        return value


def asked_by_stdlib():
    """Whether it is the standard library that imports; it knows what to do without."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith((STDLIB, "<frozen "))


class AssumedFinder:
    """The last finder: any package is there that is neither `absent` nor one of `own`, of which
    a part that no other finder has does not exist."""

    def __init__(self, own=()):
        self.absent, self.own = set(), set(own)

    def find_spec(self, fullname, path=None, target=None):
        package = fullname.partition(".")[0]
        if package in self.own or package in sys.stdlib_module_names:
            return None
        if asked_by_stdlib():
            return None
        parts = fullname.split(".")
        if any(".".join(parts[:i]) in self.absent for i in range(1, len(parts) + 1)):
            return None
        note(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return AssumedModule(spec.name)

    def exec_module(self, module):
        pass
