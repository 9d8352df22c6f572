# SPDX-License-Identifier: MIT
"""Fixtures of the boot tests, and the results file that `make check` reads."""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest  # pylint: disable=wrong-import-position

from guest import TOP, Guest  # pylint: disable=wrong-import-position

sys.path.insert(0, os.path.join(TOP, "scripts", "image"))

import image  # pylint: disable=wrong-import-position

KERNELS = {"qemu-virt-arm64": "Image", "qemu-virt-riscv": "Image", "qemu-q35": "keel.elf"}


def pytest_addoption(parser):
    """Where the kernels are, and where results go."""
    parser.addoption("--builds", default=os.path.join(TOP, "build", "check"),
                     help="folder with the output folder of each board")
    parser.addoption("--results", help="file for PASS and FAIL lines")
    parser.addoption("--logs", default=os.path.join(TOP, "build", "check", "boot"),
                     help="folder for consoles and error logs")


class Results:
    """Writes one line for each test as it ends; a skipped one counts as failed."""

    def __init__(self, path):
        self.path = path
        self.failures = {}

    def write(self, line):
        """Adds a line to the file: who is interrupted keeps what there is."""
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(line + "\n")

    def pytest_runtest_logreport(self, report):
        """Called for setup, call and teardown of each test, in the controlling process."""
        name = "boot: " + re.sub(r"^.*test_(\w+)\.py::test_", r"\1 ", report.nodeid)
        if report.failed or report.skipped:
            text = report.longrepr[2] if report.skipped else str(report.longrepr)
            errors = [line[2:].strip() for line in text.splitlines() if line.startswith("E ")]
            why = "skipped: " + text if report.skipped else (errors or text.splitlines())[0]
            self.failures.setdefault(name, why)
        if report.when == "teardown":
            why = self.failures.pop(name, None)
            self.write(f"PASS {name}" if why is None else f"FAIL {name}: {why}")

    def pytest_collectreport(self, report):
        """A file that cannot be read as a test is a failure too."""
        if report.failed:
            self.failures[f"boot: collecting {report.nodeid}"] = "does not load"

    def pytest_sessionfinish(self):
        """What never got to its end, as when a worker died."""
        for name, why in self.failures.items():
            self.write(f"FAIL {name}: {why}")


def pytest_configure(config):
    """Only the process that controls the workers records."""
    path = config.getoption("--results")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(path))


@pytest.fixture(scope="session")
def builds(request):
    """build(board) -> the board's output folder."""
    root = os.path.abspath(request.config.getoption("--builds"))
    return lambda board: os.path.join(root, board)


@pytest.fixture(scope="session")
def kernel(builds):  # pylint: disable=redefined-outer-name
    """kernel(board) -> the file that firmware loads."""
    return lambda board: os.path.join(builds(board), KERNELS[board])


@pytest.fixture
def folder(request):
    """A folder for this test's files, kept for reading after a failure."""
    name = re.sub(r"[^A-Za-z0-9._=-]+", "_", request.node.name)[:100]
    path = os.path.join(os.path.abspath(request.config.getoption("--logs")), name)
    os.makedirs(path, exist_ok=True)
    return path


@pytest.fixture
def boot(folder, kernel):  # pylint: disable=redefined-outer-name
    """boot(board, ..., qemu=(), emulator=()) -> Guest; the error log of each is checked at the end."""
    guests = []

    def start(board, *arguments, qemu=(), emulator=()):
        arguments = list(arguments)
        if "--kernel" not in arguments:
            arguments += ["--kernel", kernel(board)]
        guests.append(Guest(board, folder, f"guest{len(guests)}", arguments, qemu, emulator))
        return guests[-1]

    yield start
    for guest in guests:
        guest.close()
    for guest in guests:
        guest.check_errors()


@pytest.fixture
def disk(folder, kernel):  # pylint: disable=redefined-outer-name
    """disk(board, files, append, kind, extlinux) -> a disk image with the kernel as /Image."""
    def make(board, files=None, append="", kind="fat", extlinux=True, **names):
        files = {"Image": kernel(board), **(files or {})}
        if extlinux:
            files["extlinux/extlinux.conf"] = image.extlinux_conf("/Image", append, **names)
        path = os.path.join(folder, "disk.img")
        image.make_disk(path, files, kind)
        return path
    return make


@pytest.fixture
def iso(folder, kernel):  # pylint: disable=redefined-outer-name
    """iso(append, modules) -> a GRUB ISO with qemu-q35's kernel."""
    def make(append="", modules=()):
        path = os.path.join(folder, "keel.iso")
        image.make_iso(path, kernel("qemu-q35"), append, modules)
        return path
    return make


@pytest.fixture(scope="session")
def firmware():
    """firmware(release, path) -> a file of a Debian release's firmware."""
    cache = subprocess.run([os.path.join(TOP, "scripts", "setup"), "--cache"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.strip()
    return lambda release, path: os.path.join(cache, f"debian{release}", path)
