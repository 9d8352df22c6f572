# SPDX-License-Identifier: MIT
"""What the launchers of the emulated machines share: options, QEMU's command line, exit status."""

import argparse
import ctypes
import dataclasses
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts", "image"))

import image  # pylint: disable=wrong-import-position

OLDEST_QEMU = 9
DEBUG_PORT = 1234
# From here on QEMU gets memory that the host need not have.
RESERVED_LIMIT = 4 << 30
PR_SET_PDEATHSIG = 1
UNITS = {"": 20, "K": 10, "M": 20, "G": 30, "T": 40}


class LaunchError(Exception):
    """The machine cannot be started; the text says why, in one line."""


@dataclasses.dataclass
class Machine:
    """One emulated machine. Functions are called with the parsed options."""

    board: str
    qemu: str
    package: str
    kernel: str  # file in the output folder
    machine: str
    cpu: str
    firmware: dict  # name -> function(options) that returns QEMU's arguments
    extra: tuple = ()
    bus: str = "pci"  # where a virtio disk hangs
    memory: str = "512M"
    status: object = None  # function(exit status of QEMU, QEMU's complaints) -> status of Keel
    notes: str = ""


def cache():
    """The folder of fetched firmware."""
    setup = os.path.join(TOP, "scripts", "setup")
    return subprocess.run([setup, "--cache"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def firmware_file(release, path):
    """A file of a firmware package in the cache."""
    full = os.path.join(cache(), f"debian{release}", path)
    if not os.path.exists(full):
        raise LaunchError(f"{full} is missing: make setup fetches it")
    return full


def bytes_of(size):
    """The number of bytes of a size such as 512M or 64G; MiB without a unit, as in QEMU."""
    match = re.fullmatch(r"(\d+)([KMGT]?)", size.upper())
    if not match:
        raise LaunchError(f"memory size '{size}' is not a number with K, M, G or T")
    return int(match[1]) << UNITS[match[2]]


def existing(path, what):
    """The path, which must be a file."""
    if not os.path.isfile(path):
        raise LaunchError(f"{what} {path} does not exist" +
                          (": make builds it" if what == "kernel" else ""))
    return path


def escaped(path):
    """A path as QEMU's option parser wants it: a comma is written twice."""
    return path.replace(",", ",,")


def disk_arguments(path, bus):
    """A virtio disk; what is written to it is lost at the end."""
    return ["-drive", f"file={escaped(path)},if=none,id=disk,format=raw,snapshot=on",
            "-device", f"virtio-blk-{bus},drive=disk"]


def kernel_arguments(options):
    """The kernel as QEMU itself loads it."""
    arguments = ["-kernel", existing(options.kernel, "kernel")]
    arguments += ["-append", options.append] if options.append else []
    arguments += ["-initrd", existing(options.initrd, "initrd")] if options.initrd else []
    return arguments


def made_file(options, suffix):
    """Where an image that is made for one run goes."""
    folder = os.path.join(options.out, "run")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, options.board + suffix)


def extlinux_disk(options):
    """Makes options.disk, with the kernel and an extlinux.conf, unless the caller brings one."""
    if options.disk:
        return
    files = {"Image": existing(options.kernel, "kernel")}
    names = {"dtb": None, "initrd": None}
    for name in names:
        if getattr(options, name):
            files[name] = existing(getattr(options, name), name)
            names[name] = "/" + name
    files["extlinux/extlinux.conf"] = image.extlinux_conf("/Image", options.append, **names)
    path = made_file(options, ".img")
    if not options.dry_run:
        image.make_disk(path, files)
    options.disk = path


def grub_iso(options):
    """A GRUB ISO with the kernel, and the initrd as its module."""
    path = made_file(options, ".iso")
    modules = [(existing(options.initrd, "initrd"), "initrd")] if options.initrd else []
    if not options.dry_run:
        image.make_iso(path, existing(options.kernel, "kernel"), options.append, modules)
    return ["-cdrom", path]


def find_qemu(machine):
    """The emulator's path; says which package is missing or too old."""
    path = shutil.which(machine.qemu)
    advice = f"install the package {machine.package} (make setup does)"
    if not path:
        raise LaunchError(f"{machine.qemu} is missing: {advice}")
    text = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True,
                          check=False).stdout
    version = re.search(r"version (\d+)", text)
    if not version or int(version[1]) < OLDEST_QEMU:
        raise LaunchError(f"{path} is older than QEMU {OLDEST_QEMU}: {advice}")
    return machine.qemu


def memory_arguments(options, machine):
    """-machine and the memory: more than the host may have is not reserved there. Memory nodes bring
    memory of their own (-numa node,memdev=)."""
    board = machine.machine + ("," + options.machine if options.machine else "")
    if bytes_of(options.mem) <= RESERVED_LIMIT or "-numa" in options.qemu_arguments:
        return ["-machine", board, "-m", options.mem]
    return ["-object", f"memory-backend-ram,id=ram,size={options.mem},reserve=off",
            "-machine", board + ",memory-backend=ram", "-m", options.mem]


