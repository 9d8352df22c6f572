# SPDX-License-Identifier: MIT
"""What a user starts Keel with: the launchers, make debug, the image builders, setup."""

import os
import re
import shutil
import socket
import subprocess

import pytest

import image
from guest import BOARDS, PATIENCE, TOP

ALL = pytest.mark.parametrize("board", BOARDS)


def run(command, **environment):
    """Runs a program of the tree; returns (exit status, all that it printed)."""
    env = {key: value for key, value in os.environ.items()
           if key not in ("MEM", "SMP", "CPU", "FIRMWARE", "APPEND", "DEBUG")}
    done = subprocess.run(command, env={**env, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=PATIENCE, check=False)
    return done.returncode, done.stdout


def launcher(board):
    """The path of a launcher."""
    return os.path.join(TOP, "scripts", "qemu", board)


@ALL
def test_dry_run(kernel, folder, board):
    """Options and their environment variables arrive in QEMU's command line."""
    status, text = run([launcher(board), "--dry-run", "--kernel", kernel(board), "--", "-foo"],
                       MEM="1G", SMP="3", CPU="max", APPEND="a=1 b", DEBUG="2345")
    assert status == 0
    for part in ("-m 1G", "-smp 3", "-cpu max", "-append 'a=1 b'", "-foo", "-S",
                 "-gdb tcp:127.0.0.1:2345", "-accel tcg"):
        assert part in text, f"{part} is not in {text}"
    status, text = run([launcher(board), "--dry-run", "--kernel", kernel(board), "--mem", "64G"])
    assert "reserve=off" in text
    name = "grub" if board == "qemu-q35" else "uboot"
    status, text = run([launcher(board), "--dry-run", "--kernel", kernel(board), "--firmware", name],
                       O=folder)
    assert status == 0 and folder in text, text


@ALL
def test_wrong_firmware_of_the_environment(kernel, board):
    status, text = run([launcher(board), "--kernel", kernel(board)], FIRMWARE="zz")
    assert status == 2
    assert len(text.splitlines()) == 1 and "firmware 'zz' is none of" in text and "none" in text


@ALL
@pytest.mark.parametrize("arguments", [["--kernel", "/nonexistent"], ["--mem", "lots"],
                                       ["--debug", "x"], ["--disk", "/nonexistent"]],
                         ids=lambda value: value[0])
def test_wrong_option(kernel, board, arguments):
    """A mistake is one line and no emulator."""
    status, text = run([launcher(board), "--kernel", kernel(board), *arguments])
    assert status == 2
    assert len(text.splitlines()) == 1 and text.startswith(board)


@ALL
def test_emulator_fails(kernel, board):
    """An emulator that cannot start is not taken for a kernel that ended well."""
    status, _text = run([launcher(board), "--kernel", kernel(board), "--cpu", "no-such-cpu"])
    assert status == 1


@ALL
def test_missing_emulator(kernel, board):
    """Names the package."""
    status, text = run([launcher(board), "--kernel", kernel(board)], PATH="/nonexistent")
    assert status == 2
    assert re.search(r"is missing: install the package qemu-system-\w+", text)


@ALL
@pytest.mark.parametrize("firmware", ["uboot", "uboot-2023.01", "grub"])
def test_firmware(boot, board, firmware):
    """make run FIRMWARE=: the launcher makes the disk or the ISO by itself."""
    if (firmware == "grub") != (board == "qemu-q35"):
        status, text = run([launcher(board), "--firmware", firmware])
        assert status == 2 and "invalid choice" in text
        return
    guest = boot(board, "--firmware", firmware, "--append", "loglevel=0")
    guest.prompt()
    assert "loglevel=0, debug" in guest.command("params")
    guest.power_off()


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@ALL
def test_debug(builds, folder, board):
    """make debug: stops in the kernel, and knows its data."""
    tree = os.path.join(folder, "machine.dtb")
    commands = ["hbreak command_loop", "continue", "keel-log", "keel-regions", "keel-params",
                "keel-subsys", f"keel-dt {tree}", "backtrace"]
    arguments = [word for line in commands for word in ("-ex", line)]
    status, text = run([os.path.join(TOP, "scripts", "debug"), board, "-batch", *arguments],
                       O=builds(board), DEBUG=str(free_port()))
    assert status == 0, text
    for pattern in (r"hit Breakpoint 1, command_loop", r"info +boot: Keel", r"reserved .* kernel",
                    r"loglevel +int", r"physical memory +needs device tree",
                    r"in (start|kernel_main) \(\)"):
        assert re.search(pattern, text), f"{pattern} is not in {text}"
    assert subprocess.run(["dtc", "-q", "-q", "-I", "dtb", "-O", "dts", tree], check=False,
                          stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize("kind", ["fat", "ext4"])
def test_disk_image(folder, kind):
    """What goes in comes out, and the size is a power of two."""
    path = os.path.join(folder, "disk.img")
    data = os.urandom(3 << 20)
    image.make_disk(path, {"a/b/file": data, "top": b"top"}, kind)
    size = os.path.getsize(path)
    assert size & (size - 1) == 0
    out = os.path.join(folder, "out")
    if kind == "fat":
        command = ["mcopy", "-n", "-i", f"{path}@@{image.PARTITION_START}", "::/a/b/file", out]
    else:
        part = os.path.join(folder, "part.img")
        with open(path, "rb") as source, open(part, "wb") as target:
            source.seek(image.PARTITION_START)
            shutil.copyfileobj(source, target)
        command = [shutil.which("debugfs", path=image.PATH), "-R", f"dump /a/b/file {out}", part]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(out, "rb") as file:
        assert file.read() == data


def test_setup_is_quick():
    """With nothing missing setup says nothing, and the list says so."""
    script = os.path.join(TOP, "scripts", "setup")
    status, text = run([script])
    assert (status, text) == (0, "")
    status, text = run([script, "--check"])
    assert status == 0 and "nothing is missing" in text


def test_need_names_the_package(folder):
    """One line for each tool that is missing."""
    for tool in ("bash", "dirname", "cat", "sed", "awk"):
        link = os.path.join(folder, tool)
        if not os.path.lexists(link):
            os.symlink(shutil.which(tool), link)
    for tool in ("apt-get", "realpath"):
        with open(os.path.join(folder, tool), "w", encoding="ascii") as out:
            out.write("#!/bin/sh\n")
        os.chmod(os.path.join(folder, tool), 0o755)
    script = os.path.join(TOP, "scripts", "setup")
    status, text = run([os.path.join(folder, "bash"), script, "--need", "cat", "dtc"], PATH=folder)
    assert status == 1
    assert text == "dtc is missing: install the package device-tree-compiler (make setup does)\n"
