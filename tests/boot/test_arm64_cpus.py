# SPDX-License-Identifier: MIT
"""arm64: every interrupt controller from one image, all CPUs by PSCI and by a spin table, the timer's
and the console's interrupts."""

import os
import re
import time

import pytest

import trees

BOARD = "qemu-virt-arm64"
HERE = os.path.dirname(os.path.abspath(__file__))
# Arguments of -machine, and the driver that must take the controller.
MACHINES = {"gic-version=2": "gicv2", "gic-version=3": "gicv3",
            "gic-version=4,virtualization=on": "gicv3", "gic-version=2,virtualization=on": "gicv2",
            "gic-version=3,virtualization=on": "gicv3", "gic-version=3,secure=on": "gicv3",
            "gic-version=2,secure=on": "gicv2", "gic-version=3,its=off": "gicv3"}


def lines(guest):
    """What `irqs` shows: {name: (controller, line, counts)}."""
    found = {}
    for line in guest.command("irqs").splitlines():
        match = re.match(r"(\w+) +(\d+) +\S+ +\S+ +\S+ +((?:\d+ +)+)(\D.*)$", line)
        if match:
            found[match[4].strip()] = (match[1], int(match[2]),
                                       [int(n) for n in match[3].split()])
    return found


def check(guest, cpus, controller, timer="arch timer, virtual"):
    """All CPUs run, and the timer interrupts the boot CPU again and again."""
    text = guest.prompt()
    assert cpus == 1 or f"{cpus} of {cpus} CPUs run" in text
    assert len(re.findall(r"(?m)^cpu \d+: .*running", guest.command("cpus"))) == cpus
    before = lines(guest)[timer]
    time.sleep(0.5)
    after = lines(guest)[timer]
    assert before[0] == controller and len(after[2]) == cpus
    assert after[2][0] > before[2][0], "the timer does not interrupt"
    assert all(count > 0 for count in after[2]), "a CPU's timer has never interrupted"


@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("properties", MACHINES)
def test_controllers(boot, properties, cpus):
    """Each controller, entered at EL1 and at EL2, with one CPU and with four."""
    guest = boot(BOARD, "--machine", properties, "--smp", str(cpus))
    check(guest, cpus, MACHINES[properties])
    guest.power_off()


@pytest.mark.parametrize("properties,cpus", [("gic-version=2", 2), ("gic-version=2", 8),
                                             ("gic-version=3", 2), ("gic-version=3", 8),
                                             ("gic-version=3", 20)])
def test_numbers_of_cpus(boot, properties, cpus):
    """Up to what a GICv2 can, and beyond what one write reaches on a GICv3 (16)."""
    guest = boot(BOARD, "--machine", properties, "--smp", str(cpus))
    check(guest, cpus, MACHINES[properties])
    guest.power_off()


def test_spin_table(boot, folder, kernel):
    """A board without PSCI: CPUs come from EL2 out of a spin table, the controller is a GIC-400."""
    with open(os.path.join(HERE, "raspi4b.dts"), encoding="utf-8") as file:
        tree = trees.compile_source(file.read(), os.path.join(folder, "raspi4b.dtb"))
    guest = boot(BOARD, emulator=["qemu-system-aarch64", "-accel", "tcg", "-M", "raspi4b",
                                  "-display", "none", "-serial", "mon:stdio", "-nic", "none",
                                  "-semihosting-config", "enable=on,target=native",
                                  "-kernel", kernel(BOARD), "-dtb", tree])
    check(guest, 4, "gicv2")
    assert "by spin-table" in guest.command("cpus")
    assert "cpus failed: not supported" in guest.command("cpus off 1")
    assert re.search(r"(?m)^cpu 1: .*running", guest.command("cpus"))
    guest.power_off()


def test_absent_cpu(boot, folder):
    """A CPU of the tree that the machine has not is left out, by what firmware answers; the rest run."""
    cpu = '\n\t\tcpu@5 { device_type = "cpu"; compatible = "arm,cortex-a72"; reg = <5>;' \
          ' enable-method = "psci"; };'
    tree = trees.changed(BOARD, folder, cpus=2,
                         edit=lambda text: re.sub(r"(\n\tcpus \{(?:\n\t\t#[^\n]*)*)", rf"\1{cpu}",
                                                  text))
    guest = boot(BOARD, "--smp", "2", qemu=["-dtb", tree])
    guest.known_errors = re.compile(r"arm_get_cpu_by_id: Requesting unknown CPU 5$")
    text = guest.prompt()
    assert re.search(r"CPU \d \(hardware id 0x5\) is left out: bad argument", text), text
    assert "2 of 3 CPUs run" in text
    guest.power_off()


