# SPDX-License-Identifier: Apache-2.0
"""transformers, as far as configurations: classes and defaults come from data/transformers-VERSION.json."""
import sys
import types as _types

from launches.facts import FACTS
from launches.permissive import undescribed

from . import _classes
from .configuration_utils import PretrainedConfig, PreTrainedConfig

__version__ = _classes.DATA["version"]
from .models.auto.configuration_auto import CONFIG_MAPPING, AutoConfig   # noqa: E402
from . import utils   # noqa: E402


class GenerationConfig:
    def __init__(self, **k): self.__dict__.update(k)

    @classmethod
    def from_pretrained(cls, *a, **k): raise OSError("no generation_config.json in a dry run")

    @classmethod
    def from_model_config(cls, *a, **k): return cls()

    def to_diff_dict(self): return dict(self.__dict__)
    to_dict = to_diff_dict


class _Registry(dict):
    """A mapping that packages register into."""
    _extra_content = {}

    def register(self, *a, **k): return None


class _Auto:
    @classmethod
    def register(cls, *a, **k): return None

    @classmethod
    def from_pretrained(cls, *a, **k): raise OSError("no files but config.json are read in a dry run")

    @classmethod
    def from_config(cls, *a, **k): raise ValueError("sglang has no class of its own for this model and would run that of transformers, which a dry run has not")


class AutoTokenizer(_Auto): pass
class AutoProcessor(_Auto): pass
class AutoImageProcessor(_Auto): pass
class AutoFeatureExtractor(_Auto): pass
class AutoVideoProcessor(_Auto): pass


class _Models:
    """Class of a configuration -> that of the model, of which only the name is here."""

    def __init__(self, names): self.names = names
    def keys(self): return [c for k in self.names() for c in [CONFIG_MAPPING.get(k)] if c is not None]

    def get(self, config, default=None):
        name = self.names().get(config.model_type)
        return type(name, (), {}) if name else default


class AutoModel(_Auto):
    _model_mapping = _Models(lambda: {k: v.removesuffix("Config") + "Model" for k, v in _classes.DATA["types"].items()})


class AutoModelForCausalLM(_Auto):
    _model_mapping = _Models(lambda: _classes.DATA["causal_lm"])


class AutoModelForVision2Seq(_Auto): pass
class AutoModelForImageTextToText(_Auto): pass


TOKENIZER_MAPPING = _Registry()


def _model_class():
    """Models of the tree may descend from it: a module that holds its configuration."""
    from torch import nn

    class PreTrainedModel(nn.Module):
        config_class = base_model_prefix = None

        def __init__(self, config=None, *a, **k):
            super().__init__()
            self.config = config

        def post_init(self): return None
        def tie_weights(self, *a, **k): return None
        def init_weights(self): return None

        @property
        def dtype(self): return next(self.parameters()).dtype

        @property
        def device(self): return next(self.parameters()).device
    return PreTrainedModel


def __getattr__(name):
    if name in ("PreTrainedModel", "PretrainedModel"):
        globals()["PreTrainedModel"] = globals()["PretrainedModel"] = _model_class()
        return globals()[name]
    if name == "ROPE_INIT_FUNCTIONS":
        from .modeling_rope_utils import ROPE_INIT_FUNCTIONS
        return ROPE_INIT_FUNCTIONS
    cls = _classes.config_class(name)
    if cls is not None:
        return cls
    if name.startswith("__"):
        raise AttributeError(name)
    if name.endswith("Config") and name[0].isupper():
        raise AttributeError("module 'transformers' has no attribute '%s'" % name)
    return undescribed("transformers", name)
