#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check-kernel: boots the kernel's own tests on every board, on one CPU and on four, those of CPUs,
threads and locks also on eight, with little RAM and with much, on one node and on two, in a release build
and a debug build; and on one machine in a build that checks every memory access, with LONG=1 on all of
them. In each build programs test the kernel from user space, too: bin/utest, and bin/fuzz, which makes random
system calls; where every access is checked, calls are made by the vDSO alone. What debug builds say of mistakes with memory that are made on purpose is read, too. Environment: O,
MAKE and RESULTS, as for every part of `make check`."""

import concurrent.futures
import os
import random
import re
import subprocess
import sys
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOARDS = {"qemu-virt-arm64": "Image", "qemu-virt-riscv": "Image", "qemu-q35": "keel.elf"}
BUILDS = {"release": ["check.config"], "debug": ["check.config", "debug.config"],
          "kasan": ["check.config", "kasan.config", "vdso.config"],
          "recursive": ["check.config", "recursive.config"]}
ONLY = {"recursive": ["qemu-q35"]}  # kinds that not every board has
NODES = ["-object", "memory-backend-ram,id=m0,size={half}M,reserve=off",
         "-numa", "node,nodeid=0,memdev=m0,cpus=0",
         "-object", "memory-backend-ram,id=m1,size={half}M,reserve=off",
         "-numa", "node,nodeid=1,memdev=m1,cpus=1", "-numa", "dist,src=0,dst=1,val=21"]
# What the tests run on: CPUs, MiB of RAM, nodes.
MACHINES = {"smp=1": (1, 512, 1), "smp=4": (4, 512, 1), "64M": (1, 64, 1), "64M-2-nodes": (2, 64, 2),
            "8G": (1, 8192, 1), "8G-2-nodes": (2, 8192, 2)}
# More of them for a board, with arguments of the launcher.
MORE = {"qemu-virt-arm64": {"gicv3": (4, 512, 1, "--machine", "gic-version=3"),
                            "gicv4": (2, 512, 1, "--machine", "gic-version=4,virtualization=on"),
                            "fpu-sve": (2, 256, 1, "--cpu", "max")},
        "qemu-virt-riscv": {"fpu-v": (2, 256, 1, "--cpu", "max")},
        "qemu-q35": {"fpu-fxsave": (2, 256, 1, "--cpu", "qemu64")}}
# More of them for a kind.
CROWDS = {"debug": {"smp=8": (8, 512, 1)}}
# Of which tests a machine is for, where it is not for all.
FOR = {"fpu-sve": "ktest=*fpu*", "fpu-v": "ktest=*fpu*", "fpu-fxsave": "ktest=*fpu*"}
# Kinds that run on other machines.
FEW = {} if os.environ.get("LONG") else {"kasan": {"smp=4": (4, 256, 1)}}
# Mistakes that the command `fault` makes, and what is to be said of each: by the checks of the heap in
# debug builds, and with every access checked. {f} is the function that makes it.
FAULTS = {
    "debug": {
        "leak": [r"bytes +blocks +allocated by", r"\n +37035 +3 +{f}\+0x"],
        "overrun": [r"heap: written behind its end: 0x\w+, allocated by {f}\+0x"],
        "before": [r"heap: written in front of, or no block: 0x"],
        "twice": [r"heap: freed twice.*: 0x\w+, allocated by {f}\+0x\w+, freed by {f}\+0x"],
        "stale": [r"heap: written to after it was freed: 0x\w+, allocated by {f}\+0x\w+, freed by {f}"]},
    "kasan": {
        "overrun": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, behind the end of a block",
                    r"block 0x\w+ of 40 bytes, allocated by {f}\+0x"],
        "before": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, in front of a block",
                   r"block 0x\w+ of 40 bytes, allocated by {f}\+0x"],
        "twice": [r"heap: freed twice.*: 0x\w+, allocated by {f}\+0x\w+, freed by {f}\+0x"],
        "stale": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, in freed memory",
                  r"block 0x\w+ of 40 bytes, allocated by {f}\+0x\w+, freed by {f}\+0x"],
        "local": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, behind a variable on the stack",
                  r"variable letters of 21 bytes, on the stack of {f}\+0x"],
        "variable": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, behind a variable",
                     r"variable shelf of 21 bytes"],
        "page": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, in a free page",
                 r"page 0x\w+, allocated by {f}\+0x\w+, freed by {f}\+0x"],
        "area": [r"kasan: write of 1 bytes at 0x\w+ by {f}\+0x\w+, in a part of the mapping area that",
                 r"part 0x\w+ of 4096 bytes, allocated by {f}\+0x\w+, freed by {f}\+0x"]},
}
# Full counts of the random and stress tests, on one machine of each board and kind; a tenth of them where
# every memory access is checked, which takes many times as long.
MANY = {"smp=4": "ktest vmops=1000000 stress_threads=100000 stress_wakes=1000000 syncrounds=5000 "
                 "objectrounds=2000 channelrounds=5000 channeldepth=100000"
        } if os.environ.get("LONG") else {}
TENTH = {"kasan": {"smp=4": "ktest vmops=100000 stress_threads=10000 stress_wakes=100000 syncrounds=500 "
                            "objectrounds=200 channelrounds=500 channeldepth=100000"} if MANY else {}}
# With more CPUs than the host has, what is about CPUs, threads and locks. Some of it has them wait for all
# others with interrupts off.
SOME = {"smp=8": "watchdog=120 ktest=sync_*,timer_*,sched_*,thread_*,smp_*" + (
    " stress_threads=100000 stress_wakes=1000000" if MANY else " syncrounds=20 stress_wakes=10000")}
# What is tested from user space, on how many CPUs: (CPUs, MiB of RAM, nodes) and the program with its arguments.
USERS = {"user smp=1": ((1, 256, 1), "utest"), "user smp=4": ((4, 256, 1), "utest")}
SEED = random.randrange(1 << 32)
FUZZ_CALLS = 1_000_000 if os.environ.get("LONG") else 10_000
FUZZ_DONE = re.compile(rf"fuzz: done: {FUZZ_CALLS} calls")
LOGGED = re.compile(r"^\[ *\d+\.\d+\] info +init: ")
TIMEOUT = (15 if MANY else 1) * float(os.environ.get("KEEL_TEST_PATIENCE", "480"))
OUTCOME = re.compile(r"^(?:\[[^\]]*\] *)?(?:\w+: )?(PASS|FAIL) ([\w.]+)(?:: *(.*))?$")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed$")


def build(folder, board, fragments):
    """Builds one board with fragments; returns the kernel's path, or None and the reason."""
    make = [os.environ.get("MAKE", "make"), f"O={folder}"]
    done = subprocess.run([*make, f"{board}_defconfig", *fragments, "all"], cwd=TOP, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        print(done.stdout)
        return None
    return os.path.join(folder, BOARDS[board])


def boot(board, kernel, machine, log, words):
    """Runs the tests of one kernel; returns (console lines, exit status or why there is none)."""
    patience = TIMEOUT * max(1, machine[0] // 4)
    launcher = os.path.join(TOP, "scripts", "qemu", board)
    errors = log + ".errors"
    cpus, memory, nodes, *more = machine
    command = [launcher, "--quiet", "--kernel", kernel, "--smp", str(cpus), "--append", words,
               "--mem", f"{memory}M", "--out", os.path.dirname(log), *more, "--", "-d", "guest_errors",
               "-D", errors, *(arg.format(half=memory // 2) for arg in NODES if nodes == 2)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=patience, check=False)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = late.stdout or b"", f"hangs: no end after {patience:.0f} s"
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode(errors="replace")).replace("\r", "")
    with open(log, "w", encoding="utf-8") as file:
        file.write(text)
    if os.path.exists(errors) and os.path.getsize(errors) and status == 0:
        status = f"guest errors, see {errors}"
    return text.splitlines(), status


def judge(prefix, lines, status):
    """Turns one console into result lines; a test that complains twice has failed once."""
    results, summary, failing = [], None, None
    for line in lines:
        summary = SUMMARY.match(line) or summary
        outcome = OUTCOME.match(line)
        if outcome:
            kind, name, why = outcome.groups()
            if kind == "PASS" or name != failing:
                results.append(f"{kind} {prefix} {name}" + (f": {why}" if why else ""))
            failing = name if kind == "FAIL" else None
    failed = len([line for line in results if line.startswith("FAIL")])
    if not summary:
        results.append(f"FAIL {prefix}: no summary line; {status}; the console ends with: "
                       f"{' | '.join(lines[-3:])}")
    elif (int(summary[1]), int(summary[2])) != (len(results) - failed, failed) or not results:
        results.append(f"FAIL {prefix}: the summary '{summary[0]}' is not what was printed")
    elif status != (1 if failed else 0):
        results.append(f"FAIL {prefix}: ended with {status}")
    return results


def at_prompt(board, kernel, commands, folder):
    """Boots to the prompt and gives commands there; returns the console."""
    command = [os.path.join(TOP, "scripts", "qemu", board), "--quiet", "--kernel", kernel,
               "--mem", "128M", "--append", "init=none panic=poweroff", "--out", folder]
    text = b""

    def read_to_prompt(guest):
        answer = b""
        while not answer.endswith(b"keel> "):
            byte = guest.stdout.read1(1)
            if not byte:
                break
            answer += byte
        return answer

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as guest:
        late = threading.Timer(TIMEOUT, guest.kill)
        late.start()
        text = read_to_prompt(guest)
        for line in commands:
            try:
                guest.stdin.write(line.encode() + b"\r")
                guest.stdin.flush()
            except BrokenPipeError:
                break  # what there is of the console tells why
            text += read_to_prompt(guest)
        late.cancel()
        guest.terminate()
    return text.decode(errors="replace")


def run_faults(board, kernel, kind, folder):
    """What a build says of mistakes made on purpose."""
    results = []
    for name, patterns in FAULTS.get(kind, {}).items():
        commands = [f"fault {name}"] + (["heap leaks"] if name == "leak" else [])
        text = at_prompt(board, kernel, commands, folder)
        missing = [pattern for pattern in patterns
                   if not re.search(pattern.format(f=f"fault_{name}"), text)]
        what = f"kernel: {board} {kind} fault_{name}"
        results.append(f"FAIL {what}: no {missing[0]} in: {text[-600:]!r}" if missing
                       else f"PASS {what}")
    return results


def boot_user(board, kernel, machine, log, program, words=""):
    """Runs a program in place of init; (its lines, exit status or why there is none)."""
    archive = os.path.join(os.path.dirname(kernel), "bootfs.cpio")
    lines, status = boot(board, kernel, (*machine, "--initrd", archive), log,
                         f"init=bin/{program} panic=poweroff {words}")
    return [LOGGED.sub("", line) for line in lines], status


def run_users(board, kernel, kind, folder):
    """What is tested from user space."""
    results = []
    for name, (machine, program) in USERS.items():
        log = os.path.join(folder, f"{board}-{kind}-{name}.console")
        lines, status = boot_user(board, kernel, machine, log, program)
        results += judge(f"kernel: {board} {kind} {name}", lines, status)
    log = os.path.join(folder, f"{board}-{kind}-fuzz.console")
    lines, status = boot_user(board, kernel, (4, 256, 1), log, "fuzz", f"-- {SEED:#x} {FUZZ_CALLS}")
    what = f"kernel: {board} {kind} user_fuzz"
    good = status == 0 and any(FUZZ_DONE.search(line) for line in lines)
    return results + [f"PASS {what}" if good else
                      f"FAIL {what}: seed {SEED:#x}: {status}; the console ends with: "
                      f"{' | '.join(lines[-3:])}"]


def run_board(folder, board, kind):
    """Builds and boots one kernel on each machine."""
    kernel = build(os.path.join(folder, f"{board}-ktest-{kind}"), board, BUILDS[kind])
    if not kernel:
        return [f"FAIL kernel: {board} {kind} does not build"]
    results = []
    machines = {**MACHINES, **MORE.get(board, {}), **CROWDS.get(kind, {})}
    for name, machine in FEW.get(kind, machines).items():
        log = os.path.join(folder, "kernel", f"{board}-{kind}-{name}.console")
        words = {**MANY, **TENTH.get(kind, {}), **SOME, **FOR}.get(name, "ktest")
        lines, status = boot(board, kernel, machine, log, words)
        results += judge(f"kernel: {board} {kind} {name}", lines, status)
    results += run_users(board, kernel, kind, os.path.join(folder, "kernel"))
    return results + run_faults(board, kernel, kind, os.path.join(folder, "kernel"))


def main():
    """Everything, two machines at a time."""
    folder = os.path.join(os.environ.get("O", os.path.join(TOP, "build")), "check")
    os.makedirs(os.path.join(folder, "kernel"), exist_ok=True)
    jobs = [(folder, board, kind) for kind in BUILDS for board in ONLY.get(kind, BOARDS)]
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        results = [line for lines in pool.map(lambda job: run_board(*job), jobs) for line in lines]
    text = "".join(line + "\n" for line in results)
    if os.environ.get("RESULTS"):
        with open(os.environ["RESULTS"], "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="")
    return any(line.startswith("FAIL") for line in results)


if __name__ == "__main__":
    sys.exit(main())
