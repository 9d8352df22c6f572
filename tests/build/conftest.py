# SPDX-License-Identifier: MIT
"""What the build's tests share: a copy of the tree that may be edited, and make."""
import os
import shutil
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("bsp", "configs", "core", "drivers", "dts", "include", "scripts", "tests", "user")
FILES = ("Kconfig", "Makefile")


class Tree:
    """A source tree and its output folder."""

    def __init__(self, path, output):
        self.path = str(path)
        self.output = str(output)

    def make(self, *goals, ok=True, env=None, cwd=None, **variables):
        """Runs make; returns what it said. O= and -j2 are given unless output is None."""
        words = [f"{name}={value}" for name, value in variables.items()]
        if "O" not in variables:
            words.append(f"O={self.output}")
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O", "ARCH", "CC",
                                       "RESULTS", "MEM", "SMP", "FIRMWARE", "APPEND", "BOARD")}
        environment.update(env or {})
        done = subprocess.run(["make", "-j2", *goals, *words], cwd=cwd or self.path,
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        if ok is not None:
            assert (done.returncode == 0) == ok, f"make {' '.join(goals)}:\n{done.stdout[-3000:]}"
        return done.stdout

    def read(self, path):
        """A file's text; below the output folder when it starts with $O/."""
        with open(self.where(path), encoding="utf-8") as file:
            return file.read()

    def write(self, path, text):
        """Writes a file."""
        with open(self.where(path), "w", encoding="utf-8") as file:
            file.write(text)

    def where(self, path):
        """The full path."""
        return path.replace("$O", self.output) if path.startswith("$O/") \
            else os.path.join(self.path, path)


def copy_tree(target):
    """Copies the sources."""
    os.makedirs(target)
    for name in FOLDERS:
        shutil.copytree(os.path.join(TOP, name), os.path.join(target, name), symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(os.path.join(TOP, name), target)
    return target


def compiled(text):
    """The sources and outputs that a quiet make printed a line for, by what was done to them."""
    words = [line.split() for line in text.splitlines() if line.startswith("  ")]
    return {(word[0], word[1]) for word in words if len(word) == 2}


def objects(text):
    """The objects that a quiet make compiled."""
    return {name for what, name in compiled(text) if what in ("CC", "AS") and name.endswith(".o")}


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """One copy of the sources for all tests that leave it as it was."""
    return copy_tree(str(tmp_path_factory.mktemp("keel") / "tree"))


@pytest.fixture
def tree(source, tmp_path):
    """That copy with an output folder of the test's own."""
    return Tree(source, tmp_path / "out")


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A copy of the sources to edit, built once in the default configuration."""
    folder = tmp_path_factory.mktemp("edited")
    tree = Tree(copy_tree(str(folder / "tree")), folder / "out")
    tree.make()
    return tree
