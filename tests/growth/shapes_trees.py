# SPDX-License-Identifier: Apache-2.0
"""Python packages of a size: each shape is a function of a number that gives files by name. The
model is Demo in demo.py; its kernels come from fastlib."""
import os

HEAD = "from fastlib import gemm\n\n\n"
DEMO = "class Demo:\n    def forward(self, x):\n        %s\n\n\nEntryClass = Demo\n"


def one_file(text, call):
    return {"demo.py": HEAD + text + DEMO % call}


def inheritance(n):
    """Classes that inherit one from the other."""
    text = "class C0:\n    def run(self, x):\n        return gemm(x)\n"
    text += "".join("class C%d(C%d):\n    pass\n" % (i, i - 1) for i in range(1, n))
    return one_file(text, "return C%d().run(x)" % (n - 1))


def diamonds(n):
    """Classes with two bases that have one base."""
    text = "class C0:\n    def run(self, x):\n        return gemm(x)\n"
    for i in range(1, n):
        text += "class L%d(C%d):\n    pass\nclass R%d(C%d):\n    pass\nclass C%d(L%d, R%d):\n    pass\n" % (
            i, i - 1, i, i - 1, i, i, i)
    return one_file(text, "return C%d().run(x)" % (n - 1))


def stars(n):
    """Modules that import all names of the next, in a circle."""
    files = {"m%d.py" % i: "from m%d import *\n" % ((i + 1) % n) for i in range(n)}
    files["m0.py"] += HEAD + "def go(x):\n    return gemm(x)\n"
    files["demo.py"] = "from m1 import *\n\n\n" + DEMO % "return go(x)"
    return files


def modules(n):
    """Modules with a function each, all called."""
    files = {"m%d.py" % i: HEAD + "def f%d(x):\n    return gemm(x)\n" % i for i in range(n)}
    files["demo.py"] = "".join("from m%d import f%d\n" % (i, i) for i in range(n)) + \
        DEMO % "; ".join("f%d(x)" % i for i in range(n))
    return files


def calls(n):
    """Functions that call the next."""
    text = "".join("def f%d(x):\n    return f%d(x)\n\n\n" % (i, i + 1) for i in range(n))
    return one_file(text + "def f%d(x):\n    return gemm(x)\n\n\n" % n, "return f0(x)")


def ladder(n):
    """Functions that call the next two: ways without number."""
    text = "".join("def f%d(x):\n    f%d(x)\n    f%d(x)\n\n\n" % (i, i + 1, i + 2) for i in range(n))
    return one_file(text + "def f%d(x):\n    gemm(x)\n\n\ndef f%d(x):\n    gemm(x)\n\n\n" % (n, n + 1),
                    "return f0(x)")


def sites(n):
    """One function that calls the kernel again and again."""
    return one_file("def go(x):\n" + "    gemm(x)\n" * n + "\n\n", "return go(x)")


def kernels(n):
    """Kernels without end, each called once."""
    text = "".join("from fastlib import k%d\n" % i for i in range(n))
    return one_file(text, "; ".join("k%d(x)" % i for i in range(n)))


def methods(n):
    """A class with many methods, of which each calls the next."""
    text = "class Many:\n" + "".join(
        "    def m%d(self, x):\n        return self.m%d(x)\n" % (i, i + 1) for i in range(n))
    return one_file(text + "    def m%d(self, x):\n        return gemm(x)\n\n\n" % n,
                    "return Many().m0(x)")


def fields(n):
    """An object with many fields that hold functions."""
    text = "def go(x):\n    return gemm(x)\n\n\nclass Many:\n    def __init__(self):\n" + "".join(
        "        self.a%d = go\n" % i for i in range(n))
    return one_file(text + "\n\n", "return Many().a%d(x)" % (n - 1))


def aliases(n):
    """Names for names."""
    text = "def go(x):\n    return gemm(x)\n\n\na0 = go\n" + "".join(
        "a%d = a%d\n" % (i, i - 1) for i in range(1, n))
    return one_file(text + "\n\n", "return a%d(x)" % (n - 1))


def table(n):
    """A dictionary of functions."""
    text = "".join("def f%d(x):\n    return gemm(x)\n" % i for i in range(n))
    text += "TABLE = {%s}\n\n\n" % ", ".join('"f%d": f%d' % (i, i) for i in range(n))
    return one_file(text, "return TABLE[x](x)")


def lists(n):
    """Lists that reach one variable."""
    text = "def go(x):\n    return gemm(x)\n\n\n" + "".join("l%d = [go]\n" % i for i in range(n))
    text += "def pick(i):\n" + "".join("    if i == %d:\n        chosen = l%d\n" % (i, i)
                                       for i in range(n)) + "    return chosen\n\n\n"
    return one_file(text, "return pick(x)[0](x)")


def subclasses(n):
    """Many classes with one base, all made."""
    text = "class Base:\n    def run(self, x):\n        pass\n" + "".join(
        "class S%d(Base):\n    def run(self, x):\n        return gemm(x)\n" % i for i in range(n))
    text += "ALL = [%s]\n\n\n" % ", ".join("S%d()" % i for i in range(n))
    return one_file(text, "return [s.run(x) for s in ALL]")


def decorators(n):
    """Functions with decorators."""
    text = "def wrap(f):\n    return f\n\n\n" + "".join(
        "@wrap\ndef f%d(x):\n    return gemm(x)\n" % i for i in range(n))
    return one_file(text + "\n\n", "; ".join("f%d(x)" % i for i in range(n)))


def nesting(n):
    """Expressions nested fifty deep."""
    return one_file("".join("v%d = %s1%s\n" % (i, "(" * 50, ",)" * 50) for i in range(n)) +
                    "\n\n", "return gemm(x)")


def texts(n):
    """Long strings and comments."""
    return one_file("".join('s%d = """%s"""  # %s\n' % (i, "word " * 20, "note " * 10)
                            for i in range(n)) + "\n\n", "return gemm(x)")


SHAPES = [inheritance, diamonds, stars, modules, calls, ladder, sites, kernels, methods, fields,
          aliases, table, lists, subclasses, decorators, nesting, texts]


def write(shape, n, folder):
    os.makedirs(folder)
    for name, text in shape(n).items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
