# SPDX-License-Identifier: MIT
"""Other builds than the boards' own: one image for an architecture, and clang's."""

import os

import pytest

from guest import BOARDS

ARCHES = {"arm64": "qemu-virt-arm64", "riscv64": "qemu-virt-riscv"}


@pytest.mark.parametrize("arch", list(ARCHES))
@pytest.mark.parametrize("firmware", ["none", "uboot"])
def test_one_image(boot, builds, arch, firmware):
    """The architecture's image is the board's too."""
    guest = boot(ARCHES[arch], "--kernel", os.path.join(builds(arch), "Image"),
                 "--firmware", firmware)
    guest.prompt()
    guest.power_off()


@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("board", BOARDS)
def test_clang(boot, builds, board, cpus):
    """clang and its linker."""
    name = "keel.elf" if board == "qemu-q35" else "Image"
    guest = boot(board, "--kernel", os.path.join(builds(board + "-clang"), name),
                 "--smp", str(cpus))
    assert "clang" in guest.prompt()
    guest.power_off()
