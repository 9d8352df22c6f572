# SPDX-License-Identifier: MIT
"""The table of system calls: what is made of it, and what a bad one is told."""
import os
import random
import subprocess
import sys

import pytest

from conftest import TOP

sys.path.insert(0, os.path.join(TOP, "scripts", "build"))

import syscalls  # pylint: disable=wrong-import-position

TABLE = os.path.join(TOP, "include", "uapi", "keel", "syscalls.tbl")
GOOD = """call 0 first
  doc Does it.
call 2 second
  doc Does # more.
  handle channel CHANNEL READ,WRITE
  in options channel_options
  out bytes[count]
  size count 0..65536
  i64 offset -5..7
  error EAGAIN nothing is there
"""


def read(folder, text):
    """The calls of a table with that text."""
    path = folder / "calls.tbl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return syscalls.Reader(str(path)).read()


def lines_of(maker, calls):
    return "\n".join(syscalls.MAKERS[maker](calls, "calls.tbl"))


def test_reads_a_table(tmp_path):
    """Arguments in their order, with what belongs to them."""
    first, second = read(tmp_path, GOOD)
    assert (first.number, first.name, first.returns, first.privilege) == (0, "first", "status", "any")
    assert [a.name for a in second.arguments] == ["channel", "options", "bytes", "count", "offset"]
    assert second.arguments[0].rights == ("READ", "WRITE")
    assert second.doc == ["Does # more."]


def test_dispatch_checks_first(tmp_path):
    """Numbers before memory, memory before the call; an unused number leads nowhere."""
    text = lines_of("dispatch", read(tmp_path, GOOD))
    order = ["a3 > UINT64_C(65536)", "(int64_t)a4 < INT64_C(-5) || (int64_t)a4 > INT64_C(7)",
             "SYSCALL_HANDLE(channel, a0, KEEL_OBJ_TYPE_CHANNEL, KEEL_RIGHT_READ | KEEL_RIGHT_WRITE)",
             "SYSCALL_USER_RANGE(a1, sizeof(struct keel_channel_options))",
             "SYSCALL_COPY_IN(options, a1)", "SYSCALL_USER_RANGE(a2, 1 * a3)", "return sys_second("]
    places = [text.index(piece) for piece in order]
    assert places == sorted(places)
    assert "[1] = syscall_unknown" in text


def test_a_value_is_looked_up_by_the_call(tmp_path):
    """The kernel's function gets the number; errors are told as for any handle, as far as they can be."""
    calls = read(tmp_path, "call 0 f\n doc x\n value h NONE WAIT\n out o handle\n return address\n")
    assert "return sys_f((keel_handle_t)a0, (uint32_t __user *)a1)" in lines_of("dispatch", calls)
    assert "int64_t keel_f(keel_handle_t h, uint32_t *o);" in lines_of("prototypes", calls)
    text = lines_of("doc", calls)
    assert "`EBADF`" in text and "lacks WAIT" in text and "ENOTTY" not in text


def test_a_quick_call_is_tried_first(tmp_path):
    """The table leads to who gets the registers as they are, and who ends in what checks them."""
    calls = read(tmp_path, GOOD.replace("call 2 second\n", "call 2 second\n  quick first\n"))
    text = lines_of("dispatch", calls)
    assert "[2] = quick_second," in text and "[0] = enter_first," in text
    assert "\nint64_t enter_second(uint64_t a0" in text and "static int64_t enter_first(" in text
    assert "int64_t quick_second(uint64_t," in lines_of("handlers", calls)


@pytest.mark.parametrize("arch,wanted", [
    ("arm64", ["mov x8, #2", "svc #0"]), ("riscv64", ["li a7, 2", "ecall"]),
    ("x86_64", ["movq %rcx, %r10", "movl $2, %eax", "syscall"])])
def test_vdso(tmp_path, arch, wanted):
    """The number and the instruction; the fourth argument where SYSCALL leaves it. Numbers lead there, and to
    the only place behind the instruction."""
    text = lines_of(f"vdso-{arch}", read(tmp_path, GOOD))
    code = text.split("keel_second:")[1]
    assert [line.strip() for line in code.split("\n")][1:len(wanted) + 3] == wanted + [".Lsite_2:", "ret"]
    offsets = [line.split()[1] for line in text.split("table:")[1].split("\n") if line.endswith(
        "- table + KEEL_VDSO_TABLE") or line.strip() == ".long 0"]
    assert offsets[1:] == [".Lcall_0", "0", ".Lcall_2", ".Lsite_0", "0", ".Lsite_2"]


def test_vdso_function_in_front(tmp_path):
    """What the vDSO's own function is called, and the call that it may make."""
    text = lines_of("vdso-x86_64", read(tmp_path, "call 0 f\n doc x\n vdso\n return time\n"))
    assert ".hidden vdso_f" in text and "keel_f:" not in text
    assert ".long keel_f - table" in text and ".long .Lsite_0 - table" in text


@pytest.mark.parametrize("arch,jump", [
    ("arm64", "br x16"), ("riscv64", "jr t1"), ("x86_64", "jmp *lib_vdso_calls + 16(%rip)")])
def test_stubs(tmp_path, arch, jump):
    """Programs jump by their table, and make no call themselves."""
    text = lines_of(f"stubs-{arch}", read(tmp_path, GOOD))
    code = text.split("keel_second:")[1].split(".size")[0]
    assert "lib_vdso_calls + 16" in code and code.strip().endswith(jump)
    assert not any(word in text for word in ("svc", "ecall", "syscall\n"))