def test_silent_cpu(boot, folder):
    """A CPU that nobody releases does not come: it is waited for a while, and left out."""
    edit = (lambda text: re.sub(r'(cpu@1 \{[^}]*)enable-method = "psci";',
                                r'\1enable-method = "spin-table"; cpu-release-addr = <0 0x4f000000>;',
                                text))
    tree = trees.changed(BOARD, folder, cpus=3, edit=edit, reserve=[(0x4f000000, 0x1000)])
    guest = boot(BOARD, "--smp", "3", qemu=["-dtb", tree])
    text = guest.prompt()
    assert re.search(r"CPU 1 \(hardware id 0x1\) is left out: it did not come in time", text), text
    assert "2 of 3 CPUs run" in text
    guest.power_off()


def test_wrong_release_addresses(boot, folder):
    """Addresses at which nothing of firmware's can wait are not written to: those CPUs are left out."""
    wrong = {1: 0x40201000,    # in the kernel, though the tree reserves that too
             2: 0x48000000,    # in RAM that is anybody's
             3: 0x09000000,    # a device's register
             4: 0x8000000000,  # nothing
             5: 0x4f000004,    # reserved, but not a multiple of 8
             6: 0xfffffffffffffff8}

    def edit(text):
        for cpu, at in wrong.items():
            text = re.sub(rf'(cpu@{cpu} {{[^}}]*)enable-method = "psci";',
                          rf'\1enable-method = "spin-table"; cpu-release-addr = /bits/ 64 <{at:#x}>;',
                          text)
        return text

    tree = trees.changed(BOARD, folder, cpus=8, edit=edit,
                         reserve=[(0x40200000, 0x2000), (0x4f000000, 0x1000)])
    guest = boot(BOARD, "--smp", "8", qemu=["-dtb", tree])
    text = guest.prompt()
    for cpu, at in wrong.items():
        assert f"cpu-release-addr {at:#x} of CPU {cpu} is no word of RAM" in text, text
        assert re.search(rf"CPU {cpu} \(hardware id {cpu:#x}\) is left out: bad address", text), text
    assert "2 of 8 CPUs run" in text
    assert re.search(r"\s0*x?0*40200000 .* kernel", guest.command("mem")), "the kernel lies elsewhere"
    guest.power_off()


def test_physical_timer(boot, folder):
    """Where the tree has no line for the virtual timer the physical one is taken."""
    edit = (lambda text: re.sub(r"(timer \{[^}]*interrupts = <(?:0x\w+ ){5}0x\w+)[^>]*>", r"\1>",
                                text))
    tree = trees.changed(BOARD, folder, cpus=2, edit=edit)
    guest = boot(BOARD, "--smp", "2", qemu=["-dtb", tree])
    check(guest, 2, "gicv2", "arch timer, physical")
    guest.power_off()


@pytest.mark.parametrize("properties", ["gic-version=2", "gic-version=3"])
def test_console_interrupts(boot, properties):
    """What is typed comes by the interrupt of the serial port, one at least for each line."""
    guest = boot(BOARD, "--machine", properties, "--smp", "2")
    guest.prompt()
    before = lines(guest)["serial0"]
    for _ in range(5):
        guest.command("version")
    after = lines(guest)["serial0"]
    assert after[2][0] >= before[2][0] + 5
    guest.power_off()


def test_no_controller(boot, folder):
    """Without an interrupt controller the kernel says so, runs one CPU and gets to its prompt."""
    edit = (lambda text: re.sub(r"(intc@8000000 \{)", r'\1 status = "disabled";', text))
    tree = trees.changed(BOARD, folder, cpus=2, edit=edit)
    guest = boot(BOARD, "--smp", "2", qemu=["-dtb", tree])
    text = guest.prompt()
    assert "no driver for an interrupt controller" in text
    guest.command("irqs")
    guest.power_off()
