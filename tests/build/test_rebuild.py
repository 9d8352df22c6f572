# SPDX-License-Identifier: MIT
"""A build makes again exactly what changed."""
import json
import os
import shutil
import stat
import struct
import subprocess
import time

from conftest import Tree, compiled, copy_tree, objects


def test_second_make_runs_nothing(edited):
    edited.make()
    start = time.monotonic()
    said = edited.make(V="1")
    assert time.monotonic() - start < 1
    assert said == "make: Nothing to be done for 'all'.\n"


def test_silent_make_is_silent(edited):
    """Nothing but complaints under make -s, in makes that it starts too."""
    edited.make()
    edited.write("core/lib/hash.c", edited.read("core/lib/hash.c") + "\n")
    assert edited.make("-s", "all") == ""
    edited.write("core/lib/hash.c", edited.read("core/lib/hash.c") + "\n")
    assert edited.make("--no-builtin-variables", "all").count("core/lib/hash.o") == 1


def test_symbol_rebuilds_its_users(edited):
    """KTEST names the test runner's users alone."""
    edited.make()
    users = set()
    for folder, _, names in os.walk(edited.path):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith((".c", ".S")) and "CONFIG_SYMTAB" in edited.read(path):
                users.add(os.path.relpath(path, edited.path)[:-2] + ".o")
    edited.write("configs/t.config", "# CONFIG_SYMTAB is not set\n")
    said = edited.make("t.config", "all")
    os.remove(edited.where("configs/t.config"))
    assert objects(said) <= users | {"version.o"}
    assert ("LD", "keel.elf") in compiled(said)
    assert edited.make("qemu-virt-arm64_defconfig", "all")


def test_symbol_used_in_a_header_or_source(edited):
    """A symbol that one source names rebuilds that source alone."""
    path = "core/lib/hash.c"
    text = edited.read(path)
    edited.write(path, text + "\n_Static_assert(!IS_ENABLED(CONFIG_BENCH) || 1, \"\");\n")
    edited.make()
    said = edited.make("bench.config", "all")
    assert "core/lib/hash.o" in objects(said)
    assert "core/lib/printf.o" not in objects(said)
    edited.write(path, text)
    edited.make("qemu-virt-arm64_defconfig", "all")


def test_touched_header_rebuilds_who_reads_it(edited):
    edited.make()
    path = "include/keel/touched.h"
    edited.write(path, "#define TOUCHED 1\n")
    source = edited.read("core/lib/hash.c")
    edited.write("core/lib/hash.c", "#include <keel/touched.h>\n" + source)
    edited.make()
    edited.write(path, "#define TOUCHED 2\n")
    assert objects(edited.make()) == {"core/lib/hash.o"}
    # And when it goes, with its last user, nothing asks for it.
    edited.write("core/lib/hash.c", source)
    os.remove(edited.where(path))
    assert objects(edited.make()) == {"core/lib/hash.o"}


def test_changed_command_line_rebuilds(edited):
    edited.make()
    path = "core/lib/Makefile"
    text = edited.read(path)
    edited.write(path, text + "\nCFLAGS_hash.o += -DCHANGED=1\n")
    assert objects(edited.make()) == {"core/lib/hash.o"}
    edited.write(path, text)
    assert objects(edited.make()) == {"core/lib/hash.o"}


def test_offsets_that_stay_leave_assembly_alone(edited):
    edited.make()
    path = "bsp/arm64/asm-offsets.c"
    text = edited.read(path)
    edited.write(path, text + "\n/* A comment more. */\n")
    assert not objects(edited.make())
    assert edited.make() == "make: Nothing to be done for 'all'.\n"
    edited.write(path, text.replace("OFFSET(", "DEFINE(NEW_ONE, 77); OFFSET(", 1))
    assert objects(edited.make())
    edited.write(path, text)
    edited.make()


def test_new_object_is_linked_and_left_out_again(edited):
    edited.make()
    text = edited.read("core/lib/Makefile")
    edited.write("core/lib/extra.c", "/* A file more. */\nint extra_number = 3;\n")
    edited.write("core/lib/Makefile", text + "\nobj-y += extra.o\n")
    said = edited.make()
    assert objects(said) == {"core/lib/extra.o"} and ("LD", "keel.elf") in compiled(said)
    edited.write("core/lib/Makefile", text)
    os.remove(edited.where("core/lib/extra.c"))
    said = edited.make()
    assert not objects(said) and ("LD", "keel.elf") in compiled(said)


def test_interrupted_compile_is_made_again(edited):
    """A source that fails once is compiled again once it is right."""
    edited.make()
    text = edited.read("core/lib/hash.c")
    edited.write("core/lib/hash.c", text + "#error broken\n")
    edited.make(ok=False)
    edited.write("core/lib/hash.c", text)
    assert objects(edited.make()) == {"core/lib/hash.o"}


