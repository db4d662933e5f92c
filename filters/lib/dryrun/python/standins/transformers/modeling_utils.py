# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed


def __getattr__(name):
    if name == "PreTrainedModel":
        import transformers
        return transformers.PreTrainedModel
    return undescribed("transformers.modeling_utils", name)
