# SPDX-License-Identifier: Apache-2.0
"""Stands for the host's built-in module where a plain python3 runs the driver (tests, development)."""
import json
import os
import sys

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def emit(text):
    sys.__stdout__.write(text + "\n")


def read_embedded(path):
    with open(os.path.join(HERE, path), "rb") as f:
        return f.read()


def list_embedded():
    out = []
    for folder, _, names in os.walk(HERE):
        out += [os.path.relpath(os.path.join(folder, n), HERE) for n in names]
    return out


class Size(int):
    """An int that carries the text of the size it stands for. Plain: it forgets it in arithmetic."""

    def __new__(cls, value, text=None):
        me = int.__new__(cls, value)
        me.text = text
        return me


def take_conditions():
    return []


def conditions_left_out():
    return 0
