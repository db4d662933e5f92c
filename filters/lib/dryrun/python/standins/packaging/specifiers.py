# SPDX-License-Identifier: Apache-2.0
class SpecifierSet:
    def __init__(self, text=""): self.text = text
    def __contains__(self, v): return True
    def contains(self, v, prereleases=None): return True


Specifier = SpecifierSet
