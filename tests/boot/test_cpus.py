# SPDX-License-Identifier: MIT
"""All CPUs: started from whichever the firmware chose, left out when they do not come or must not run,
stopped by a panic."""

import os
import re

import pytest

import trees

KERNELS = {"qemu-virt-arm64": "Image", "qemu-virt-riscv": "Image", "qemu-q35": "keel.elf"}


def states(guest):
    """{hardware id: what `cpus` says of it}."""
    found = re.findall(r"^cpu \d+: hardware id (0x[0-9a-f]+|0), node \d+, \S+, (.*)$",
                       guest.command("cpus").replace("\r", ""), re.M)
    return {int(number, 0): state for number, state in found}


def boot_cpu(guest):
    """The hardware id of CPU 0."""
    found = re.search(r"^cpu 0: hardware id (0x[0-9a-f]+|0),", guest.command("cpus"), re.M)
    return int(found[1], 0)


def running(guest):
    return [cpu for cpu, state in states(guest).items() if state.startswith("running")]


@pytest.mark.parametrize("cpus", [1, 2, 8])
@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_all_run(boot, board, cpus):
    """Each CPU of the machine runs, and each has run a thread of its own: the idle one."""
    guest = boot(board, "--smp", str(cpus))
    text = guest.prompt()
    assert f"{cpus} of {cpus} CPUs run" in text
    assert len(running(guest)) == cpus
    threads = guest.command("threads")
    assert all(f"idle/{cpu}" in threads for cpu in range(cpus))
    guest.power_off()


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_parameter(boot, board):
    guest = boot(board, "--smp", "4", "--append", "cpus=3")
    assert "3 of 4 CPUs run" in guest.prompt()
    assert sorted(states(guest).values())[0].startswith("not to be run: more than cpus=")
    guest.power_off()


def test_missing(boot, folder):
    """The tree has harts that the machine has not; firmware takes the call to start them."""
    tree = trees.changed("qemu-virt-riscv", folder, cpus=4)
    guest = boot("qemu-virt-riscv", "--smp", "2", "--dtb", tree)
    text = guest.prompt()
    assert "2 of 4 CPUs run" in text
    assert len(re.findall(r"warn\s+cpus: CPU \d \(hardware id 0x[23]\) is left out", text)) == 2
    assert text.count("it did not come in time") == 2
    assert sorted(running(guest)) == [0, 1]
    guest.power_off()


def test_boot_hart_is_any(boot, folder):
    """Firmware does not know hart 0: another one boots, hart 0 is not started."""
    def edit(text):
        return re.sub(r"(cpu@0 \{)(.*?)status = \"okay\";", r'\1\2status = "disabled";', text,
                      count=1, flags=re.S)
    tree = trees.changed("qemu-virt-riscv", folder, edit=edit, cpus=4)
    guest = boot("qemu-virt-riscv", "--smp", "4", "--dtb", tree)
    assert "3 of 4 CPUs run" in guest.prompt()
    assert boot_cpu(guest) != 0
    assert states(guest)[0] == "not to be run: disabled"
    irqs = guest.command("irqs")
    assert re.search(r"^plic\s+10 .*serial0", irqs, re.M)
    guest.power_off()


def test_hart_without_mmu(boot, folder):
    """One hart does not say what its MMU is, as a board's monitor core: it is never started. OpenSBI
    hands it on as disabled."""
    def edit(text):
        cores = text.split("cpu@3 {", 1)
        return cores[0] + "cpu@3 {" + re.sub(r"mmu-type = [^;]*;", "", cores[1], count=1)
    tree = trees.changed("qemu-virt-riscv", folder, edit=edit, cpus=4)
    guest = boot("qemu-virt-riscv", "--smp", "4", "--dtb", tree)
    guest.prompt()
    if boot_cpu(guest) != 3:
        assert states(guest)[3] in ("not to be run: no MMU", "not to be run: disabled")
        assert sorted(running(guest)) == [0, 1, 2]
    guest.power_off()


@pytest.mark.parametrize("cpu,timer", [("rv64", "Sstc"), ("rv64,sstc=off", "SBI timer")])
def test_riscv_timers(boot, cpu, timer):
    """Each hart has the timer that its machine mode allows."""
    guest = boot("qemu-virt-riscv", "--smp", "4", "--cpu", cpu)
    guest.prompt()
    timers = guest.command("timers")
    assert len(re.findall(rf"^cpu \d: {timer}, ", timers, re.M)) == 4
    guest.power_off()


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_panic_stops_all(boot, board):
    """A panic stops the other CPUs and, where that is wanted, shows where they were."""
    guest = boot(board, "--smp", "4", "--append", "panic_cpus")
    guest.prompt()
    guest.send("panic for all\r")
    text = guest.expect("halted")
    assert text.index("panic: for all") < text.index("all other CPUs stopped; this is CPU 0")
    for cpu in range(1, 4):
        assert f"CPU {cpu} was here:" in text
    assert text.count("idle") >= 3


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_off_and_on(boot, board):
    """CPUs go off and come on again at the console; a panic with one off does not wait for it."""
    guest = boot(board, "--smp", "4")
    guest.prompt()
    for line, error in (("cpus off 0", "in use"), ("cpus on 2", "in use"), ("cpus on 4", "bad argument"),
                        ("cpus off 4", "bad argument")):
        assert f"cpus failed: {error}" in guest.command(line), line
    for line in ("cpus off 2", "cpus off 1"):
        assert not guest.command(line).strip(), line
    assert "cpus failed: no such device" in guest.command("cpus off 2")
    assert sorted(state.split(",")[0] for state in states(guest).values()) == [
        "off", "off", "running", "running"]
    assert not re.search("(?m)^cpu 2:", guest.command("timers"))
    assert "cpu2" not in guest.command("irqs")
    for line in ("cpus on 2", "cpus on 1", "cpus off 3"):
        assert not guest.command(line).strip(), line
    assert len(running(guest)) == 3
    assert re.search("(?m)^cpu 2:", guest.command("timers"))
    guest.send("panic with one off\r")
    text = guest.expect("halted")
    assert "all other CPUs stopped; this is CPU 0" in text
    assert "does not stop" not in text


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_end_while_off(boot, board):
    """The machine ends with its other CPUs off."""
    guest = boot(board, "--smp", "2")
    guest.prompt()
    assert not guest.command("cpus off 1").strip()
    guest.power_off()


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"])
def test_too_late(boot, builds, board):
    """A CPU that starts when nobody waits for it halts; the others do not notice."""
    kernel = os.path.join(builds(f"{board}-test"), KERNELS[board])
    guest = boot(board, "--smp", "4", "--kernel", kernel, "--append",
                 "cpus=2 ktest=smp_who_comes_too_late*")
    guest.expect("PASS smp_who_comes_too_late_disturbs_nobody")
    guest.expect("1 passed, 0 failed")
    guest.wait()


def test_sifive_u(boot):
    """Another machine than any board: hart 0 has no S-mode, so its PLIC context is one instead of two,
    hart 4 boots as often as 1; no Sstc, no uncommon page tables; its serial port has no driver."""
    guest = boot("qemu-virt-riscv", "--smp", "5", "--cpu", "sifive-u54",
                 qemu=["-machine", "sifive_u"])
    assert "4 of 5 CPUs run" in guest.prompt()
    assert sorted(running(guest)) == [1, 2, 3, 4]
    assert len(re.findall(r"^cpu \d: SBI timer, ", guest.command("timers"), re.M)) == 4
    assert "plic" in guest.command("drivers")
    guest.send("poweroff\r")
    guest.expect("keel: power off, status 0")
