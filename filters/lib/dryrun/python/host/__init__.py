# SPDX-License-Identifier: Apache-2.0
"""What runs a tree's Python in the confined interpreter."""
