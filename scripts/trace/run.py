#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make trace: runs a board with the trace on, types commands at its console, fetches what was recorded,
and writes it as a file for Perfetto (ui.perfetto.dev) and chrome://tracing.

run.py BOARD --output trace.json [--commands "a; b"]   starts the machine
run.py --dump console.txt --output trace.json          converts what `trace dump` has printed
run.py --check trace.json                              says whether a file is of the format
"""

import argparse
import json
import os
import re
import selectors
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import chrome  # pylint: disable=wrong-import-position
import dump  # pylint: disable=wrong-import-position

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT = b"keel> "
# Seconds until a machine that says nothing is given up.
PATIENCE = float(os.environ.get("KEEL_TEST_PATIENCE", "90"))
TRIES = 4  # to get a dump in one piece


class Machine:
    """A board in the emulator, and its console."""

    def __init__(self, board, out):
        launcher = os.path.join(TOP, "scripts", "qemu", board)
        if not os.path.exists(launcher):
            raise dump.TraceError(f"there is no launcher of '{board}'")
        words = ["trace=on", "init=none", os.environ.get("APPEND", "")]
        # It outlives this function. pylint: disable-next=consider-using-with
        self.child = subprocess.Popen(
            [launcher, "--quiet", "--out", out, "--append", " ".join(words).strip()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.child.stdout, selectors.EVENT_READ)
        self.said = b""

    def prompt(self):
        """Waits for the prompt; returns what was said before."""
        end = time.monotonic() + PATIENCE
        while not self.said.endswith(PROMPT):
            ready = self.selector.select(max(0, end - time.monotonic()))
            piece = os.read(self.child.stdout.fileno(), 65536) if ready else b""
            if not piece:
                last = self.said[-300:].decode(errors="replace").strip()
                raise dump.TraceError(("the machine ended" if ready else "no prompt came") +
                                      f"; the console ends with: {last}")
            end = time.monotonic() + PATIENCE
            self.said += piece
        text, self.said = self.said.decode(errors="replace"), b""
        return text

    def command(self, line):
        """Types a command; returns what it said."""
        try:
            self.child.stdin.write(line.encode() + b"\r")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # prompt() tells it
        return self.prompt()

    def close(self):
        """Ends the machine, by its own command if it listens."""
        try:
            self.child.communicate(b"poweroff\r", timeout=PATIENCE)
        except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
            self.child.terminate()
            self.child.wait()
        self.child.stdout.close()


def fetch_dump(command):
    """A whole dump: `command` types a line and returns what it said. Consoles drop what nobody takes in
    time, as on a host with much else to do; then the machine is asked again."""
    for left in reversed(range(TRIES)):
        text = command("trace dump")
        if "~ keel-trace" not in text and "no such command" in text:
            raise dump.TraceError("the kernel gives no dump: is it built with TRACE?")
        try:
            dump.lines_of(text)
            break
        except dump.TraceError:
            if left == 0:
                raise
    return text


def fetch(board, out, commands):
    """Starts a board, runs the commands there; returns what `trace dump` has said."""
    machine = Machine(board, out)
    try:
        machine.prompt()
        for line in filter(None, map(str.strip, commands.split(";"))):
            text = machine.command(line)
            if re.search(r"failed: |no such command", text):
                print(f"trace: '{line}' says: {text.split(chr(10), 1)[-1].strip()}", file=sys.stderr)
        return fetch_dump(machine.command)
    finally:
        machine.close()


def write(text, path):
    """Converts a console's text, and says what has come of it."""
    document = chrome.convert(dump.read(text))
    if not document["otherData"]["records"]:
        raise dump.TraceError("nothing was recorded")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    more = document["otherData"]
    print(f"written: {path}: {more['records']} records, {more['overwritten']} overwritten before; "
          "open it in ui.perfetto.dev or chrome://tracing")


def check(path):
    """Says what is wrong with a file; 1 if anything is."""
    with open(path, encoding="utf-8") as file:
        try:
            wrong = chrome.check(json.load(file))
        except ValueError as error:
            wrong = [f"not JSON: {error}"]
    for line in wrong[:20]:
        print(f"{path}: {line}")
    return 1 if wrong else 0


def main():
    """What the command line wants."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board", nargs="?")
    parser.add_argument("--commands", default="trace work", help="separated by ;")
    parser.add_argument("--out", default=os.environ.get("O") or os.path.join(TOP, "build"))
    parser.add_argument("--dump", help="a console's text instead of a board")
    parser.add_argument("--output", help="default: trace.json in the output folder")
    parser.add_argument("--check", help="only look at this file")
    options = parser.parse_args()
    try:
        if options.check:
            return check(options.check)
        if not options.board and not options.dump:
            parser.error("a board or --dump is wanted")
        if options.dump:
            with open(options.dump, encoding="utf-8", errors="replace") as file:
                text = file.read()
        else:
            text = fetch(options.board, options.out, options.commands)
        write(text, options.output or os.path.join(options.out, "trace.json"))
    except (dump.TraceError, OSError) as error:
        print(f"trace: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
