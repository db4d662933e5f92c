# SPDX-License-Identifier: Apache-2.0
__path__ = __path__
