# SPDX-License-Identifier: Apache-2.0
"""Versions and their order: release numbers, then dev < a < b < rc < (none) < post."""
import re


class InvalidVersion(ValueError):
    pass


RANK = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "c": -1, "rc": -1, "pre": -1, "preview": -1, "": 0, "post": 1, "rev": 1, "r": 1}


class Version:
    def __init__(self, text):
        text = str(text)
        m = re.match(r"\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)((?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|post|rev|r|dev)[-_.]?\d*)*)(?:\+([\w.\-]+))?\s*$",
                     text, re.I)
        if not m:
            raise InvalidVersion("Invalid version: '%s'" % text)
        self._text = text
        self.release = tuple(int(x) for x in m[2].split("."))
        tail = re.findall(r"([a-z]+)[-_.]?(\d*)", m[3].lower())
        self._tail = [(RANK[n], int(d or 0)) for n, d in tail]
        self.local = m[4]
        self.is_prerelease = any(r < 0 for r, _ in self._tail)
        self.is_postrelease = any(r == 1 for r, _ in self._tail)
        self.is_devrelease = any(r == -4 for r, _ in self._tail)
        release = list(self.release)
        while len(release) > 1 and release[-1] == 0:
            release.pop()
        self._key = (release, [*self._tail, (0, 0)], self.local or "")

    major = property(lambda s: s.release[0])
    minor = property(lambda s: s.release[1] if len(s.release) > 1 else 0)
    micro = property(lambda s: s.release[2] if len(s.release) > 2 else 0)
    base_version = property(lambda s: ".".join(map(str, s.release)))
    public = property(lambda s: s._text.partition("+")[0])

    def __str__(self): return self._text
    def __repr__(self): return "<Version('%s')>" % self._text
    def __hash__(self): return hash(str(self._key))
    def __eq__(self, o): return isinstance(o, Version) and self._key == o._key
    def __lt__(self, o): return self._key < o._key
    def __le__(self, o): return self._key <= o._key
    def __gt__(self, o): return self._key > o._key
    def __ge__(self, o): return self._key >= o._key


def parse(text):
    return Version(text)
