# SPDX-License-Identifier: MIT
"""One emulated machine under test: its console, its commands, its exit status, its error log."""

import os
import re
import sys

sys.dont_write_bytecode = True

import pexpect  # pylint: disable=wrong-import-position

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT = "keel> "
# A line of a panic in the log; `log last` shows the same text without what stands before it.
PANIC = r"fatal +panic: [^\n]*\n"
# Seconds; a loaded host is slow, a hang is for ever.
PATIENCE = float(os.environ.get("KEEL_TEST_PATIENCE", "90"))
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78]|\r")
# What SeaBIOS makes the emulator say about its disk controller.
KNOWN_ERRORS = re.compile(r"^ahci")
BOARDS = ("qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35")


class GuestError(AssertionError):
    """The machine did something else than expected; the text ends with its console."""


def plain(text):
    """Console text without escapes and carriage returns."""
    return ESCAPES.sub("", text)


class Guest:
    """A running machine. Arguments are those of the launcher; the console is a terminal. `emulator`:
    the command that starts it instead of the board's launcher, without what all have."""

    def __init__(self, board, folder, name, arguments, qemu_arguments=(), emulator=()):
        self.board = board
        self.errors = os.path.join(folder, name + ".errors")
        self.transcript = os.path.join(folder, name + ".console")
        self.known_errors = KNOWN_ERRORS  # a test that provokes one adds it
        launcher = os.path.join(TOP, "scripts", "qemu", board)
        command = [*arguments, "--out", folder, "--", "-d", "guest_errors", "-D", self.errors,
                   *qemu_arguments]
        if emulator:
            launcher, *command = [*emulator, "-d", "guest_errors", "-D", self.errors,
                                  *qemu_arguments]
        # It outlives this function. pylint: disable-next=consider-using-with
        self.log = open(self.transcript, "w", encoding="utf-8")
        self.child = pexpect.spawn(launcher, command, encoding="utf-8", codec_errors="replace",
                                   timeout=PATIENCE, dimensions=(50, 200), logfile=self.log)
        self.child.delaybeforesend = None

    def console(self):
        """All that the console has shown so far."""
        if not self.log.closed:
            self.log.flush()
        with open(self.transcript, encoding="utf-8") as file:
            return plain(file.read())

    def fail(self, why):
        """Raises with the end of the console."""
        text = self.console()[-2500:]
        raise GuestError(f"{why}; the console ends with:\n{text}") from None

    def expect(self, patterns, timeout=PATIENCE):
        """Waits for one of the patterns (regular expressions); returns the text up to its end."""
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        try:
            self.child.expect(patterns, timeout=timeout)
        except pexpect.TIMEOUT:
            self.fail(f"no {patterns} in {timeout:.0f} s")
        except pexpect.EOF:
            self.fail(f"the machine ended before {patterns}")
        return plain(self.child.before + self.child.after)

    def prompt(self, timeout=PATIENCE):
        """Waits for Keel's prompt; a panic on the way fails at once. Returns what was shown."""
        text = self.expect([re.escape(PROMPT), PANIC], timeout)
        if not text.endswith(PROMPT):
            self.expect_quiet()
            self.fail("the kernel panicked")
        return text

    def expect_quiet(self):
        """Lets the machine say the rest of what it is saying."""
        try:
            self.child.expect(pexpect.EOF, timeout=2)
        except pexpect.TIMEOUT:
            pass

    def send(self, text):
        """Types text as it is."""
        self.child.send(text)

    def command(self, line, timeout=PATIENCE):
        """Types a command at Keel's prompt; returns what it printed."""
        self.send(line + "\r")
        text = self.prompt(timeout)
        text = text[: -len(PROMPT)]
        return text.split("\n", 1)[1] if "\n" in text else ""

    def uboot_prompt(self):
        """Stops U-Boot's count-down and waits for its prompt."""
        self.expect("Hit any key to stop autoboot")
        self.send(" ")
        self.expect("=> ")

    def uboot(self, line, timeout=PATIENCE):
        """Types a command at U-Boot's prompt; returns what it printed."""
        self.send(line + "\r")
        return self.expect("=> ", timeout)

    def wait(self, timeout=PATIENCE):
        """Waits for the machine to end; returns the launcher's exit status."""
        try:
            self.child.expect(pexpect.EOF, timeout=timeout)
        except pexpect.TIMEOUT:
            self.fail(f"still running after {timeout:.0f} s")
        self.child.close()
        return self.child.exitstatus

    def power_off(self, status=0, carried=None):
        """Ends the session as a user would, and checks the last line and the exit status, which is
        another where the machine cannot carry the one given."""
        arguments = "" if status == 0 else f" {status}"
        self.send(f"poweroff{arguments}\r")
        self.expect(rf"keel: power off, status {status}\r*\n")
        # PSCI cannot carry a status, but arm64 has semihosting.
        got = self.wait()
        wanted = status if carried is None else carried
        if got != wanted:
            self.fail(f"exit status {got} instead of {wanted}")

    def check_errors(self):
        """The emulator must have nothing to say about what the guest did."""
        if not os.path.exists(self.errors):
            return
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if line.strip() and not self.known_errors.search(line)]
        if lines:
            self.fail("guest errors: " + "".join(lines[:8]).strip())

    def close(self):
        """Ends the machine, whatever state it is in."""
        if self.child.isalive():
            self.child.terminate(force=True)
        self.child.close(force=True)
        self.log.close()
