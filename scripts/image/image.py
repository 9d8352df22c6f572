#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds disk images with one partition (MBR, FAT or ext4) and GRUB ISO images, without root."""

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

MIB = 1 << 20
SECTOR = 512
PARTITION_START = MIB
PARTITION_TYPES = {"fat": 0x0C, "ext4": 0x83}
MENU_TITLE = "Keel"
GRUB_PLATFORM = "/usr/lib/grub/i386-pc"
GRUB_MODULES = "normal multiboot2 iso9660 biosdisk part_msdos echo test all_video"
# Not everybody's PATH has the folder of mkfs.
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


class ImageError(Exception):
    """An image could not be built; the text says why, in one line."""


def run(command, **kwargs):
    """Runs one of the image tools quietly; its output is shown only if it fails."""
    env = dict(os.environ, PATH=PATH, MTOOLS_SKIP_CHECK="1", LC_ALL="C")
    env.update(kwargs.pop("env", {}))
    if not shutil.which(command[0], path=PATH):
        setup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../setup")
        why = subprocess.run([setup, "--need", command[0]], stderr=subprocess.PIPE, text=True,
                             check=False).stderr.strip()
        raise ImageError(why or f"{command[0]} is missing")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=env, check=False, **kwargs)
    if done.returncode != 0:
        raise ImageError(f"{command[0]} failed ({done.returncode}): {done.stdout.strip()[-500:]}")


def collect(folder, files):
    """Fills a folder from {path in the image: source path or bytes}; returns the bytes copied."""
    total = 0
    for name, source in files.items():
        path = os.path.join(folder, name.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(source, bytes):
            with open(path, "wb") as out:
                out.write(source)
        else:
            shutil.copyfile(source, path)
        total += os.path.getsize(path)
    return total


def write_mbr(path, size, kind):
    """Makes a sparse file with a boot record of one partition that fills it."""
    entry = struct.pack("<BBBBBBBBII", 0x80, 0xFE, 0xFF, 0xFF, PARTITION_TYPES[kind], 0xFE, 0xFF,
                        0xFF, PARTITION_START // SECTOR, (size - PARTITION_START) // SECTOR)
    with open(path, "wb") as out:
        out.truncate(size)
        out.seek(446)
        out.write(entry)
        out.seek(510)
        out.write(b"\x55\xaa")


def extlinux_conf(kernel, append="", dtb=None, initrd=None):
    """The extlinux.conf that starts one kernel, paths as in the image."""
    lines = ["timeout 1", "default keel", "label keel", f"    kernel {kernel}"]
    lines += [f"    initrd {initrd}"] if initrd else []
    lines += [f"    fdt {dtb}"] if dtb else []
    lines += [f"    append {append}"] if append else []
    return ("\n".join(lines) + "\n").encode()


def make_disk(path, files, kind="fat"):
    """Writes a disk image; its size is a power of two, as SD cards want it."""
    with tempfile.TemporaryDirectory() as folder:
        need = collect(folder, files) + PARTITION_START + 4 * MIB
        size = 16 * MIB
        while size < need + need // 8:
            size *= 2
        write_mbr(path, size, kind)
        inside = size - PARTITION_START
        if kind == "ext4":
            run(["mkfs.ext4", "-q", "-F", "-d", folder, "-E", f"offset={PARTITION_START}", path,
                 f"{inside // 1024}k"])
            return
        where = f"{path}@@{PARTITION_START}"
        run(["mformat", "-i", where, "-T", str(inside // SECTOR), "-h", "16", "-s", "63", "::"])
        names = sorted(os.listdir(folder))
        if names:
            run(["mcopy", "-i", where, "-s", *[os.path.join(folder, n) for n in names], "::/"])


def grub_quote(text):
    """One argument in GRUB's language; it has no escape inside single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def make_iso(path, kernel, append="", modules=()):
    """Writes a BIOS ISO whose GRUB starts an ELF by Multiboot2. modules: (path, command line)."""
    words = " ".join(grub_quote(word) for word in append.split())
    config = f"set timeout=0\nset default=0\nmenuentry '{MENU_TITLE}' {{\n"
    config += f"    multiboot2 /boot/keel.elf {words}\n"
    files = {"boot/keel.elf": kernel}
    for index, (source, line) in enumerate(modules):
        files[f"boot/module{index}"] = source
        config += f"    module2 /boot/module{index} {' '.join(map(grub_quote, line.split()))}\n"
    files["boot/grub/grub.cfg"] = (config + "}\n").encode()
    if not os.path.isdir(GRUB_PLATFORM):
        raise ImageError("GRUB for SeaBIOS is missing: install the package grub-pc-bin")
    for tool in ("xorriso", "mformat"):
        run([tool, "--version"])
    with tempfile.TemporaryDirectory() as folder:
        collect(folder, files)
        run(["grub-mkrescue", "-d", GRUB_PLATFORM, "--fonts=", "--locales=", "--themes=",
             f"--install-modules={GRUB_MODULES}", "-o", path, folder])


def parse_files(pairs):
    """Turns SOURCE:PATH arguments into the table that the builders take."""
    files = {}
    for pair in pairs:
        source, colon, name = pair.partition(":")
        files[name if colon else os.path.basename(source)] = source
    return files


def main():
    """The command line of both builders."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="what", required=True)
    disk = kinds.add_parser("disk", help="a disk image for U-Boot")
    disk.add_argument("output")
    disk.add_argument("files", nargs="*", metavar="SOURCE[:PATH]")
    disk.add_argument("--fs", choices=sorted(PARTITION_TYPES), default="fat")
    disk.add_argument("--extlinux", metavar="KERNEL", help="add an extlinux.conf for this path")
    disk.add_argument("--append", default="", help="the command line in extlinux.conf")
    disk.add_argument("--dtb", help="the device tree in extlinux.conf")
    iso = kinds.add_parser("iso", help="a GRUB ISO for SeaBIOS")
    iso.add_argument("output")
    iso.add_argument("kernel")
    iso.add_argument("--append", default="")
    iso.add_argument("--module", action="append", default=[], metavar="PATH[ COMMAND LINE]")
    args = parser.parse_args()
    try:
        if args.what == "iso":
            modules = [(m.split(" ", 1) + [""])[:2] for m in args.module]
            make_iso(args.output, args.kernel, args.append, modules)
            return 0
        files = parse_files(args.files)
        if args.extlinux:
            files["extlinux/extlinux.conf"] = extlinux_conf(args.extlinux, args.append, args.dtb)
        make_disk(args.output, files, args.fs)
    except (ImageError, OSError) as error:
        print(f"image: {re.sub(chr(10), ' ', str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
