# SPDX-License-Identifier: Apache-2.0
from ..module import Module
from ..parameter import Parameter


class ModuleList(Module):
    def __init__(self, modules=None):
        super().__init__()
        for m in modules or ():
            self.append(m)

    def append(self, m):
        self._modules[str(len(self._modules))] = m
        return self

    def extend(self, ms):
        for m in ms:
            self.append(m)
        return self

    __iadd__ = extend

    def insert(self, i, m):
        ms = list(self._modules.values())
        ms.insert(i, m)
        self._modules.clear()
        self.extend(ms)

    def __getitem__(self, i):
        ms = list(self._modules.values())
        return type(self)(ms[i]) if isinstance(i, slice) else ms[i]

    def __setitem__(self, i, m):
        self._modules[str(i if i >= 0 else len(self._modules) + i)] = m

    def __delitem__(self, i):
        ms = list(self._modules.values())
        del ms[i]
        self._modules.clear()
        self.extend(ms)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(list(self._modules.values()))

    def __contains__(self, m):
        return m in self._modules.values()

    def __add__(self, other):
        return type(self)([*self, *other])


class Sequential(ModuleList):
    def __init__(self, *modules):
        Module.__init__(self)
        if len(modules) == 1 and isinstance(modules[0], dict):
            self._modules.update(modules[0])
        else:
            for m in modules:
                self.append(m)

    def __getitem__(self, i):
        ms = list(self._modules.values())
        return Sequential(*ms[i]) if isinstance(i, slice) else ms[i]

    def forward(self, x):
        for m in self._modules.values():
            x = m(x)
        return x


class ModuleDict(Module):
    def __init__(self, modules=None):
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, k): return self._modules[k]
    def __setitem__(self, k, m): self._modules[k] = m
    def __delitem__(self, k): del self._modules[k]
    def __len__(self): return len(self._modules)
    def __iter__(self): return iter(self._modules)
    def __contains__(self, k): return k in self._modules
    def keys(self): return self._modules.keys()
    def values(self): return self._modules.values()
    def items(self): return self._modules.items()
    def update(self, ms): self._modules.update(ms)
    def pop(self, k): return self._modules.pop(k)


class ParameterList(Module):
    def __init__(self, values=None):
        super().__init__()
        for v in values or ():
            self.append(v)

    def append(self, p):
        setattr(self, str(len(self)), p)
        return self

    def __len__(self): return len(self._parameters)
    def __getitem__(self, i): return list(self._parameters.values())[i]
    def __iter__(self): return iter(self._parameters.values())


class ParameterDict(Module):
    def __init__(self, values=None):
        super().__init__()
        for k, v in (values or {}).items():
            self[k] = v

    def __setitem__(self, k, v): self._parameters[k] = v
    def __getitem__(self, k): return self._parameters[k]
    def __contains__(self, k): return k in self._parameters
    def __len__(self): return len(self._parameters)
    def keys(self): return self._parameters.keys()
    def items(self): return self._parameters.items()
