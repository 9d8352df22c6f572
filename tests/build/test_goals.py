# SPDX-License-Identifier: MIT
"""Goals and variables that people type, and mistakes they make."""
import os
import shutil
import subprocess

import pytest

from conftest import Tree, copy_tree

GOALS = """menuconfig nconfig guiconfig savedefconfig olddefconfig oldconfig listnewconfig
allyesconfig allnoconfig randconfig all dtbs run debug check check-long bench bench-check size bloat
compile_commands.json tags sdk clean mrproper setup check-deps""".split()
BOARDS = ("qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35")


def only_path(folder, *tools):
    """A folder for PATH that has nothing but the named tools."""
    os.makedirs(folder)
    for tool in tools:
        found = shutil.which(tool)
        if found:
            os.symlink(found, os.path.join(folder, tool))
    return folder


BASE_TOOLS = ("sh", "make", "awk", "sed", "cat", "mkdir", "printf", "head", "tr", "git", "find", "rm",
              "python3", "gcc", "cp", "mv", "env", "dirname", "test", "[")


def test_help_names_goals_and_boards(tree):
    said = tree.make("help")
    for word in GOALS:
        assert word in said
    for board in BOARDS:
        line = next(line for line in said.splitlines() if f"{board}_defconfig" in line)
        assert len(line.split()) > 3


def test_goals_after_setup_run_in_a_fresh_make(edited):
    """setup makes what the next goal needs: it would not be there for one make."""
    path = edited.where("scripts/setup")
    with open(path, encoding="utf-8") as file:
        real = file.read()
    edited.write("scripts/setup", "#!/bin/sh\necho set up >> $PROOF\n"
                 "printf 'late:\\n\\t@echo fresh make\\n' >> scripts/build/goals.mk\n")
    goals = edited.read("scripts/build/goals.mk")
    proof = edited.output + ".proof"
    try:
        said = edited.make("setup", "late", env={"PROOF": proof})
        assert said.endswith("fresh make\n") and os.path.exists(proof)
    finally:
        edited.write("scripts/setup", real)
        edited.write("scripts/build/goals.mk", goals)


def test_missing_tool_is_one_line_that_names_the_package(tree, tmp_path):
    path = only_path(str(tmp_path / "bin"), *BASE_TOOLS, "dtc")
    tree.make("qemu-virt-riscv_defconfig")
    said = tree.make(ok=False, env={"PATH": path}).splitlines()
    assert len(said) <= 2, said
    assert "riscv64-linux-gnu-gcc is missing: install the package gcc-riscv64-linux-gnu" in said[-1]


