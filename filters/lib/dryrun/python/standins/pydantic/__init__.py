# SPDX-License-Identifier: Apache-2.0
"""pydantic, as far as classes are declared and filled: no value is checked."""
import copy
import sys

from launches.permissive import undescribed

MISSING = object()
__version__ = VERSION = "2.12.0"


class FieldInfo:
    def __init__(self, default=MISSING, default_factory=None, **k):
        self.default, self.default_factory, self.extra = default, default_factory, k
        self.annotation = None

    def is_required(self): return self.default in (MISSING, ...) and self.default_factory is None


def Field(default=MISSING, **k):
    return FieldInfo(default, **k)


def PrivateAttr(default=None, default_factory=None, **k):
    return FieldInfo(default, default_factory)


class Made(type):
    def __new__(meta, name, bases, space, **k):
        fields = {}
        for b in reversed(bases):
            fields.update(getattr(b, "model_fields", {}))
        for n, a in space.get("__annotations__", {}).items():
            if n == "model_config" or "ClassVar" in str(a):
                continue
            v = space.get(n, MISSING)
            fields[n] = v if isinstance(v, FieldInfo) else FieldInfo(v)
            fields[n].annotation = a
            if isinstance(v, FieldInfo):
                del space[n]
        cls = super().__new__(meta, name, bases, space)
        cls.model_fields = cls.__fields__ = fields
        return cls


class BaseModel(metaclass=Made):
    model_config = {}

    def __init__(self, **values):
        for n, f in type(self).model_fields.items():
            if n in values:
                setattr(self, n, values.pop(n))
            elif f.default_factory is not None:
                setattr(self, n, f.default_factory())
            elif f.default is not MISSING and f.default is not ...:
                setattr(self, n, copy.copy(f.default))
            else:
                setattr(self, n, None)
        for n, v in values.items():
            self.__dict__[n] = v
        self.model_post_init(None)

    def model_post_init(self, context): return None
    def __init_subclass__(cls, **k): pass
    def __class_getitem__(cls, i): return cls

    @classmethod
    def model_validate(cls, obj, **k): return obj if isinstance(obj, cls) else cls(**obj)

    parse_obj = model_validate

    @classmethod
    def model_validate_json(cls, text, **k): return cls(**__import__("json").loads(text))

    @classmethod
    def model_rebuild(cls, **k): return None

    @classmethod
    def model_construct(cls, **k): return cls(**k)

    @classmethod
    def model_json_schema(cls, **k): return {}

    def model_dump(self, **k): return dict(self.__dict__)
    dict = model_dump
    def model_dump_json(self, **k): return __import__("json").dumps(self.__dict__, default=str)
    def model_copy(self, update=None, deep=False): return type(self)(**{**self.__dict__, **(update or {})})
    copy = model_copy
    def __eq__(self, o): return type(o) is type(self) and o.__dict__ == self.__dict__
    def __hash__(self): return id(self)


RootModel = BaseModel


def decorator(*a, **k):
    if len(a) == 1 and callable(a[0]) and not k and not isinstance(a[0], str):
        return a[0]
    return lambda f: f


def field_validator(*a, **k): return lambda f: f


model_validator = model_serializer = field_serializer = validator = root_validator = validate_call = computed_field = decorator


def ConfigDict(**k): return k


class ValidationError(ValueError):
    pass


def create_model(name, **k): return Made(name, (BaseModel,), {})


def __getattr__(name):
    return undescribed("pydantic", name)
