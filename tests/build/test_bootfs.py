# SPDX-License-Identifier: MIT
"""Boot file systems: what mkbootfs packs, what it refuses, and programs that keep the rules of loading."""
import os
import shutil
import subprocess

from conftest import TOP

MKBOOTFS = os.path.join(TOP, "scripts", "mkbootfs")


def pack(folder, out):
    return subprocess.run([MKBOOTFS, str(folder), str(out)], check=False, capture_output=True,
                          text=True)


def make(folder):
    """A folder with files in it, written in whatever order."""
    (folder / "bin").mkdir(parents=True)
    for name, data in (("bin/zz", b"1"), ("bin/aa", b"22"), ("empty", b""), ("b", b"4" * 5000)):
        (folder / name).write_bytes(data)


def test_packs_what_cpio_unpacks(tmp_path):
    """The same files, and the same bytes for the same files."""
    for name in ("one", "two"):
        make(tmp_path / name)
        assert pack(tmp_path / name, tmp_path / f"{name}.cpio").returncode == 0
    data = (tmp_path / "one.cpio").read_bytes()
    assert data == (tmp_path / "two.cpio").read_bytes()
    assert data.startswith(b"070701") and len(data) % 4 == 0
    if shutil.which("cpio"):
        out = tmp_path / "out"
        out.mkdir()
        subprocess.run(["cpio", "-id", "--quiet"], input=data, cwd=out, check=True)
        for name in ("bin/zz", "bin/aa", "empty", "b"):
            assert (out / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_says_what_cannot_be_packed(tmp_path):
    """One line, and a status."""
    (tmp_path / "in").mkdir()
    os.symlink("nowhere", tmp_path / "in" / "link")
    for folder in (tmp_path / "in", tmp_path / "missing"):
        done = pack(folder, tmp_path / "out")
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert not (tmp_path / "out").exists()
