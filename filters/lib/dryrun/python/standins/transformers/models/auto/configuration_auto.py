# SPDX-License-Identifier: Apache-2.0
from launches.facts import FACTS
from launches.record import assume

from ..._classes import DATA, config_class
from ...configuration_utils import PretrainedConfig

CONFIG_MAPPING_NAMES = DATA["types"]


class Mapping:
    """Model type -> class; what a package registers comes first."""

    def __init__(self):
        self._extra_content, self._modules = {}, {}

    def __getitem__(self, k):
        if k in self._extra_content:
            return self._extra_content[k]
        cls = config_class(DATA["types"][k])
        if cls is None:
            raise KeyError(k)
        return cls

    def __contains__(self, k): return k in self._extra_content or k in DATA["types"]
    def keys(self): return [*DATA["types"], *self._extra_content]
    def __iter__(self): return iter(self.keys())
    def __len__(self): return len(self.keys())
    def get(self, k, default=None): return self[k] if k in self else default
    def items(self): return [(k, self[k]) for k in self.keys()]
    def values(self): return [self[k] for k in self.keys()]

    def register(self, k, v, exist_ok=False):
        if k in DATA["types"] and not exist_ok:
            raise ValueError("'%s' is already used by a Transformers config, pick another name." % k)
        self._extra_content[k] = v


CONFIG_MAPPING = Mapping()


class GenericConfig(PretrainedConfig):
    """The configuration of a model type that this release does not have: what the file says, and no defaults."""

    def __init__(self, **given):
        for k, v in given.items():
            if isinstance(v, dict) and "hidden_size" in v:
                given[k] = AutoConfig.for_model(**v) if v.get("model_type") in CONFIG_MAPPING else GenericConfig(**v)
        super().__init__(**given)
        self.__dict__["model_type"] = given.get("model_type", "")


class AutoConfig:
    def __init__(self, *a, **k): raise OSError("AutoConfig is not made, from_pretrained is")

    @classmethod
    def for_model(cls, model_type, *a, **k):
        if model_type in CONFIG_MAPPING:
            return CONFIG_MAPPING[model_type](*a, **k)
        raise ValueError("Unrecognized model identifier: %s." % model_type)

    @classmethod
    def from_pretrained(cls, path, trust_remote_code=None, **k):
        d, _ = PretrainedConfig.get_config_dict(str(path))
        kind = d.get("model_type")
        # The class that comes with the model goes before that of transformers, and after one that was registered.
        brought = trust_remote_code and "AutoConfig" in (d.get("auto_map") or {}) and kind not in CONFIG_MAPPING._extra_content
        if kind in CONFIG_MAPPING and not brought:
            config = CONFIG_MAPPING[kind].from_dict(d)
        elif FACTS.generic_configs or (trust_remote_code and "auto_map" in d):
            why = "the class that comes with the model" if brought else "transformers %s has no such model type" % DATA["version"]
            assume("configuration " + str(kind), why + "; the file's own values are taken")
            config = GenericConfig(**d)
        else:
            raise ValueError("The checkpoint you are trying to load has model type `%s` but Transformers does not recognize this architecture." % kind)
        config._name_or_path = str(path)
        return config

    @classmethod
    def register(cls, model_type, config, exist_ok=False):
        CONFIG_MAPPING.register(model_type, config, exist_ok)


def __getattr__(name):
    from launches.permissive import undescribed
    return undescribed("transformers.models.auto.configuration_auto", name)
