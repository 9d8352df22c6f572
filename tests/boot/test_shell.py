# SPDX-License-Identifier: MIT
"""The shell, the console service under it and init above it, over the emulator's serial port."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import KERNELS
from guest import BOARDS, PANIC, TOP, plain

ALL = pytest.mark.parametrize("board", BOARDS)
CPUS = pytest.mark.parametrize("cpus", ["1", "4"])
# Behind the end of a line, or of one that was cleared.
PROMPT = r"(?:\n|\x1b\[K)\$ "
INTERRUPT = "\x03"
END = "\x04"
KEYS = "\x1d"
# A line as it is typed, and as it comes back; the screen's line may be cleared in between.
THERE = r"there\r*\n[^\n]*there\r*\n"
ENDED = "sh: crash was ended by a fault"
# Ways of bin/crash, and functions in which it was then, from the innermost on; some may lie between. One that
# calls none may have no frame, and then its caller is not told.
WAYS = {"write": ["deeper", "main"], "read": ["crash_read"], "kernel": ["deeper", "main"],
        "text": ["deeper", "main"], "jump": ["main"], "data": ["main"],
        "stack": ["recurse"] * 15, "abort": ["abort", "main"]}
FRAME = re.compile(r"(?m)^#(\d+) +[0-9a-f]{16}(?: (\w+)\+0x[0-9a-f]+ \(bin/crash\))?\r*$")


class Shell:
    """What is typed at the shell's prompt on a machine."""

    def __init__(self, guest):
        self.guest = guest

    def prompt(self):
        """Waits for the prompt; what was shown before it."""
        text = self.guest.expect([PROMPT, PANIC])
        if "panic" in text:
            self.guest.fail("the kernel panicked")
        return text

    def run(self, line):
        """What a line shows: all between its echo and the next prompt."""
        self.guest.send(line + "\r")
        text = self.prompt()
        return plain(text).split("\n", 1)[1].rsplit("$ ", 1)[0].rstrip("\n")

    def power_off(self, status=0):
        """By the shell's own tool."""
        self.guest.send(f"poweroff {status}\r")
        self.guest.expect(rf"keel: power off, status {status}\r*\n")
        assert self.guest.wait() == status


@pytest.fixture
def bootfs(builds):
    """bootfs(board) -> the boot file system that was built with the board's kernel."""
    return lambda board: os.path.join(builds(board), "bootfs.cpio")


@pytest.fixture
def shell(boot, bootfs):  # pylint: disable=redefined-outer-name
    """shell(board, ...) -> Shell at its first prompt."""
    def start(board, *arguments):
        it = Shell(boot(board, "--initrd", bootfs(board), *arguments))
        it.prompt()
        return it
    return start


@ALL
@CPUS
def test_commands(shell, board, cpus):
    """Programs, words, variables, pipelines; off with a status."""
    it = shell(board, "--smp", cpus)
    assert it.run("echo hello  world") == "hello world"
    assert it.run("") == ""
    assert it.run("echo 'a  b' \"c  d\" e\\ \\ f") == "a  b c  d e  f"
    assert it.run("greeting='good  day'; echo $greeting, ${greeting}s '$greeting'") == \
        "good  day, good  days $greeting"
    assert it.run("echo one | cat | cat") == "one"
    assert it.run("echo a; echo b | cat; echo c") == "a\nb\nc"
    assert it.run("cat nothing; echo $?") == "cat: nothing: not found\n1"
    assert it.run("nothing; echo $?") == "sh: nothing: there is no such program\n127"
    assert "bin/\netc/" in it.run("ls")
    assert re.search(r"(?m)^- +\d+ init$", it.run("ls -l bin"))
    assert "start sh bin/sh" in it.run("cat etc/manifest")
    assert re.search(r"^up 0 days, 00:0\d:\d\d\.\d\d\d$", it.run("uptime"))
    assert "info  init: bin/init starts" in it.run("dmesg")
    assert re.search(r"(?s)exit \[STATUS\].*programs:.* cat .* sh", it.run("help | cat"))
    it.power_off(7)


@ALL
def test_variables(shell, board):
    """They are set, shown, given to programs, and removed."""
    it = shell(board)
    assert it.run("a=1 b=2; set c=3; set") .splitlines()[-3:] == ["a=1", "b=2", "c=3"]
    assert it.run("unset b; set | cat").splitlines()[-2:] == ["a=1", "c=3"]
    assert "no such variable" in it.run("unset b")
    assert it.run("a=inner sh -c 'echo $a'; echo $a") == "inner\n1"
    assert it.run("sh -c 'exit 9'; echo $?") == "9"
    assert it.run("echo 'echo from within; exit 4' | sh; echo $?") == "from within\n4"
    it.power_off()


