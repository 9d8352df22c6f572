#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs pytest as a part of `make check`: pytest_part.py ARGUMENT..., results to the file RESULTS."""
import os
import sys

import pytest


class Recorder:
    """Writes a line for each test as soon as it has ended, so that a crash loses none."""

    def __init__(self, path):
        self.path = path
        self.seen = {}

    def pytest_runtest_logreport(self, report):
        """A test is one of setup, call and teardown that failed or was skipped, else passed."""
        good = report.passed
        if report.when == "call" or not good:
            self.seen[report.nodeid] = self.seen.get(report.nodeid, True) and good
            if not good:
                self.write(f"FAIL {self.name(report.nodeid)}: {self.reason(report)}")
        if report.when == "teardown" and self.seen.get(report.nodeid):
            self.write(f"PASS {self.name(report.nodeid)}")

    def pytest_collectreport(self, report):
        """A file that does not load is a failure."""
        if report.failed:
            self.write(f"FAIL {self.name(report.nodeid) or 'collection'}: does not load")

    @staticmethod
    def name(nodeid):
        """tests/build/test_x.py::test_y[z] as test_x/test_y[z]."""
        return os.path.basename(nodeid.split("::")[0]).removesuffix(".py") + "".join(
            "/" + part for part in nodeid.split("::")[1:])

    @staticmethod
    def reason(report):
        """The first line of why."""
        if report.skipped:
            return "skipped"
        crash = getattr(report.longrepr, "reprcrash", None)
        text = crash.message if crash else str(report.longrepr)
        return (text.splitlines() or [""])[0][:160]

    def write(self, line):
        """Adds a line to the results."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def main(*args):
    recorder = Recorder(os.environ["RESULTS"])
    return pytest.main(["-p", "no:cacheprovider", "-q", *args], plugins=[recorder])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