def command_line(machine, options):
    """QEMU's whole command line."""
    command = [find_qemu(machine), "-accel", "tcg", *memory_arguments(options, machine),
               "-cpu", options.cpu, "-smp", options.smp, "-display", "none",
               "-serial", options.serial, "-nic", "none", *machine.extra]
    if options.disk:
        existing(options.disk, "disk")
    command += machine.firmware[options.firmware](options)
    command += disk_arguments(options.disk, machine.bus) if options.disk else []
    if options.dtb and options.firmware == "none":
        command += ["-dtb", existing(options.dtb, "dtb")]
    if options.debug:
        command += ["-gdb", f"tcp:127.0.0.1:{options.debug}", "-S"]
    return command + options.qemu_arguments


def debug_port(text):
    """The port of DEBUG=: 0 is off, 1 the usual one."""
    if text in ("", "0", "n", "no"):
        return 0
    if text in ("1", "y", "yes"):
        return DEBUG_PORT
    if not text.isdigit() or int(text) > 65535:
        raise LaunchError(f"debug port '{text}' is not a port number")
    return int(text)


def parse(machine, argv):
    """Options, with the environment as their defaults."""
    get = os.environ.get
    parser = argparse.ArgumentParser(
        description=f"Starts Keel on {machine.board} in QEMU. Ctrl-A X leaves. {machine.notes}",
        epilog="Environment: O, MEM, SMP, CPU, FIRMWARE, APPEND, DEBUG, KEEL_CACHE. "
               "Arguments after -- go to QEMU.")
    add = parser.add_argument
    add("--out", default=get("O") or os.path.join(TOP, "build"), help="output folder of the build")
    add("--kernel", help=f"default: {machine.kernel} in the output folder")
    add("--append", default=get("APPEND", ""), help="kernel command line")
    add("--mem", default=get("MEM") or machine.memory, help=f"default {machine.memory}")
    add("--smp", default=get("SMP") or "4", help="number of CPUs, default 4")
    add("--cpu", default=get("CPU") or machine.cpu, help=f"default {machine.cpu}")
    add("--firmware", default=get("FIRMWARE") or "none", choices=list(machine.firmware))
    add("--machine", default="", help="more properties of QEMU's -machine, with commas")
    add("--debug", nargs="?", const="1", default=get("DEBUG", ""), metavar="PORT",
        help=f"wait for gdb at 127.0.0.1, default port {DEBUG_PORT}")
    add("--dtb", help="device tree instead of the emulator's")
    add("--initrd", help="initial RAM disk, or the first module")
    add("--disk", help="disk image, for firmware that boots from one; it is not written to")
    add("--serial", default="mon:stdio", help="QEMU's -serial, default mon:stdio")
    add("--quiet", action="store_true", help="do not print the command line")
    add("--dry-run", action="store_true", help="only print the command line")
    split = argv.index("--") if "--" in argv else len(argv)
    options = parser.parse_args(argv[:split])
    options.qemu_arguments = argv[split + 1:]
    options.board = machine.board
    options.debug = debug_port(options.debug)
    options.kernel = options.kernel or os.path.join(options.out, machine.kernel)
    if options.firmware not in machine.firmware:  # argparse does not look at defaults
        raise LaunchError(f"firmware '{options.firmware}' is none of {machine.board}'s: "
                          + ", ".join(machine.firmware))
    return options


def die_with_parent():
    """In the child: no emulator outlives its launcher."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def relay(stream, lines):
    """Copies the emulator's own messages to ours, and keeps them."""
    for line in stream:
        lines.append(line)
        sys.stderr.write(line)
        sys.stderr.flush()


def run(machine, command):
    """Runs the emulator on this terminal; returns what Keel's status was."""
    complaints = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace",
                          preexec_fn=die_with_parent) as child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: child.terminate())
        reader = threading.Thread(target=relay, args=(child.stderr, complaints), daemon=True)
        reader.start()
        status = child.wait()
        reader.join(1)
    if status < 0:
        return 128 - status
    return machine.status(status, complaints) if machine.status else status


def main(machine):
    """The body of every launcher."""
    try:
        options = parse(machine, sys.argv[1:])
        command = command_line(machine, options)
    except (LaunchError, image.ImageError, OSError) as error:
        print(f"{machine.board}: {error}", file=sys.stderr)
        return 2
    if options.dry_run or not options.quiet:
        print(shlex.join(command), flush=True)
    if options.dry_run:
        return 0
    if options.debug:
        print(f"waiting for gdb at 127.0.0.1:{options.debug} (make debug)", flush=True)
    return run(machine, command)