@ALL
def test_faults(shell, board):
    """Each is reported with where it was, ends its program alone, and the shell goes on."""
    it = shell(board)
    for way, functions in WAYS.items():
        text = it.run(f"crash {way}")
        assert ENDED in text, f"{way}: {text}"
        assert re.search(r"fault: +at [0-9a-f]{16}", text), f"{way}: {text}"
        frames = FRAME.findall(text)
        assert [int(number) for number, _ in frames] == list(range(len(frames))), f"{way}: {text}"
        names = iter(name for _, name in frames)
        assert all(name in names for name in functions), f"{way}: {text}"
        assert it.run("echo $?") == "137"
    assert ENDED in it.run("crash | cat")
    assert "ways are write" in it.run("crash nothing")
    it.power_off()


@ALL
@CPUS
def test_interrupt(shell, board, cpus):
    """^C ends what runs, not the shell; so it does with a line that is being typed."""
    it = shell(board, "--smp", cpus)
    it.guest.send("echo begins; sleep 1000\r")
    it.guest.expect("begins\r*\n")
    it.guest.send(INTERRUPT)
    it.prompt()
    assert it.run("echo $?") == "130"
    it.guest.send("cat | cat\r")
    it.guest.expect("cat | cat\r*\n")
    it.guest.send("there\r")
    it.guest.expect(THERE)
    it.guest.send(INTERRUPT)
    it.prompt()
    it.guest.send("nonsense" + INTERRUPT)
    it.prompt()
    assert it.run("echo fine") == "fine"
    it.power_off()


@ALL
def test_tasks(shell, board):
    """What runs in the background is listed, ended by its koid, and told of; memory is shown."""
    it = shell(board)
    assert "[1] runs" in it.run("sleep 1000 &")
    koid = re.search(r"(?m)^ *(\d+) process .* sleep$", it.run("ps"))[1]
    text = it.run(f"kill {koid}")
    for _ in range(30):
        if "[1] has ended with 137" not in text:
            text += it.run("sleep 1")
    assert "[1] has ended with 137" in text
    assert "sh: sleep was killed" in text
    assert " sleep" not in it.run("ps")
    assert "not found" in it.run("kill 1")
    assert "not a koid" in it.run("kill x")
    assert re.search(r"(?m)^free +\d+ KiB$", it.run("mem"))
    assert re.search(r"(?m)^ *\d+ sh: (.* )?channel [1-9]", it.run("handles"))
    koid = re.search(r"(?m)^ *(\d+) process .* console$", it.run("ps"))[1]
    assert re.search(r"(?m)^[0-9a-f]{7}[37bf] resource +rights [0-9a-f]{7} koid \d+$", it.run(f"handles {koid}"))
    assert "handles: 1: not found" in it.run("handles 1")
    assert "handles: x: not a koid" in it.run("handles x")
    it.power_off()


@ALL
def test_top(shell, board):
    """As many rounds as it is told, each with every process, the busiest first."""
    it = shell(board)
    text = it.run("top 2 1")
    rounds = re.split(r"(?m)^ *koid  cpu % +cpu time/s name\n", text)[1:]
    assert len(rounds) == 2, text
    for part in rounds:
        lines = re.findall(r"(?m)^ *\d+ +(\d+)\.(\d) +\d+\.\d{3} (\w+)$", part)
        shares = [int(whole) * 10 + int(tenth) for whole, tenth, _ in lines]
        assert {"sh", "console", "top", "init"} <= {name for *_, name in lines}, text
        assert shares == sorted(shares, reverse=True), text
    assert "usage: top" in it.run("top x")
    assert "usage: top" in it.run("top 0")
    it.power_off()


@ALL
def test_bench(shell, board):
    """Rows are listed, and measured by name; what is none, and what cannot be had here, is refused."""
    it = shell(board)
    rows = re.findall(r"(?m)^(\S+) +\S", it.run("bench -l"))
    assert {"ipc.call.0", "boot.init", "process.spawn_wait"} <= set(rows)
    text = it.run("bench syscall.null channel.write_read.64 vm.map_unmap.1")
    found = re.findall(r"(?m)^(\S+) +(\d+)\.\d\d (ns|instructions)$", text)
    assert [name for name, *_ in found] == ["syscall.null", "channel.write_read.64", "vm.map_unmap.1"], text
    assert all(int(value) > 0 for _, value, _ in found), text
    assert "there is no row null" in it.run("bench syscall.null null")
    assert it.run("echo $?") == "2"
    assert "boot.init: told by the first program alone" in it.run("bench boot.init")
    assert it.run("echo $?") == "1"
    assert "usage: bench" in it.run("bench -x")
    it.power_off()


