# SPDX-License-Identifier: Apache-2.0
"""msgspec.Struct, as far as objects are made."""
import copy
import dataclasses
import sys
import types

from launches.permissive import undescribed

MISSING = dataclasses.MISSING


class UnsetType:
    def __bool__(self): return False


UNSET = UnsetType()
NODEFAULT = MISSING


class FieldOf:
    def __init__(self, default=MISSING, default_factory=MISSING, name=None):
        self.default, self.default_factory = default, default_factory


def field(*, default=MISSING, default_factory=MISSING, name=None):
    return FieldOf(default, default_factory, name)


class StructMeta(type):
    def __new__(meta, name, bases, space, **options):
        own = [n for n, a in space.get("__annotations__", {}).items() if "ClassVar" not in str(a)]
        defaults = {n: space.pop(n) for n in own if n in space and not isinstance(space[n], (property, types.FunctionType))}
        cls = super().__new__(meta, name, bases, space)
        all_fields, all_defaults = [], {}
        for b in reversed(cls.__mro__[1:]):
            for n in b.__dict__.get("_own", ()):
                if n not in all_fields:
                    all_fields.append(n)
            all_defaults.update(b.__dict__.get("_own_defaults", {}))
        cls._own, cls._own_defaults = own, defaults
        for n in own:
            if n not in all_fields:
                all_fields.append(n)
        all_defaults.update(defaults)
        cls.__struct_fields__, cls._defaults = tuple(all_fields), all_defaults
        cls.__struct_config__ = types.SimpleNamespace(tag=options.get("tag"), frozen=options.get("frozen", False), kw_only=options.get("kw_only", False))
        cls.__match_args__ = cls.__struct_fields__
        return cls

    def __init__(cls, name, bases, space, **options):
        super().__init__(name, bases, space)


class Struct(metaclass=StructMeta):
    def __init__(self, *a, **k):
        names = type(self).__struct_fields__
        d = dict(zip(names, a))
        d.update(k)
        defaults = type(self)._defaults
        for n in names:
            if n in d:
                setattr(self, n, d.pop(n))
                continue
            v = defaults.get(n, MISSING)
            if isinstance(v, FieldOf):
                v = v.default_factory() if v.default_factory is not MISSING else v.default
            elif type(v) in (list, dict, set):
                v = copy.copy(v)
            if v is MISSING:
                raise TypeError("Missing required argument '%s'" % n)
            setattr(self, n, v)
        if d:
            raise TypeError("Unexpected keyword argument '%s'" % next(iter(d)))
        post = getattr(self, "__post_init__", None)
        if post is not None:
            post()

    def __eq__(self, o): return type(o) is type(self) and all(getattr(self, n) == getattr(o, n) for n in self.__struct_fields__)
    def __hash__(self): return id(self)

    def __copy__(self):
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % (n, getattr(self, n, None)) for n in self.__struct_fields__))


class structs:
    @staticmethod
    def replace(s, **k):
        new = copy.copy(s)
        for n, v in k.items():
            object.__setattr__(new, n, v)
        return new

    @staticmethod
    def asdict(s): return {n: getattr(s, n) for n in s.__struct_fields__}

    @staticmethod
    def fields(s):
        cls = s if isinstance(s, type) else type(s)
        out = []
        for n in cls.__struct_fields__:
            v, factory = cls._defaults.get(n, MISSING), MISSING
            if isinstance(v, FieldOf):
                v, factory = v.default, v.default_factory
            elif type(v) in (list, dict, set):
                v, factory = MISSING, type(v)
            out.append(types.SimpleNamespace(name=n, encode_name=n, type=None, default=v, default_factory=factory,
                                             required=v is MISSING and factory is MISSING))
        return tuple(out)

    @staticmethod
    def force_setattr(s, n, v): object.__setattr__(s, n, v)

    @staticmethod
    def astuple(s): return tuple(getattr(s, n) for n in s.__struct_fields__)


sys.modules["msgspec.structs"] = structs
__path__ = []


def defstruct(name, fields, *, bases=None, namespace=None, module=None, **options):
    space = dict(namespace or {})
    notes = dict(space.get("__annotations__", {}))
    for f in fields:
        f = (f,) if isinstance(f, str) else f
        notes[f[0]] = f[1] if len(f) > 1 else object
        if len(f) > 2:
            space[f[0]] = f[2]
    space["__annotations__"] = notes
    if module:
        space["__module__"] = module
    return StructMeta(name, bases or (Struct,), space, **options)


class Meta:
    def __init__(self, **k): pass


class Raw(bytes):
    pass


def convert(x, type=None, **k): return x
def to_builtins(x, **k): return x


class ValidationError(ValueError):
    pass


def __getattr__(name):
    return undescribed("msgspec", name)