def test_missing_kconfiglib_names_the_package(tree, tmp_path):
    path = only_path(str(tmp_path / "bin"), *BASE_TOOLS)
    fake = tmp_path / "bin" / "python3"
    os.remove(fake)
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    script = tree.read("scripts/build/python.sh").replace("/usr/bin/python3", "/nonexistent")
    done = subprocess.run(["sh", "-c", script, "python.sh", "kconfiglib", "-c", ""], env={"PATH": path},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "install the package python3-kconfiglib" in done.stderr


def test_wrong_toolchains(tree):
    """One that is not there, and one that is another architecture's."""
    said = tree.make("core/lib/hash.o", ok=False, CROSS_COMPILE="nonesuch-")
    assert "nonesuch-gcc is missing, and Keel knows no package that has it" in said
    for other in ("riscv64-linux-gnu-", "x86_64-linux-gnu-"):
        said = tree.make("core/lib/hash.o", ok=False, CROSS_COMPILE=other)
        assert "not for arm64" in said and "it is aarch64-linux-gnu-gcc" in said
        assert len(said.strip().splitlines()) == 1, said


def test_compilers_of_the_environment(tree):
    """CC=gcc there is somebody's host compiler; clang is a wish."""
    said = tree.make("core/lib/hash.o", V="1", env={"CC": "gcc", "LD": "ld"})
    assert "aarch64-linux-gnu-gcc" in said
    said = tree.make("core/lib/hash.o", V="1", env={"CC": "clang"})
    assert "clang --target=aarch64-linux-gnu" in said


def test_parts_of_the_tree(tree):
    tree.make("core/lib/")
    assert os.path.exists(f"{tree.output}/core/lib/string.o")
    assert not os.path.exists(f"{tree.output}/keel.elf")
    tree.make("core/debug/log.o")
    assert os.path.exists(f"{tree.output}/core/debug/log.o")
    assert "nothing below nowhere/" in tree.make("nowhere/", ok=False)
    assert "there is no core/nowhere.c or core/nowhere.S" in tree.make("core/nowhere.o", ok=False)


@pytest.mark.parametrize("output", ["rel", "a/b/../c"])
def test_relative_output(edited, output):
    edited.make("core/lib/hash.o", O=output)
    full = os.path.normpath(os.path.join(edited.path, output))
    assert os.path.exists(os.path.join(full, "core/lib/hash.o"))
    shutil.rmtree(full)


def test_from_another_folder(tree, tmp_path):
    tree.make("-f", f"{tree.path}/Makefile", "core/lib/hash.o", cwd=str(tmp_path), O="there")
    assert os.path.exists(tmp_path / "there" / "core/lib/hash.o")


def test_spaces_are_refused(tree, tmp_path):
    assert "has a space" in tree.make(ok=False, O=str(tmp_path / "a b"))
    other = Tree(copy_tree(str(tmp_path / "c d")), tmp_path / "out")
    assert "has a space" in other.make(ok=False)


@pytest.mark.parametrize("letter", "%~=;&|<>()*?'\"`\\#,")
def test_letters_with_a_meaning_are_refused(tree, tmp_path, letter):
    output = tmp_path / f"a{letter}b"
    assert "has a space or one of" in tree.make("defconfig", ok=False, O=str(output))
    assert not output.exists()


@pytest.mark.parametrize("output", [".", "..", "/", "core", "core/new", "tests/../.git"])
def test_output_must_not_hold_what_clean_would_delete(edited, output):
    assert "must not be the source" in edited.make("defconfig", ok=False, O=output)


def test_clean_and_mrproper(tree):
    tree.make("core/lib/hash.o")
    tree.make("clean")
    assert os.listdir(tree.output) == [".config"]
    tree.make("mrproper")
    assert not os.path.exists(tree.output)


def names_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("names", [["letter"], [".config/app", "letter"], [".config/app"], ["check/x", "unit/x", ".config"],
                                   ["scripts/fixdep", "letter"]], ids=" ".join)
def test_clean_leaves_folders_of_others_alone(tree, tmp_path, names):
    """Whatever lies in them, and also after somebody has built there."""
    mine = tmp_path / "mine"
    for name in names:
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text("dear")
    before = names_below(mine)
    for goal in ("clean", "mrproper"):
        assert "not a folder that a build made" in tree.make(goal, ok=False, O=str(mine))
        assert names_below(mine) == before
    if names == ["letter"]:
        tree.make("core/lib/hash.o", O=str(mine))
        assert "not a folder that a build made" in tree.make("mrproper", ok=False, O=str(mine))
        assert (mine / names[-1]).read_text() == "dear"


def test_clean_where_nothing_was_built(tree, tmp_path):
    for name in ("absent", "empty"):
        folder = tmp_path / name
        if name == "empty":
            folder.mkdir()
        tree.make("clean", O=str(folder))
        tree.make("help", O=str(folder))
        assert not folder.exists() or not list(folder.iterdir())
        tree.make("mrproper", O=str(folder))
        assert not folder.exists()


def test_run_without_a_board(tree):
    tree.make("allnoconfig")
    assert "cannot be run" in tree.make("run", ok=False)


def test_size_and_tags_and_bloat(edited):
    rows = {line.split()[0] for line in edited.make("size").splitlines() if line.startswith("size.")}
    assert rows == {"size.text", "size.symtab", "size.data", "size.bss", "size.image"}
    edited.make("tags")
    assert "\nmemcpy\t" in edited.read("$O/tags")
    assert "usage: make bloat BASE=" in edited.make("bloat", ok=False)


def test_bloat_shows_what_grew(tmp_path):
    tree = Tree(copy_tree(str(tmp_path / "tree")), tmp_path / "out")
    git = ["git", "-C", tree.path, "-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(git + command, check=True)
    source = tree.read("core/lib/hash.c")
    tree.write("core/lib/hash.c", source + "\n__attribute__((used, retain)) static int grown[25] = {1};\n")
    said = tree.make("bloat", BASE="HEAD")
    line = next(line for line in said.splitlines() if line.startswith("grown "))
    assert line.split()[1:] == ["0", "100", "+100"]
    assert "no commit nonsense" in tree.make("bloat", BASE="nonsense", ok=False)


def test_version_comes_from_git(tmp_path):
    tree = Tree(copy_tree(str(tmp_path / "tree")), tmp_path / "out")
    tree.make("core/lib/hash.o")
    assert 'keel_version[] = "0.1.0";' in tree.read("$O/include/generated/version.c")
    git = ["git", "-C", tree.path, "-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(git + command, check=True)
    head = subprocess.run(git + ["rev-parse", "--short=12", "HEAD"], check=True, text=True,
                          capture_output=True).stdout.strip()
    tree.make("core/lib/hash.o")
    text = tree.read("$O/include/generated/version.c")
    assert f'keel_version[] = "0.1.0-{head}";' in text and "gcc" in text
    tree.write("Kconfig", tree.read("Kconfig") + "\n")
    tree.make("core/lib/hash.o")
    assert f"{head}-dirty" in tree.read("$O/include/generated/version.c")
