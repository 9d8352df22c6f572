#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What grew between two kernels, symbol by symbol: bloat.py NM BEFORE.elf AFTER.elf."""
import collections
import subprocess
import sys


def sizes(nm, path):
    """The bytes of each name; statics of one name add up."""
    text = subprocess.run([nm, "-S", path], check=True, capture_output=True, text=True).stdout
    found = collections.Counter()
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 4:
            found[fields[3]] += int(fields[1], 16)
    return found


def main(nm, before, after):
    old, new = sizes(nm, before), sizes(nm, after)
    changes = sorted(((new[name] - old[name], name) for name in old | new
                      if new[name] != old[name]), key=lambda change: (-change[0], change[1]))
    print(f"{'symbol':40} {'before':>9} {'after':>9} {'change':>9}")
    for change, name in changes:
        print(f"{name:40} {old[name]:9,d} {new[name]:9,d} {change:+9,d}")
    total = sum(new.values()) - sum(old.values())
    print(f"{'total':40} {sum(old.values()):9,d} {sum(new.values()):9,d} {total:+9,d}")


if __name__ == "__main__":
    main(*sys.argv[1:])
