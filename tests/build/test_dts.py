# SPDX-License-Identifier: MIT
"""Device trees: warnings are errors, overlays apply."""
import os
import subprocess

GOOD = """/dts-v1/;
#define NAME "made by cpp"
/ { compatible = "test"; model = NAME; target: node { }; };
"""
BAD = '/dts-v1/;\n/ { node@1 { }; };\n'
OVERLAY = "/dts-v1/;\n/plugin/;\n&target { added = <7>; };\n"


def fdtget(path, node, prop):
    """A property of a compiled tree."""
    done = subprocess.run(["fdtget", path, node, prop], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_trees_of_the_architecture_are_made(tree):
    for board in ("qemu-virt-arm64", "qemu-virt-riscv", "qemu-q35"):
        tree.make(f"{board}_defconfig", "dtbs")
        assert os.path.getsize(f"{tree.output}/{board}.dtb") > 100


def test_warning_is_an_error(edited):
    edited.write("dts/arm64/test-bad.dts", BAD)
    try:
        said = edited.make("dtbs", ok=False)
        assert "Warning" in said and not os.path.exists(f"{edited.output}/test-bad.dtb")
    finally:
        os.remove(edited.where("dts/arm64/test-bad.dts"))
    edited.make("dtbs")


def test_preprocessor_and_overlay(edited):
    board = "dts/arm64/qemu-virt-arm64.dts"
    real = edited.read(board)
    edited.write(board, GOOD)
    edited.write("dts/arm64/test-more.dtso", OVERLAY)
    tree = f"{edited.output}/qemu-virt-arm64.dtb"
    try:
        edited.make("dtbs")
        assert fdtget(tree, "/", "model") == "made by cpp"
        assert fdtget(tree, "/node", "added") == ""
        assert "there is no nosuch for arm64; there are: " in edited.make("dtbs", ok=False, DTOVERLAYS="nosuch")
        edited.make("dtbs", DTOVERLAYS="test-more")
        assert fdtget(tree, "/node", "added") == "7"
        edited.make("dtbs")
        assert fdtget(tree, "/node", "added") == ""
    finally:
        edited.write(board, real)
        os.remove(edited.where("dts/arm64/test-more.dtso"))
