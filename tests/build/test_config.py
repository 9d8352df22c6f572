# SPDX-License-Identifier: MIT
"""Configuring: strict defconfigs and fragments, and every goal that makes a .config."""
import glob
import os

import pytest

from conftest import TOP

CONFIGS = sorted(os.path.basename(path) for path in glob.glob(f"{TOP}/configs/*_defconfig"))
FRAGMENTS = sorted(os.path.basename(path) for path in glob.glob(f"{TOP}/configs/*.config"))
ARCHES = ("arm64", "riscv64", "x86_64")


def assignments(text):
    """The lines that set something."""
    return [line for line in text.splitlines()
            if line.startswith("CONFIG_") or line.endswith(" is not set")]


@pytest.mark.parametrize("config", CONFIGS)
def test_defconfig_is_in_savedefconfig_form(tree, config):
    tree.make(config, "savedefconfig")
    assert assignments(tree.read("$O/defconfig")) == assignments(tree.read(f"configs/{config}"))


@pytest.mark.parametrize("config", CONFIGS)
def test_every_fragment_holds_on_every_defconfig(tree, config):
    x86 = "q35" in config
    tree.make(config, *(f for f in FRAGMENTS if x86 or f != "recursive.config"))


@pytest.mark.parametrize("name", CONFIGS + FRAGMENTS)
def test_configuration_says_what_it_is(tree, name):
    licence, title = tree.read(f"configs/{name}").splitlines()[:2]
    assert licence == "# SPDX-License-Identifier: MIT"
    assert title.startswith("# ") and name in tree.make("help")


@pytest.mark.parametrize("text, complaint", [
    ("CONFIG_POWER_SBI=y", "t.config:1: POWER_SBI is to be y but is n: it depends on RISCV64"),
    ("\n# CONFIG_SERIAL_PL011 is not set",
     "t.config:2: SERIAL_PL011 is to be n but is y: it is selected by BOARD_QEMU_VIRT_ARM64"),
    ("CONFIG_NO_SUCH=y", "t.config:1: no symbol of the name NO_SUCH"),
    ("CONFIG_SYMTAB", "t.config:1: not an assignment"),
    ("# CONFIG_SYMTAB is not", "t.config:1: neither a comment nor"),
    ("CONFIG_FRAME_LIMIT=1", "FRAME_LIMIT is to be 1 but is 1024: its range is 1024..4096"),
    ("CONFIG_SYMTAB=1", "SYMTAB is to be 1 but is y"),
    ("CONFIG_ARCH=\"vax\"", "ARCH is to be vax but is arm64: it has no prompt"),
])
def test_assignment_in_vain_is_an_error(edited, text, complaint):
    edited.write("configs/t.config", text + "\n")
    before = edited.read("$O/.config")
    try:
        assert complaint in edited.make("t.config", ok=False)
    finally:
        os.remove(edited.where("configs/t.config"))
    assert edited.read("$O/.config") == before, "a refused fragment changed .config"


def test_fragment_moves_the_defaults_that_depend_on_it(tree):
    tree.make("qemu-virt-arm64_defconfig", "debug.config")
    assert "CONFIG_UBSAN=y" in tree.read("$O/.config")


def test_unknown_board_lists_the_known(tree):
    said = tree.make("nonsense_defconfig", ok=False)
    assert "no configs/nonsense_defconfig" in said and "qemu-q35_defconfig" in said


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("goal", ["allyesconfig", "allnoconfig", "randconfig"])
def test_from_nothing(tree, goal, arch):
    tree.make(goal, ARCH=arch)
    assert f'CONFIG_ARCH="{arch}"' in tree.read("$O/.config")


def test_unknown_architecture(tree):
    assert "no architecture ARCH=vax" in tree.make("allnoconfig", ARCH="vax", ok=False)


def test_randconfig_repeats(tree):
    said = tree.make("randconfig")
    seed = said.split("SEED=")[1].split()[0]
    first = tree.read("$O/.config")
    others = set()
    for other in range(4):
        tree.make("randconfig", SEED=str(other))
        others.add(tree.read("$O/.config"))
    assert len(others) > 1
    tree.make("randconfig", SEED=seed)
    assert tree.read("$O/.config") == first


def test_old_configurations(tree):
    tree.make("qemu-virt-riscv_defconfig")
    text = tree.read("$O/.config")
    tree.write("$O/.config", "".join(line + "\n" for line in text.splitlines()
                                     if "SYMTAB" not in line))
    assert "SYMTAB" in tree.make("listnewconfig")
    tree.make("olddefconfig")
    assert tree.read("$O/.config") == text
    tree.make("oldconfig")


def test_default_board(tree):
    said = tree.make("savedefconfig")
    assert "taking" in said or "Configuration saved" in said
    assert "CONFIG_BOARD_QEMU_VIRT_ARM64=y" in tree.read("$O/.config")


def test_defconfig_takes_the_default_board_of_an_architecture(tree):
    tree.make("defconfig", ARCH="x86_64")
    assert "CONFIG_BOARD_QEMU_Q35=y" in tree.read("$O/.config")


def test_nconfig_says_that_it_is_menuconfig(tree):
    assert "the same as menuconfig" in tree.make("nconfig", ok=None)


def test_menuconfig_opens(tree):
    """On a terminal of its own; Q leaves it."""
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn("make", ["menuconfig", f"O={tree.output}"], cwd=tree.path, timeout=30,
                          env={**os.environ, "TERM": "xterm"})
    child.expect("Boards")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("goals, name", [
    (("qemu-q35_defconfig",), "qemu-q35"),
    (("qemu-virt-arm64_defconfig", "debug.config"), "qemu-virt-arm64+debug"),
    (("qemu-virt-riscv_defconfig", "check.config", "bench.config"), "qemu-virt-riscv+bench+check"),
])
def test_configuration_has_a_name(tree, goals, name):
    tree.make(*goals)
    tree.make("core/lib/string.o")
    assert tree.read("$O/include/config/name").strip() == name
