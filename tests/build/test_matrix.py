# SPDX-License-Identifier: MIT
"""Every configuration builds with every compiler without a warning. One output folder for each
architecture and compiler: what two configurations share is compiled once."""
import glob
import os
import re

import pytest

from conftest import TOP, Tree, objects

COMPILERS = {"gcc": {}, "clang": {"CC": "clang"}, "lld": {"CC": "clang", "LD": "ld.lld"}}
ARCHES = ("arm64", "riscv64", "x86_64")
SEEDS = range(1, 11 if os.environ.get("LONG") else 3)
CONFIGS = {arch: [] for arch in ARCHES}
for path in sorted(glob.glob(f"{TOP}/configs/*_defconfig")):
    with open(path, encoding="utf-8") as config:
        text = config.read()
    CONFIGS[next((arch for arch in ARCHES if f"CONFIG_{arch.upper()}=y" in text), "arm64")].append(
        os.path.basename(path))


@pytest.fixture(scope="module")
def outputs(source, tmp_path_factory):
    """outputs(arch, compiler): a tree whose output folder is kept for the pair."""
    folder = tmp_path_factory.mktemp("matrix")
    return lambda arch, compiler: Tree(source, folder / f"{arch}-{compiler}")


def build(tree, compiler, *goals, **variables):
    """Configures and builds; any line but the usual is a complaint."""
    tree.make(*goals, **variables)
    said = tree.make("all", CI="1", **COMPILERS[compiler])
    noise = [line for line in said.splitlines()
             if not re.match(r"  [A-Z]+ +\S+$|make: Nothing to be done", line)]
    assert not noise, "\n".join(noise)
    return said


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("arch", ARCHES)
def test_release_and_debug(outputs, arch, compiler):
    tree = outputs(arch, compiler)
    for config in CONFIGS[arch]:
        build(tree, compiler, config)
        build(tree, compiler, "check.config", "debug.config")


@pytest.mark.parametrize("arch", ARCHES)
def test_lld(outputs, arch):
    """Objects are clang's own: only the link differs, and the object that holds the linked vDSO."""
    tree = outputs(arch, "clang")
    build(tree, "clang", CONFIGS[arch][0])
    assert objects(build(tree, "lld", CONFIGS[arch][0])) <= {"vdso_image.o"}


@pytest.mark.parametrize("arch", ARCHES)
def test_all_yes_no_and_random(outputs, arch):
    tree = outputs(arch, "gcc")
    build(tree, "gcc", "allyesconfig", ARCH=arch)
    build(tree, "gcc", "allnoconfig", ARCH=arch)
    for seed in SEEDS:
        build(tree, "gcc", "randconfig", ARCH=arch, SEED=seed)


@pytest.mark.parametrize("arch", ARCHES)
def test_each_driver_can_be_left_out(outputs, arch):
    """Those that no board selects; drivers' symbols are what drivers/*/Kconfig defines."""
    tree = outputs(arch, "gcc")
    names = set()
    for path in glob.glob(f"{TOP}/drivers/*/Kconfig"):
        with open(path, encoding="utf-8") as file:
            names |= set(re.findall(r"^config (\w+)", file.read(), re.M))
    tree.make(f"{arch}_defconfig" if f"{arch}_defconfig" in CONFIGS[arch] else CONFIGS[arch][0])
    base = tree.read("$O/.config")
    selected = set()
    for path in glob.glob(f"{TOP}/bsp/{arch}/*/Kconfig"):
        with open(path, encoding="utf-8") as file:
            selected |= set(re.findall(r"select (\w+)", file.read()))
    configured = {name for name in names - selected if f"CONFIG_{name}=y" in base}
    for name in sorted(configured):
        tree.write("$O/.config", base.replace(f"CONFIG_{name}=y", f"# CONFIG_{name} is not set"))
        build(tree, "gcc", "olddefconfig")
        assert f"# CONFIG_{name} is not set" in tree.read("$O/.config")
