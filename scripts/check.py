#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs parts of the tests and counts: check.py PART...

A part is a program scripts/check/PART.run, started with the environment that make gave us (O, MAKE,
LONG) and RESULTS, the file it writes its lines to: `PASS name` or `FAIL name: why`. What it prints
goes to $O/check/PART.log. The last line that we print is always `N passed, N failed`; a part that
crashes, writes nothing or is interrupted counts as a failure.
"""
import os
import signal
import subprocess
import sys
import time


class Interrupted(Exception):
    """SIGINT, SIGTERM or SIGHUP arrived."""


def interrupt(number, _frame):
    """Turns a signal into an exception, once."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(signal.Signals(number).name)


def read_results(path):
    """The names that passed and the lines of those that failed."""
    passed, failed = [], []
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                kind, _, rest = line.rstrip("\n").partition(" ")
                if kind == "PASS":
                    passed.append(rest)
                elif kind:
                    failed.append(rest if kind == "FAIL" else line.rstrip("\n"))
    return passed, failed


def stop(child):
    """Ends a part and what it started: they share a process group of their own."""
    for how, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(child.pid, how)
            child.wait(patience)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def run_part(part, folder):
    """Runs one part: (passed names, failed lines)."""
    results, log = (os.path.join(folder, f"{part}.{kind}") for kind in ("results", "log"))
    if os.path.exists(results):
        os.remove(results)
    program = os.path.join("scripts", "check", part + ".run")
    with open(log, "wb") as output:
        child = subprocess.Popen([program], env={**os.environ, "RESULTS": results}, stdout=output,
                                 stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                 start_new_session=True)
        try:
            status = child.wait()
        except Interrupted:
            stop(child)
            raise
    passed, failed = read_results(results)
    if status and not failed:
        failed.append(f"{part}: ended with {status}, see {log}")
    elif not passed and not failed:
        failed.append(f"{part}: no test ran, see {log}")
    return passed, failed


def show_end_of_log(folder, part):
    """The last lines of a failed part's log, for who has only our output."""
    with open(os.path.join(folder, part + ".log"), encoding="utf-8", errors="replace") as file:
        for line in file.read().splitlines()[-20:]:
            print(f"      | {line}")


def run_all(parts, folder, totals):
    """Runs the parts in turn and adds to totals as it goes."""
    os.makedirs(folder, exist_ok=True)
    for part in parts:
        print(f"check-{part}:", end=" ", flush=True)
        start = time.monotonic()
        try:
            passed, failed = run_part(part, folder)
        except OSError as error:
            passed, failed = [], [f"{part}: {error}"]
        totals[0] += len(passed)
        totals[1] += len(failed)
        print(f"{len(passed)} passed, {len(failed)} failed, {time.monotonic() - start:.1f} s",
              flush=True)
        for line in failed:
            print(f"  FAIL {line}", flush=True)
        if failed and os.path.exists(os.path.join(folder, part + ".log")):
            show_end_of_log(folder, part)


def main(parts):
    os.environ["WERROR"] = "y"
    # Parts start makes of their own, for every board.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH", "CROSS_COMPILE", "BOARD"):
        os.environ.pop(name, None)
    totals = [0, 0]
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    try:
        run_all(parts, os.path.join(os.environ["O"], "check"), totals)
    except Interrupted as how:
        print(f"\nstopped by {how}")
        totals[1] += 1
    except Exception as error:  # pylint: disable=broad-except
        print(f"\n{type(error).__name__}: {error}")
        totals[1] += 1
    sys.stderr.flush()
    print(f"{totals[0]} passed, {totals[1]} failed", flush=True)
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
