# SPDX-License-Identifier: MIT
"""What the kernel says when it runs into a fault: the cause in words, all registers, a backtrace with
names. The kernels are those with the tests in, which have a command to fault on purpose."""

import os
import re

import pytest

from guest import BOARDS

IMAGES = {"qemu-virt-arm64": "Image", "qemu-virt-riscv": "Image", "qemu-q35": "keel.elf"}
# What the report calls the cause: any machine's words. What follows is in the line below it.
CAUSES = {
    "read": (r"data abort: translation fault|page fault: read .*not present|load page fault",
             r"reading address 0x0000000000000010"),
    "write": (r"data abort: translation fault|page fault: write .*not present|store.* page fault",
              r"writing address 0x0000000000000010"),
    "rodata": (r"data abort: permission fault|page fault: write .*not allowed|store.* page fault",
               r"writing address 0xffff"),
    "jump": (r"instruction abort: translation fault|page fault: execute .*not present|"
             r"instruction page fault", r"executing address 0x0000000000000010"),
    "data": (r"instruction abort: permission fault|page fault: execute .*not allowed|"
             r"instruction page fault", r"executing address 0xffff"),
    "guard": (r"stack overflow in thread boot", r"writing address 0xffff"),
    "stack": (r"stack overflow in thread boot", r"recurse"),
    "thread_stack": (r"stack overflow in thread digger", r"recurse"),
    "brim": (r"stack overflow in thread brimful", r"wait_at_the_brim"),
    "undefined": (r"BRK instruction|invalid opcode|breakpoint|illegal instruction",
                  r"fault_undefined\+0x"),
}
# Saved by each machine: the first and the last general register, and the program counter.
REGISTERS = {
    "qemu-virt-arm64": ["x0", "x29", "lr", "sp", "pc", "pstate", "esr", "far"],
    "qemu-virt-riscv": ["ra", "sp", "a0", "s11", "t6", "sstatus", "scause", "stval"],
    "qemu-q35": ["rax", "rbp", "rsp", "r15", "rip", "rflags", "cr2", "cr3"],
}


@pytest.fixture
def faulty(boot, builds):
    """faulty(board, command, ...) -> the report of a kernel that was told to fault."""
    def run(board, command, *arguments):
        kernel = os.path.join(builds(f"{board}-test"), IMAGES[board])
        guest = boot(board, "--kernel", kernel, "--append", "init=none panic=poweroff", *arguments)
        guest.prompt()
        guest.send(command + "\r")
        return guest.expect(r"keel: power off, status \d+\r*\n")
    return run


@pytest.mark.parametrize("kind", CAUSES)
@pytest.mark.parametrize("board", BOARDS)
def test_fault(faulty, board, kind):
    """Each kind of fault on each machine."""
    text = faulty(board, f"fault {kind}")
    cause, place = CAUSES[kind]
    assert re.search(rf"panic: panic: .*(?:{cause})", text), text
    assert re.search(place, text), text
    for register in REGISTERS[board]:
        assert re.search(rf"\b{register} +(?:0x)?[0-9a-f]{{4,16}}\b", text), f"no {register}: {text}"
    trace = text[text.index("backtrace"):]
    if kind in ("thread_stack", "brim"):
        return
    assert "recurse" in trace if kind == "stack" else re.search(r"command_run\+0x", trace), text


@pytest.mark.parametrize("kind,words", [
    ("user", r"instruction abort from user mode: .*EL0 synchronous"),
    ("user32", r"instruction abort from user mode: .*EL0 AArch32 synchronous"),
    ("el1t", r"BRK instruction .*EL1t synchronous"),
    ("pc", r"misaligned program counter .*EL1h synchronous"),
    ("sp_wild", r"kernel stack pointer outside of any stack"),
    ("udf", r"undefined instruction"),
    ("fp", r"floating point or SIMD not enabled")])
@pytest.mark.parametrize("properties", ["", "virtualization=on"])
def test_arm64_exception(faulty, properties, kind, words):
    """Exceptions from each of arm64's levels are reported by the name of their vector."""
    text = faulty("qemu-virt-arm64", f"fault_arm64 {kind}", "--machine", properties)
    assert re.search(rf"panic: panic: .*{words}", text), text
