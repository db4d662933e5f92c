# SPDX-License-Identifier: Apache-2.0
"""The base class of configurations."""
import copy
import json
import os
import types

from launches.permissive import undescribed

NEW = None                # are rope parameters one attribute? From release 5 on.


def new_style():
    global NEW
    if NEW is None:
        from . import _classes
        NEW = int(_classes.DATA["version"].split(".")[0]) >= 5
    return NEW


def as_dtype(v):
    if isinstance(v, str):
        import torch
        return getattr(torch, v.removeprefix("torch."), v)
    return v


class PretrainedConfig:
    model_type = ""
    base_config_key = ""
    sub_configs = {}
    has_no_defaults_at_init = False
    attribute_map = {}
    is_composition = False
    base_model_tp_plan = base_model_pp_plan = None
    keys_to_ignore_at_inference = ()
    _auto_class = None
    __class_validators__ = ()

    def __init_subclass__(cls, **k):
        pass

    def __setattr__(self, name, value):
        mapped = type(self).attribute_map
        if mapped and name in mapped:
            name = mapped[name]
        object.__setattr__(self, name, value)

    def __getattribute__(self, name):
        if name != "attribute_map" and name[:2] != "__":
            mapped = object.__getattribute__(self, "attribute_map")
            if mapped and name in mapped:
                name = mapped[name]
        return object.__getattribute__(self, name)

    def __init__(self, **given):
        from . import _classes
        for k, v in _classes.DATA["base"].items():
            if k not in self.__dict__ and not isinstance(getattr(type(self), k, None), property):
                object.__setattr__(self, k, copy.copy(v))
        dtype = given.pop("torch_dtype", None)
        dtype = given.pop("dtype", None) or dtype
        self.dtype = as_dtype(dtype)
        n = given.pop("num_labels", None)
        labels = given.pop("id2label", None)
        self.id2label = {int(k): v for k, v in labels.items()} if labels else {i: "LABEL_%d" % i for i in range(n or 2)}
        self.label2id = given.pop("label2id", None) or {v: k for k, v in self.id2label.items()}
        self._name_or_path = str(given.pop("name_or_path", ""))
        self._commit_hash = given.pop("_commit_hash", None)
        self._attn_implementation_internal = given.pop("attn_implementation", None)
        self.transformers_version = given.pop("transformers_version", None)
        own = "rope_theta" in self.__dict__                 # a class of its own keeps what it holds under this name
        for k, v in given.items():
            try:
                setattr(self, k, v)
            except AttributeError:
                pass
        self._standardize_rope(own)

    def _standardize_rope(self, own=False):
        d = self.__dict__
        for k in ("rope_scaling", "rope_parameters"):
            r = d.get(k)
            if isinstance(r, dict) and "rope_type" not in r and "type" in r:
                r["rope_type"] = r["type"]
        if not new_style():
            return
        scaling = d.pop("rope_scaling", None)
        held = d.get("rope_parameters")
        theta = d.get("rope_theta")
        if scaling:
            held = {**(held or {}), **scaling}
            if theta is None and "rope_theta" not in held and getattr(type(self), "default_theta", None):
                theta = type(self).default_theta
        if held is None and theta is not None:
            held = {"rope_type": "default"}
        if isinstance(held, dict):
            nested = any(isinstance(v, dict) for v in held.values())
            if not nested:
                held = dict(held)
                held.setdefault("rope_type", held.get("type", "default"))
                if theta is not None:
                    held["rope_theta"] = theta
                if d.get("partial_rotary_factor") is not None:
                    held["partial_rotary_factor"] = d["partial_rotary_factor"]
            d["rope_parameters"] = held
        if not own:
            d.pop("rope_theta", None)

    def convert_rope_params_to_dict(self, *a, **k):
        self._standardize_rope()
        return k

    standardize_rope_params = validate_rope = lambda self, *a, **k: None

    @property
    def rope_scaling(self):
        if "rope_scaling" in self.__dict__:
            return self.__dict__["rope_scaling"]
        if new_style() and "rope_parameters" in self.__dict__:
            return self.__dict__["rope_parameters"]
        raise AttributeError("'%s' object has no attribute 'rope_scaling'" % type(self).__name__)

    @rope_scaling.setter
    def rope_scaling(self, v):
        self.__dict__["rope_scaling"] = v

    @property
    def torch_dtype(self):
        return self.dtype

    @torch_dtype.setter
    def torch_dtype(self, v):
        self.dtype = as_dtype(v)

    @property
    def is_heterogeneous(self): return "_heterogeneity_spec" in self.__dict__

    @property
    def per_layer_config(self):
        own = self._heterogeneity_spec.per_layer_overrides
        return [types.SimpleNamespace(**{**self.__dict__, **own.get(i, {})}) for i in range(self.num_hidden_layers)]

    @per_layer_config.setter
    def per_layer_config(self, layers):
        if layers is None:
            self.__dict__.pop("_heterogeneity_spec", None)

    @property
    def num_labels(self): return len(self.id2label)

    @num_labels.setter
    def num_labels(self, n): self.id2label = {i: "LABEL_%d" % i for i in range(n)}

    @property
    def name_or_path(self): return self._name_or_path

    @property
    def _attn_implementation(self): return self._attn_implementation_internal

    @_attn_implementation.setter
    def _attn_implementation(self, v): self._attn_implementation_internal = v

    @property
    def use_return_dict(self): return True

    @property
    def output_attentions(self): return self.__dict__.get("_output_attentions", False)

    @output_attentions.setter
    def output_attentions(self, v): self.__dict__["_output_attentions"] = v

    # ------------------------------------------------------------ files and dictionaries
    @classmethod
    def get_config_dict(cls, path, **k):
        file = path if os.path.isfile(path) else os.path.join(path, "config.json")
        try:
            with open(file, encoding="utf-8") as f:
                return json.load(f), k
        except FileNotFoundError:
            raise OSError("no config.json at %s" % path)

    _get_config_dict = get_config_dict

    @classmethod
    def from_pretrained(cls, path, **k):
        d, _ = cls.get_config_dict(path)
        return cls.from_dict(d, **{n: v for n, v in k.items() if n in ("architectures",)})

    @classmethod
    def from_dict(cls, d, **k):
        d = {n: v for n, v in copy.deepcopy(d).items() if n != "model_type" or not cls.model_type}
        config = cls(**{**d, **k})
        return (config, {}) if k.pop("return_unused_kwargs", False) else config

    @classmethod
    def from_json_file(cls, path):
        with open(path, encoding="utf-8") as f:
            return cls(**json.load(f))

    def to_dict(self):
        out = {"model_type": type(self).model_type}
        for n, v in self.__dict__.items():
            if n.startswith("_"):
                continue
            out[n] = v.to_dict() if isinstance(v, PretrainedConfig) else copy.copy(v)
        return out

    to_diff_dict = to_dict

    def to_json_string(self, use_diff=True): return json.dumps(self.to_dict(), default=str)

    def update(self, d):
        for k, v in d.items():
            setattr(self, k, v)

    def get_text_config(self, decoder=None, encoder=None):
        names = ("decoder", "generator", "text_config") if decoder or decoder is None else ()
        names += ("text_encoder",) if encoder else ()
        for n in names:
            v = self.__dict__.get(n)
            if isinstance(v, PretrainedConfig):
                return v
        return self

    @classmethod
    def register_for_auto_class(cls, *a): return None

    def __eq__(self, o): return type(o) is type(self) and self.__dict__ == o.__dict__
    def __hash__(self): return id(self)
    def __repr__(self): return type(self).__name__ + " " + self.to_json_string()
    def __iter__(self): return iter(self.__dict__)

    def __deepcopy__(self, memo):
        new = object.__new__(type(self))
        memo[id(self)] = new
        for k, v in self.__dict__.items():
            new.__dict__[k] = copy.deepcopy(v, memo)
        return new


PreTrainedConfig = PretrainedConfig


def layer_type_validation(layer_types, num_hidden_layers=None, attention=True): return None


def __getattr__(name):
    return undescribed("transformers.configuration_utils", name)
