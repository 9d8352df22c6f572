# SPDX-License-Identifier: MIT
"""The SDK: a program that has only that builds with either compiler, and each header stands alone."""
import glob
import os
import shutil
import subprocess

import pytest

from conftest import TOP, Tree

CONFIGS = {"arm64": "qemu-virt-arm64_defconfig", "riscv64": "qemu-virt-riscv_defconfig",
           "x86_64": "qemu-q35_defconfig"}
MACHINES = {"arm64": 183, "riscv64": 243, "x86_64": 62}
COMPILERS = {"gcc": [], "clang": ["CC=clang"], "lld": ["CC=clang", "LD=ld.lld"]}
ET_DYN = 3


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def sdk(source, tmp_path_factory, request):
    """(architecture, the SDK moved away from where it was built)."""
    folder = tmp_path_factory.mktemp("sdk")
    tree = Tree(source, folder / "out")
    tree.make(CONFIGS[request.param], "sdk", CI="1")
    shutil.move(tree.where("$O/sdk"), folder / "moved")
    shutil.rmtree(tree.output)
    return request.param, str(folder / "moved")


def run(command, folder):
    """Its output; it must end well. Nothing of the outer make gets to it."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O", "CC", "LD")}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@pytest.mark.parametrize("compiler", sorted(COMPILERS))
def test_example_builds(sdk, tmp_path, compiler):
    """Warnings are errors; the result is a program of the architecture, in a boot file system."""
    arch, path = sdk
    folder = tmp_path / "example"
    shutil.copytree(os.path.join(TOP, "user", "example"), folder)
    run(["make", f"SDK={path}", "CFLAGS=-Wextra -Wno-unused-parameter -Werror",
         "LDFLAGS=--fatal-warnings", *COMPILERS[compiler]], folder)
    header = (folder / "example").read_bytes()[:64]
    assert header[:4] == b"\x7fELF" and int.from_bytes(header[16:18], "little") == ET_DYN
    assert int.from_bytes(header[18:20], "little") == MACHINES[arch]
    assert b"bin/example\0" in (folder / "bootfs.cpio").read_bytes()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_headers_stand_alone(sdk, tmp_path, compiler):
    """Each compiles with nothing before it."""
    _, path = sdk
    (tmp_path / "Makefile").write_text("include $(SDK)/share/keel.mk\n")
    headers = [os.path.relpath(header, f"{path}/include")
               for header in glob.glob(f"{path}/include/**/*.h", recursive=True)]
    assert "stdio.h" in headers and "keel/syscalls.h" in headers
    objects = []
    for number, header in enumerate(sorted(headers)):
        (tmp_path / f"h{number}.c").write_text(f"#include <{header}>\n#include <{header}>\n")
        objects.append(f"h{number}.o")
    run(["make", "-j2", f"SDK={path}", "CFLAGS=-Wextra -Werror", *COMPILERS[compiler], *objects],
        tmp_path)


def test_sdk_holds_no_path_of_the_build(sdk):
    """It may be moved, and is the same wherever it was made."""
    for path in glob.glob(f"{sdk[1]}/**", recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                assert os.path.dirname(sdk[1]).encode() not in file.read(), path