def test_document_names_errors(tmp_path):
    """Those of the arguments, and the call's own."""
    text = lines_of("doc", read(tmp_path, GOOD))
    for error in ("EBADF", "EACCES", "EFAULT", "EINVAL", "EAGAIN"):
        assert f"| `{error}` |" in text


BAD = [
    ("", 1, "no call"),
    ("call 0\n", 1, "expected 'call NUMBER NAME'"),
    ("call x y\n", 1, "no number"),
    ("call -1 y\n", 1, "no number"),
    ("call 007 y\n", 1, "no number"),
    ("call 1024 y\n", 1, "no number"),
    ("call 99999999999999999999 y\n", 1, "no number"),
    ("call 0 Upper\n", 1, "no name"),
    ("call 0 return\n", 1, "no name"),
    ("call 0 a;b\n", 1, "no name"),
    ("  doc text\n", 1, "belongs to no call"),
    ("call 0 a\n", 1, "no 'doc'"),
    ("call 0 a\n doc x\ncall 0 b\n doc x\n", 3, "line 1"),
    ("call 0 a\n doc x\ncall 1 a\n doc x\n", 3, "line 1"),
    ("call 0 a\n doc x\n float y\n", 3, "not known"),
    ("call 0 a\n doc x\n u32 y 2..1\n", 3, "range"),
    ("call 0 a\n doc x\n u32 y 0..4294967296\n", 3, "range"),
    ("call 0 a\n doc x\n u32 y 0..x\n", 3, "range"),
    ("call 0 a\n doc x\n size y\n", 3, "expected"),
    ("call 0 a\n doc x\n time y 0..1\n", 3, "expected"),
    ("call 0 a\n doc x\n u32 y\n u32 y\n", 4, "second argument"),
    ("call 0 a\n doc x\n in y\n", 3, "neither"),
    ("call 0 a\n doc x\n in y[z]\n", 3, "kind size"),
    ("call 0 a\n doc x\n in y[z]\n u32 z\n", 3, "kind size"),
    ("call 0 a\n doc x\n in y[0]\n", 3, "expected"),
    ("call 0 a\n doc x\n in y T;\n", 3, "no type"),
    ("call 0 a\n doc x\n handle y\n", 3, "expected"),
    ("call 0 a\n doc x\n value y CHANNEL\n", 3, "expected 'value"),
    ("call 0 a\n doc x\n handle y CHANNEL read\n", 3, "no right"),
    ("call 0 a\n doc x\n handle y CHANNEL READ,\n", 3, "no right"),
    ("call 0 a\n doc x\n privilege king\n", 3, "privilege"),
    ("call 0 a\n doc x\n return status\n return u64\n", 4, "second"),
    ("call 0 a\n doc x\n error eagain x\n", 3, "ENAME"),
    ("call 0 a\n doc x\n" + "".join(f" u32 y{i}\n" for i in range(7)), 9, "more than 6"),
    (b"call 0 a\n doc \xff\n", 2, "ASCII"),
]


@pytest.mark.parametrize("text,line,why", BAD)
def test_says_what_is_wrong(tmp_path, text, line, why):
    """File, line, and the reason."""
    with pytest.raises(syscalls.TableError) as error:
        read(tmp_path, text)
    assert f"calls.tbl:{line}: " in str(error.value)
    assert why in str(error.value)


def test_garbage_is_refused_or_understood(tmp_path):
    """Whatever is done to a table, the answer is calls or a TableError, and all can be made of calls."""
    dice = random.Random(5)
    with open(TABLE, encoding="ascii") as file:
        text = file.read()
    words = text.split()
    for _ in range(400):
        lines = text.split("\n")
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(lines))
            lines[at] = dice.choice([
                lines[at][:dice.randrange(len(lines[at]) + 1)], lines[dice.randrange(len(lines))],
                " " + " ".join(dice.choices(words, k=3)), "\x00\x7f" + lines[at],
                " ".join(dice.choices(words, k=3))])
        try:
            calls = read(tmp_path, "\n".join(lines))
        except syscalls.TableError:
            continue
        for maker in syscalls.MAKERS:
            assert lines_of(maker, calls)


def test_numbers_never_change(tmp_path):
    """Another number, another name, a call that is gone or one that is not in the list."""
    doc = tmp_path / "doc.md"
    listed = tmp_path / "numbers"
    calls = read(tmp_path, GOOD)
    doc.write_text(lines_of("doc", calls) + "\n")

    def complaints(text):
        listed.write_text(text)
        return len(syscalls.check(calls, "calls.tbl", str(listed), str(doc)))

    assert complaints("0 first\n2 second\n") == 0
    assert complaints("0 first\n") == 1
    assert complaints("0 second\n2 first\n") == 2
    assert complaints("0 first\n2 second\n3 third\n") == 1
    doc.write_text("something else\n")
    assert complaints("0 first\n2 second\n") == 1


def test_the_table_itself():
    """It is good, its numbers are kept, and the document is up to date."""
    names = ["include/uapi/keel/syscalls.tbl", "include/uapi/keel/syscalls.numbers", "docs/syscalls.md"]
    done = subprocess.run(["scripts/build/syscalls.py", "check", *names], cwd=TOP, check=False,
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_command_says_what_is_wrong(tmp_path):
    """One line and a status, no traceback."""
    path = tmp_path / "calls.tbl"
    path.write_text("call 0 Bad\n")
    for table in (path, tmp_path / "missing.tbl"):
        done = subprocess.run([os.path.join(TOP, "scripts", "build", "syscalls.py"), "numbers",
                               str(table), str(tmp_path / "out")], check=False, capture_output=True,
                              text=True)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1 and str(table) in done.stderr
