# SPDX-License-Identifier: Apache-2.0
"""Where imports come from: the tree, our stand-ins, installed packages, and in the end a
stand-in that permits everything."""
import importlib.machinery
import importlib.util
import os
import sys

import _imp
import _warpipe

MARK = "<warpipe>/"  # in front of the name of a file of ours

# Of our packages, those that take the place of an installed one, too: they carry the shapes.
ALWAYS_OURS = {"torch", "triton"}


class Coded(importlib.machinery.SourceFileLoader):
    """Takes compiled code from the caller, not from __pycache__; `way` as in code.h."""
    way = "T"

    def get_code(self, fullname):
        try:
            code, count, rows = _warpipe.code(self.way + self.path)
        except SyntaxError as error:
            raise SyntaxError(f"{self.path}: {error}") from None
        _imp._fix_co_filename(code, self.path)
        self.count, self.rows = count, rows
        return code

    def exec_module(self, module):
        code = self.get_code(module.__name__)
        if self.count:
            module.__dict__["__tests__"] = _warpipe.Tests(self.count)
        exec(code, module.__dict__)


class OfSite(Coded):
    way = "P"


class Embedded(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        code = _warpipe.code("E" + self.path)[0]
        _imp._fix_co_filename(code, MARK + self.path)
        return code

    def get_data(self, path):
        return _warpipe.read_embedded(path.removeprefix(MARK))

    def get_filename(self, fullname):
        return MARK + self.path

    def exec_module(self, module):
        exec(self.get_code(module.__name__), module.__dict__)


class EmbeddedFinder:
    """Our own packages, and the stand-ins."""

    def __init__(self, only=None):
        self.paths = {}
        for path in _warpipe.list_embedded():
            if not path.endswith(".py"):
                continue
            name = path[:-3].removeprefix("standins/").replace("/", ".")
            package = name.endswith(".__init__")
            name = name.removesuffix(".__init__")
            if only is None or name.partition(".")[0] in only:
                self.paths[name] = path, package
        for name in list(self.paths):  # a folder without __init__.py is a package, too
            while "." in name:
                name = name.rpartition(".")[0]
                self.paths.setdefault(name, (None, True))

    def find_spec(self, fullname, path=None, target=None):
        path, package = self.paths.get(fullname, (None, None))
        if package is None:
            return None
        if path is None:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            return spec
        spec = importlib.machinery.ModuleSpec(fullname, Embedded(fullname, path),
                                              origin=MARK + path, is_package=package)
        if package:
            spec.submodule_search_locations = [MARK + path.rpartition("/")[0]]
        spec.has_location = True
        return spec


class FolderFinder:
    """Packages of folders; extension modules only from installed packages."""

    def __init__(self, folders, loaders):
        self.folders, self.loaders, self.finders = folders, loaders, {}

    def finder(self, folder):
        found = self.finders.get(folder)
        if found is None:
            found = self.finders[folder] = importlib.machinery.FileFinder(folder, *self.loaders)
        return found

    def find_spec(self, fullname, path=None, target=None):
        namespace = []
        for folder in self.folders if path is None else path:
            if path is not None and not any(
                    folder == own or folder.startswith(own + "/") for own in self.folders):
                continue
            spec = self.finder(folder).find_spec(fullname)
            if spec is None:
                continue
            if spec.loader is not None:
                return spec
            namespace.extend(spec.submodule_search_locations or ())
        if path is None or not namespace:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = namespace
        return spec


class PackageFinder(FolderFinder):
    """One package by itself: the folder that holds it may not be listed."""

    def __init__(self, root, loaders):
        super().__init__([root], loaders)
        self.root = root

    def find_spec(self, fullname, path=None, target=None):
        if path is not None:
            return super().find_spec(fullname, path, target)
        if fullname != os.path.basename(self.root):
            return None
        place = os.path.join(self.root, "__init__.py")
        return importlib.util.spec_from_file_location(
            fullname, place, loader=Coded(fullname, place),
            submodule_search_locations=[self.root])


def tree_finder(root):
    """The finder of a checkout with python/, of a folder of packages, or of a package."""
    loaders = [(Coded, [".py"])]
    if os.path.isfile(os.path.join(root, "__init__.py")):
        return PackageFinder(root, loaders)
    python = os.path.join(root, "python")
    return FolderFinder([python if os.path.isdir(python) else root], loaders)


def packages_of(root):
    """The names of the packages that a tree brings: parts of them that are not there are not
    assumed."""
    if os.path.isfile(os.path.join(root, "__init__.py")):
        return {os.path.basename(root)}
    python = os.path.join(root, "python")
    folder = python if os.path.isdir(python) else root
    return {name.removesuffix(".py") for name in os.listdir(folder)
            if name.endswith(".py") or os.path.isfile(os.path.join(folder, name, "__init__.py"))}


def site_finder(site):
    return FolderFinder([site], [
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (OfSite, [".py"])])