def test_configuration_of_the_future(edited):
    """A .config from a machine whose clock is ahead does not keep make busy for ever."""
    edited.make()
    path = edited.where("$O/.config")
    now = os.stat(path).st_mtime
    os.utime(path, (now + 3600, now + 3600))
    assert not objects(edited.make())
    assert "Nothing to be done for 'all'" in edited.make()
    for made in (path, edited.where("$O/include/config/auto.conf")):
        os.utime(made)


def test_times_of_whole_seconds(edited):
    """As an archive of the output folder leaves them."""
    edited.make()
    for folder, _, names in os.walk(edited.output):
        for name in names:
            os.utime(os.path.join(folder, name), (1e9, 1e9))
    for folder, _, names in os.walk(edited.path):
        for name in names:
            os.utime(os.path.join(folder, name), (1e9, 1e9))
    assert edited.make() == "make: Nothing to be done for 'all'.\n"


def test_changed_kconfig_is_read_again(edited):
    edited.make()
    text = edited.read("core/Kconfig")
    edited.write("core/Kconfig", text + "\nconfig EXTRA_SYMBOL\n    bool\n    default y\n")
    assert not objects(edited.make()) - {"version.o"}
    assert "EXTRA_SYMBOL" in edited.read("$O/include/generated/autoconf.h")
    edited.write("core/Kconfig", text)
    edited.make()
    assert "EXTRA_SYMBOL" not in edited.read("$O/include/generated/autoconf.h")


def test_compile_commands(edited):
    edited.make()
    commands = json.loads(edited.read("$O/compile_commands.json"))
    entry = next(entry for entry in commands if entry["file"] == "core/lib/hash.c")
    assert entry["directory"] == edited.path and os.path.exists(entry["output"])
    assert entry["command"].endswith("-c -o " + entry["output"] + " core/lib/hash.c")


def test_same_bytes_in_two_folders_and_of_a_read_only_tree(edited, tmp_path):
    edited.make()
    other = Tree(copy_tree(str(tmp_path / "elsewhere" / "tree")), tmp_path / "deep" / "er" / "out")
    write = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    folders = [other.path] + [os.path.join(at, name) for at, names, _ in os.walk(other.path)
                              for name in names]
    for folder in folders:
        os.chmod(folder, os.stat(folder).st_mode & ~write)
    before = sorted(name for _, _, names in os.walk(other.path) for name in names)
    try:
        other.make()
    finally:
        after = sorted(name for _, _, names in os.walk(other.path) for name in names)
        for folder in folders:
            os.chmod(folder, os.stat(folder).st_mode | stat.S_IWUSR)
    assert before == after, "the build wrote into the source tree"
    for name in ("keel.elf", "Image", "qemu-virt-arm64.dtb"):
        with open(f"{edited.output}/{name}", "rb") as one, open(f"{other.output}/{name}", "rb") as two:
            assert one.read() == two.read(), f"{name} differs"
    shutil.rmtree(other.path)


def test_symbol_table_is_true(edited):
    """The table in the image names the linked kernel's functions at their places."""
    edited.make()
    listing = subprocess.run(["aarch64-linux-gnu-nm", f"{edited.output}/keel.elf"], check=True,
                             capture_output=True, text=True).stdout
    symbols = [line.split() for line in listing.splitlines()]
    at = {name: int(address, 16) for address, _, name in symbols}
    base = at["_image_start"]
    functions = {(int(address, 16) - base, name) for address, kind, name in symbols
                 if kind in "tTwW" and name[0] not in ".$" and int(address, 16) >= base}
    with open(f"{edited.output}/Image", "rb") as file:
        image = file.read()

    def words(name, number):
        return struct.unpack_from(f"<{number}I", image, at[name] - base)

    count, = words("ksyms_count", 1)
    offsets = words("ksyms_offsets", count)
    starts = [at["ksyms_names"] - base + start for start in words("ksyms_name_offsets", count)]
    names = [image[start:image.index(0, start)].decode() for start in starts]
    assert list(offsets) == sorted(offsets)
    assert set(zip(offsets, names)) == functions and count > 100


def test_without_symbol_table(tree):
    tree.make("qemu-virt-arm64_defconfig")
    tree.write("$O/.config", tree.read("$O/.config").replace("CONFIG_SYMTAB=y", ""))
    tree.write("$O/.config", tree.read("$O/.config") + "# CONFIG_SYMTAB is not set\n")
    assert "size.symtab 4 " in " ".join(tree.make("size").split())
