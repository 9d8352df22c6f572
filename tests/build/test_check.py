# SPDX-License-Identifier: MIT
"""The last line of the tests: counted, whatever a part does, and printed by .ci/run in any case."""
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import TOP

PARTS = {
    "good": "echo 'PASS one' > $RESULTS; echo 'PASS two' >> $RESULTS",
    "bad": "echo 'PASS one' > $RESULTS; echo 'FAIL two: no' >> $RESULTS; exit 1",
    "crash": "echo 'PASS one' > $RESULTS; kill -9 $$",
    "nothing": "exit 0",
    "broken": "exit 3",
    "slow": "echo 'PASS one' > $RESULTS; sleep 60",
}


@pytest.fixture
def place(tmp_path):
    """A tree with nothing but the aggregator and a few parts."""
    os.makedirs(tmp_path / "scripts" / "check")
    shutil.copy(f"{TOP}/scripts/check.py", tmp_path / "scripts")
    for name, body in PARTS.items():
        path = tmp_path / "scripts" / "check" / f"{name}.run"
        path.write_text("#!/bin/sh\n" + body + "\n")
        path.chmod(0o755)
    return tmp_path


def start(place, *parts):
    """Starts the aggregator."""
    return subprocess.Popen(["/usr/bin/python3", "scripts/check.py", *parts], cwd=place, text=True,
                            env={**os.environ, "O": str(place / "out"), "MAKE": "make"},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize("parts, last, status", [
    (("good",), "2 passed, 0 failed", 0),
    (("good", "bad"), "3 passed, 1 failed", 1),
    (("crash", "good"), "3 passed, 1 failed", 1),
    (("nothing",), "0 passed, 1 failed", 1),
    (("broken",), "0 passed, 1 failed", 1),
    (("absent", "good"), "2 passed, 1 failed", 1),
    ((), "0 passed, 0 failed", 1),
])
def test_last_line(place, parts, last, status):
    child = start(place, *parts)
    output = child.communicate(timeout=30)[0]
    assert output.splitlines()[-1] == last
    assert child.returncode == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(place, number):
    child = start(place, "good", "slow")
    time.sleep(1)
    child.send_signal(number)
    output = child.communicate(timeout=30)[0]
    assert re.fullmatch(r"2 passed, 1 failed", output.splitlines()[-1]) and child.returncode == 1


@pytest.mark.parametrize("recipe, last, status", [
    ("@echo noise; echo 7 passed, 0 failed", "7 passed, 0 failed", 0),
    ("@echo 7 passed, 2 failed; exit 1", "7 passed, 2 failed", 1),
    ("@echo 7 passed, 0 failed; exit 1", "7 passed, 1 failed", 1),
    ("@kill -9 $$PPID", "0 passed, 1 failed", 1),
    ("$(error broken)", "0 passed, 1 failed", 1),
])
def test_ci_run(tmp_path, recipe, last, status):
    os.makedirs(tmp_path / ".ci")
    shutil.copy(f"{TOP}/.ci/run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(f"setup:\n\t@:\ncheck:\n\t{recipe}\n")
    done = subprocess.run([tmp_path / ".ci" / "run"], stdout=subprocess.PIPE, cwd="/", text=True,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    assert done.stdout.splitlines()[-1] == last
    assert done.returncode == status


def test_ci_run_stopped(tmp_path):
    os.makedirs(tmp_path / ".ci")
    shutil.copy(f"{TOP}/.ci/run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text("setup:\n\t@:\ncheck:\n\t@sleep 60\n")
    child = subprocess.Popen([tmp_path / ".ci" / "run"], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT)
    time.sleep(1)
    child.send_signal(signal.SIGTERM)
    output = child.communicate(timeout=30)[0]
    assert output.splitlines()[-1] == "0 passed, 1 failed" and child.returncode == 1
