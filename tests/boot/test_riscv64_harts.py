# SPDX-License-Identifier: MIT
"""riscv64 under a firmware that is not OpenSBI: it releases every hart at once, answers no call and
opens no optional instruction."""

import os
import struct

import trees

BOARD = "qemu-virt-riscv"
FIRMWARE = struct.pack("<35I",
                       0xF1402573,              # csrr a0, mhartid
                       0x00000297, 0x05828293,  # lla t0, trap
                       0x30529073,              # csrw mtvec, t0
                       0xFFF00293, 0x3B029073,  # pmpaddr0 = -1: S-mode may access everything
                       0x01F00293, 0x3A029073,  # pmpcfg0 = NAPOT | RWX
                       0xFFF00293, 0x30629073,  # mcounteren = -1
                       0x0000B2B7, 0x1FF2829B,  # medeleg = 0xb1ff: all but calls from S-mode
                       0x30229073,
                       0x000022B7, 0x8002829B,  # mstatus.MPP = S
                       0x3002B073,
                       0x000012B7, 0x8002829B,
                       0x3002A073,
                       0x4010029B, 0x01529293,  # mepc = 0x80200000
                       0x34129073,
                       0x30200073,              # mret, with QEMU's tree still in a1
                       0x34029073,              # trap: csrw mscratch, t0
                       0x342022F3, 0xFF728293,  # t0 = mcause - 9
                       0x02029063,              # bnez t0, forever
                       0x341022F3, 0x00428293,  # mepc += 4
                       0x34129073,
                       0x340022F3,              # csrr t0, mscratch
                       0xFFE00513, 0x00000593,  # a0 = SBI_ERR_NOT_SUPPORTED, a1 = 0
                       0x30200073,              # mret
                       0x0000006F)              # forever: j forever


def test_all_at_once(boot, folder):
    """One of eight harts boots, the others wait; a silent firmware does not hurt."""
    path = os.path.join(folder, "firmware")
    with open(path, "wb") as out:
        out.write(FIRMWARE)
    tree = trees.changed(BOARD, folder, cpus=8)
    guest = boot(BOARD, "--smp", "8", "--dtb", tree, qemu=["-bios", path])
    text = guest.prompt()
    assert text.count("boot: Keel") == 1
    cpus = guest.command("cpus")
    assert cpus.count("running") == 1
    features = next(line for line in cpus.splitlines() if line.startswith("features"))
    assert "zicbom" not in features and "zicboz" not in features
    guest.power_off(3)
