# SPDX-License-Identifier: Apache-2.0
import logging as _logging
import os
import types

from launches.permissive import undescribed

logging = types.SimpleNamespace(get_logger=_logging.getLogger, set_verbosity_error=lambda: None, set_verbosity=lambda *a: None,
                                set_verbosity_warning=lambda: None, disable_progress_bar=lambda: None)
_logging.Logger.warning_once = _logging.Logger.info_once = lambda self, *a, **k: None
SAFE_WEIGHTS_INDEX_NAME, WEIGHTS_NAME, SAFE_WEIGHTS_NAME, CONFIG_NAME = "model.safetensors.index.json", "pytorch_model.bin", "model.safetensors", "config.json"


def cached_file(path, filename, *a, _raise_exceptions_for_missing_entries=True, **k):
    """A file of the model's folder, which holds config.json alone."""
    found = os.path.join(str(path), filename)
    if os.path.isfile(found):
        return found
    if _raise_exceptions_for_missing_entries:
        raise OSError("%s does not appear to have a file named %s." % (path, filename))


def is_torch_available(): return True
def is_vision_available(): return True
def is_flash_attn_2_available(*a): return False
def is_remote_url(x): return False
is_torch_npu_available = is_torch_xpu_available = is_flash_attn_greater_or_equal_2_10 = is_flash_attn_greater_or_equal = is_flash_attn_2_available
def add_start_docstrings(*a, **k): return lambda f: f


add_start_docstrings_to_model_forward = replace_return_docstrings = add_code_sample_docstrings = add_start_docstrings


def __getattr__(name):
    return undescribed("transformers.utils", name)
