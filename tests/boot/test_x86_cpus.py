# SPDX-License-Identifier: MIT
"""x86: all CPUs start and are interrupted, by whatever loader and with whatever timers there are."""

import os
import re

import pytest

X2APIC = "qemu64,+x2apic"
# Firmware, CPUs, CPU, -machine, command line; what interrupts a CPU at a given time.
MACHINES = {
    "1": ("none", 1, "max", "", "", "LAPIC timer"),
    "2": ("none", 2, "max", "", "", "LAPIC timer"),
    "4": ("none", 4, "max", "", "", "LAPIC timer"),
    "8": ("none", 8, "max", "", "", "LAPIC timer"),
    "xapic": ("none", 4, "qemu64", "", "", "LAPIC timer"),
    "x2apic": ("none", 4, X2APIC, "", "", "LAPIC timer"),
    "grub-1": ("grub", 1, "max", "", "", "LAPIC timer"),
    "grub-4": ("grub", 4, "qemu64", "", "", "LAPIC timer"),
    "grub-8": ("grub", 8, "max", "", "", "LAPIC timer"),
    "no-hpet": ("none", 2, "max", "hpet=off", "", "LAPIC timer"),
    "hpet-time": ("none", 2, "max", "", "clocksource=hpet", "LAPIC timer"),
    "no-apic": ("none", 1, "max", "", "apic=off", "HPET"),
    "no-apic-no-hpet": ("none", 1, "qemu64", "hpet=off", "apic=off", "PIT"),
    "apicless": ("none", 1, "qemu64,-apic", "", "", "HPET"),
    "apicless-no-hpet": ("none", 1, "qemu64,-apic", "hpet=off", "", "PIT"),
    "cpus=3": ("none", 8, "max", "", "cpus=3", "LAPIC timer"),
}


def start(boot, firmware, cpus, cpu, machine, cmdline):
    """A guest at its prompt, and what it said on the way."""
    more = ["--machine", machine] if machine else []
    guest = boot("qemu-q35", "--firmware", firmware, "--smp", str(cpus), "--cpu", cpu,
                 "--append", f"init=none {cmdline}", *more)
    return guest, guest.prompt()


@pytest.mark.parametrize("name", MACHINES)
def test_cpus_run(boot, name):
    """Every CPU is online and has a timer; time is told from the best counter there is."""
    firmware, cpus, cpu, machine, cmdline, timer = MACHINES[name]
    guest, text = start(boot, firmware, cpus, cpu, machine, cmdline)
    wanted = int((re.search(r"cpus=(\d)", cmdline) or [0, cpus])[1])
    assert wanted == 1 or f"{wanted} of {cpus} CPUs run" in text
    assert len(re.findall(r"^cpu \d+: .*, running", guest.command("cpus"), re.M)) == wanted
    timers = guest.command("timers")
    assert len(re.findall(rf"^cpu \d+: {timer},", timers, re.M)) == wanted
    assert "clock tsc:" in timers and ("clock hpet:" in timers) == ("hpet=off" not in machine)
    assert re.search(r"^clock (\w+):.*in use", timers, re.M)[1] == (
        "hpet" if "clocksource=hpet" in cmdline else "tsc")
    modes = re.search(r"lapic: (\w+) mode", text)
    assert ("this CPU has no local APIC" in text) == ("-apic" in cpu)
    assert "FAILED" not in text
    if "apic=off" in cmdline or "-apic" in cpu:
        assert not modes and " i8259 " in guest.command("irqs").replace("\n", " ")
    else:
        assert modes[1] == ("xAPIC" if cpu == "qemu64" else "x2APIC")
    guest.power_off()


def test_no_apic_means_one_cpu(boot):
    """Those that nothing could interrupt are left out, and it is said."""
    guest, text = start(boot, "none", 3, "max", "", "apic=off")
    assert len(re.findall(r"CPU \d .*is left out: nothing can interrupt it", text)) == 2
    assert "1 of 3 CPUs run" in text
    guest.power_off()


@pytest.mark.parametrize("cpu", ["max", "qemu64,-apic"])
def test_no_timers(boot, cpu):
    """Without any counter of known rate there is no time: that is said, and nothing is made up."""
    guest, text = start(boot, "none", 1, cpu, "pit=off,hpet=off", "")
    assert "there is no time" in text and "time: no counter has a known rate: FAILED" in text
    assert "timer: nothing interrupts at a given time: FAILED" in text
    assert "counts at 0 Hz" not in text
    assert "PIT" not in guest.command("timers")
    guest.power_off(1)


@pytest.mark.parametrize("cpu", ["max", "qemu64"])
def test_stuck_cpus_stop(boot, builds, cpu):
    """A panic stops CPUs that have interrupts off, and shows where they were."""
    kernel = os.path.join(builds("qemu-q35-test"), "keel.elf")
    guest = boot("qemu-q35", "--kernel", kernel, "--smp", "4", "--cpu", cpu, "--append",
                 "init=none panic=poweroff panic_cpus")
    guest.prompt()
    guest.send("fault stuck\r")
    text = guest.expect(r"keel: power off, status \d+\r*\n")
    assert "while the others are stuck" in text
    assert "all other CPUs stopped; this is CPU" in text
    assert len(re.findall(r"CPU \d was here:.*?spin_masked\+0x", text, re.S)) == 3


@pytest.mark.parametrize("machine", ["hpet=on", "hpet=off"])
def test_kernel_tests_without_apics(boot, builds, machine):
    """The kernel's own tests of the port, with interrupts by the 8259 and timers by HPET or PIT."""
    kernel = os.path.join(builds("qemu-q35-test"), "keel.elf")
    guest = boot("qemu-q35", "--kernel", kernel, "--machine", machine, "--append",
                 "ktest=x86_* apic=off")
    text = guest.expect(r"\d+ passed, \d+ failed")
    assert re.search(r"PASS x86_keys_are_taken_by_interrupt", text)
    assert re.search(r"\d\d passed, 0 failed", text), text
