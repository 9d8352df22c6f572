#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gathers device trees for the reader's tests: fdt_trees.py FOLDER.

Three kinds, told apart by their names: qemu-* are dumped by the emulators with varied options,
uboot-* lie inside of Debian's U-Boot packages in the cache folder, ours-* are compiled from dts/.
Ends with an error when one of them is missing altogether.
"""
import glob
import hashlib
import os
import struct
import subprocess
import sys

MAGIC = b"\xd0\x0d\xfe\xed"
ARM = ["qemu-system-aarch64", "-cpu", "cortex-a72"]
RISCV = ["qemu-system-riscv64"]
NUMA = ["-m", "512M", "-smp", "4", "-object", "memory-backend-ram,id=a,size=256M", "-object",
        "memory-backend-ram,id=b,size=256M", "-numa", "node,nodeid=0,memdev=a,cpus=0-1", "-numa",
        "node,nodeid=1,memdev=b,cpus=2-3", "-numa", "dist,src=0,dst=1,val=17"]
MACHINES = [
    (ARM, "virt", []),
    (ARM, "virt", ["-smp", "4"]),
    (ARM, "virt,gic-version=3", ["-smp", "8", "-m", "1G"]),
    (ARM, "virt,gic-version=3,its=off", ["-m", "64M"]),
    (ARM, "virt,virtualization=on", ["-smp", "2"]),
    (ARM, "virt,secure=on,virtualization=on,gic-version=3", []),
    (ARM, "virt,highmem=off", ["-m", "2G"]),
    (ARM, "virt,iommu=smmuv3", []),
    (ARM, "virt,mte=on", ["-cpu", "max"]),
    (ARM, "virt,acpi=off", ["-append", "a=b c", "-kernel", "/dev/null"]),
    (ARM, "virt", NUMA),
    (ARM, "sbsa-ref", []),
    (RISCV, "virt", []),
    (RISCV, "virt", ["-smp", "4", "-m", "1G"]),
    (RISCV, "virt,aclint=on", ["-smp", "3"]),
    (RISCV, "virt,aia=aplic", ["-smp", "2"]),
    (RISCV, "virt,aia=aplic-imsic,aia-guests=3", ["-smp", "4"]),
    (RISCV, "virt,iommu-sys=on", []),
    (RISCV, "virt", ["-cpu", "rv64,sv57=off,sv48=off"]),
    (RISCV, "virt", ["-device", "virtio-rng-pci"]),
    (RISCV, "virt", NUMA),
    (RISCV, "virt", ["-smp", "16,sockets=4,cores=2,threads=2", "-m", "8G"]),
    (RISCV, "sifive_u", []),
    (RISCV, "sifive_u", ["-smp", "5"]),
]


def dump(folder):
    """Trees of QEMU's machines. Options that a version of QEMU does not know are passed over."""
    count = 0
    for number, (command, machine, options) in enumerate(MACHINES):
        path = os.path.join(folder, f"qemu-{number:02}.dtb")
        subprocess.run([*command, "-display", "none", "-accel", "tcg", "-M",
                        f"{machine},dumpdtb={path}", *options], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60, check=False)
        count += os.path.exists(path)
    return count


def embedded(data):
    """All trees in a file, the ones inside of others too."""
    at = data.find(MAGIC)
    while at >= 0:
        if at + 40 <= len(data):
            size, _, _, _, version, compatible = struct.unpack_from(">6I", data, at + 4)
            if 64 <= size <= len(data) - at and version == 17 and compatible == 16:
                yield data[at:at + size]
        at = data.find(MAGIC, at + 4)


def unpack(folder, cache):
    """Trees inside of the U-Boot packages, each once."""
    seen = set()
    for release in ("debian13", "debian12"):
        for path in sorted(glob.glob(f"{cache}/{release}/usr/lib/u-boot/**", recursive=True)):
            if not os.path.isfile(path) or os.path.islink(path):
                continue
            with open(path, "rb") as file:
                for tree in embedded(file.read()):
                    digest = hashlib.sha256(tree).hexdigest()
                    if digest not in seen:
                        seen.add(digest)
                        name = os.path.join(folder, f"uboot-{len(seen):04}.dtb")
                        with open(name, "wb") as out:
                            out.write(tree)
    return len(seen)


def compile_tree(source, target):
    """As the build does it: cpp, then dtc that may not say a word."""
    text = subprocess.run(["cpp", "-nostdinc", "-undef", "-D__DTS__", "-x", "assembler-with-cpp",
                           "-Idts/include", source], capture_output=True, check=True).stdout
    done = subprocess.run(["dtc", "-@", "-I", "dts", "-O", "dtb", "-o", target], input=text,
                          capture_output=True, check=True)
    if done.stderr:
        raise RuntimeError(done.stderr.decode())


def build(folder):
    """Our own trees, and the sample overlay laid over its tree."""
    for source in sorted(glob.glob("dts/*/*.dts") + glob.glob("dts/*/*.dtso")):
        name = "ours-" + os.path.basename(source).rsplit(".", 1)[0] + ".dtb"
        compile_tree(source, os.path.join(folder, name))
    subprocess.run(["fdtoverlay", "-i", f"{folder}/ours-qemu-virt-arm64.dtb", "-o",
                    f"{folder}/ours-overlaid.dtb", f"{folder}/ours-qemu-virt-arm64-smp4.dtb"],
                   capture_output=True, check=True)
    return len(glob.glob(f"{folder}/ours-*.dtb"))


def main(folder):
    """Gathers all, and says how many."""
    cache = subprocess.run(["scripts/setup", "--cache"], capture_output=True, text=True,
                           check=True).stdout.strip()
    counts = {"QEMU": dump(folder), "U-Boot": unpack(folder, cache), "dts/": build(folder)}
    for kind, count in counts.items():
        print(f"{count} trees of {kind}")
    return 0 if all(counts.values()) else f"some trees are missing: is {cache} filled?"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
