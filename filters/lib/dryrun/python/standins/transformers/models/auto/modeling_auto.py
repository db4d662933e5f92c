# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

from ..._classes import DATA

MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = DATA["causal_lm"]
MODEL_MAPPING_NAMES = {}


def __getattr__(name):
    if name in ("AutoModel", "AutoModelForCausalLM"):
        import transformers
        made = undescribed("transformers.models.auto.modeling_auto", name)
        return type(name, (), {"_model_mapping": getattr(transformers, name)._model_mapping,
                               "from_config": staticmethod(lambda *a, **k: made.from_config(*a, **k))})
    return undescribed("transformers.models.auto.modeling_auto", name)