@ALL
def test_trace(shell, builds, board):
    """What was recorded is shown: calls by their names, and switches; for a while, or between on and off."""
    it = shell(board, "--kernel", os.path.join(builds(f"{board}-test"), KERNELS[board]))
    assert it.run("trace on call,switch") == ""
    it.run("echo something")
    assert it.run("trace off") == ""
    text = it.run("trace show 100")
    assert len(text.splitlines()) == 100, text
    assert re.search(r"(?m)^ *\d+\.\d{6} cpu\d+ +call channel_write$", text), text
    assert re.search(r"(?m) switch from thread \d+ to \d+$", text), text
    assert it.run("trace clear") == "" and it.run("trace status") == "0 records"
    assert re.search(r"(?m) call nanosleep$", it.run("trace -k call -t 1"))
    for wrong in ("trace", "trace on sometimes", "trace show x", "trace -t 0", "trace off call"):
        assert "usage: trace" in it.run(wrong), wrong
    assert it.run("sh -c 'trace off'") == ""
    it.power_off()


@ALL
def test_end_of_input(shell, board):
    """^D ends what reads, and at last the shell; init tells so, and the kernel's prompt is there."""
    it = shell(board)
    it.guest.send("cat\r")
    it.guest.expect("cat\r*\n")
    it.guest.send("there\r")
    it.guest.expect(THERE)
    it.guest.send(END)
    it.prompt()
    it.guest.send("sh -c 'exit 3'\r")
    it.prompt()
    it.guest.send(END)
    it.guest.expect("sh has ended with 3")
    it.guest.send(KEYS)
    it.guest.prompt()
    it.guest.power_off()


@ALL
def test_kernel_prompt(shell, board):
    """^] brings it, and takes it away; what was typed before is still there."""
    it = shell(board)
    it.guest.send("echo half")
    it.guest.expect("echo half")
    it.guest.send(KEYS)
    it.guest.prompt()
    assert "Keel" in it.guest.command("version")
    it.guest.send(KEYS)
    it.guest.expect(r"\$ echo half")
    assert it.run(" whole") == "half whole"
    it.guest.send(KEYS)
    it.guest.prompt()
    it.guest.power_off()


@ALL
def test_editing(shell, board):
    """Keys in a line, older lines, lines typed before the shell asks."""
    it = shell(board)
    assert it.run("echo bc\x1b[D\x1b[Da\x1b[3~x\x1b[H\x1b[F!\x7f?") == "axc?"
    assert it.run("echo one two\x17three") == "one three"
    assert it.run("wrong\x15echo right") == "right"
    it.run("echo again")
    assert it.run("\x1b[A") == "again"
    assert it.run("\x1b[A\x1b[A\x1b[B").endswith("again")
    it.guest.send("sleep 1\recho second\recho third\r")
    it.guest.expect(r"second\r*\n")
    it.guest.expect(r"third\r*\n")
    it.prompt()
    it.power_off()


@ALL
def test_bad_lines(shell, board):
    """Messages, and the shell goes on."""
    it = shell(board)
    assert "a ' has no end" in it.run("echo 'a")
    assert "a command is missing" in it.run("echo a | | cat")
    assert "no meaning here" in it.run("echo a > b")
    assert "too many words" in it.run("echo " + "a " * 80)
    assert "too many commands" in it.run("|".join(["cat"] * 9))
    assert it.run("echo $?") == "2"
    for _ in range(5):
        it.guest.send("x" * 50)  # no more than a serial port's driver keeps for a busy CPU
        it.guest.expect("x{50}")
    assert "too long" in it.run("x" * 50)
    it.guest.send("\x00\x1b\x1b[99;99X\xff\xfe\x80\x1b[\r")
    it.prompt()
    assert it.run("echo fine") == "fine"
    for _ in range(3):
        it.run("set a=$a$a" + "b" * 100)
    it.power_off()


def manifest_bootfs(folder, path, change):
    """A boot file system with another manifest."""
    root = os.path.join(folder, "root")
    shutil.copytree(path, root, dirs_exist_ok=True)
    name = os.path.join(root, "etc", "manifest")
    with open(name, encoding="utf-8") as file:
        text = change(file.read())
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    out = os.path.join(folder, "bootfs.cpio")
    subprocess.run([sys.executable, os.path.join(TOP, "scripts", "mkbootfs"), root, out], check=True)
    return out


@pytest.mark.parametrize("board", ["qemu-virt-riscv"])
def test_bad_manifest(boot, folder, builds, board):
    """Lines that are no good are told and passed over; the others count."""
    path = manifest_bootfs(folder, os.path.join(builds(board), "bootfs"),
                           lambda text: "begin x\nstart y\nstart z bin/z everything\n"
                           "start none bin/none\nstart early bin/echo stdio\n"
                           "start note etc/manifest\n" + text + "start word bin/echo -- a word\n")
    it = Shell(boot(board, "--initrd", path))
    text = it.guest.console() + it.prompt()
    for why in ("line 1: it begins with neither start nor tool", "line 2: a path is missing",
                "line 3: an unknown word", "none: not started: the boot file system does not have",
                "early: not started: it cannot be given what it needs", "note: not started"):
        assert why in text, why
    it.power_off()
