#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What Keel's build asks of Kconfig beyond kconfiglib's own modules.

defconfig FILE     a new .config from a defconfig; what it assigns must hold, or it is an error
merge FILE...      fragments onto the present .config, as strictly
savedefconfig OUT  the least that gives the present .config
allyesconfig, allnoconfig, randconfig   from nothing; ARCH= picks the architecture, SEED= the dice
sync DIR           .config to DIR/generated/autoconf.h and DIR/config/ (one file for each symbol)

.config lies where KCONFIG_CONFIG says, the Kconfig files below $srctree.
"""
import glob
import os
import random
import re
import sys
import tempfile
import time

import kconfiglib
from kconfiglib import BOOL, HEX, INT, STRING, expr_str, expr_value

ASSIGNMENT = re.compile(r"CONFIG_(\w+)=(.*)")
UNSET = re.compile(r"# CONFIG_(\w+) is not set")
HEADER = "# SPDX-License-Identifier: MIT\n"


def fail(lines):
    """Ends with the given lines as the error message."""
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1)


def read_assignments(path):
    """The assignments of a configuration file as {name: (value, line number)}, and its mistakes."""
    found, errors = {}, []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            line = text.strip()
            match = ASSIGNMENT.fullmatch(line)
            if match:
                found[match[1]] = (match[2].strip('"'), number)
            elif UNSET.fullmatch(line):
                found[UNSET.fullmatch(line)[1]] = ("n", number)
            elif line and not line.startswith("#"):
                errors.append(f"{path}:{number}: not an assignment: {line}")
            elif line.startswith("# CONFIG_"):
                errors.append(f"{path}:{number}: neither a comment nor 'is not set': {line}")
    return found, errors


def unmet(sym):
    """Why a symbol is not y: the parts of its dependencies that are n, in words."""
    def missing(expr):
        if isinstance(expr, tuple) and expr[0] == kconfiglib.AND:
            return missing(expr[1]) + missing(expr[2])
        return [] if expr_value(expr) else [expr_str(expr)]
    parts = missing(sym.direct_dep)
    return f"it depends on {' && '.join(parts)}, which is not met" if parts else ""


def why_different(sym):
    """Why an assigned symbol did not get its value."""
    if unmet(sym):
        return unmet(sym)
    if sym.orig_type == BOOL and sym.str_value == "y" and expr_value(sym.rev_dep):
        who = [expr_str(part) for part in kconfiglib.split_expr(sym.rev_dep, kconfiglib.OR)
               if expr_value(part)]
        return f"it is selected by {', '.join(who)}"
    if sym.choice and sym.choice.selection:
        return f"its choice has {sym.choice.selection.name} selected"
    ranges = [f"{low.str_value}..{high.str_value}" for low, high, cond in sym.ranges
              if expr_value(cond)]
    if ranges:
        return f"its range is {ranges[0]}"
    if sym.orig_type in (INT, HEX, STRING, BOOL) and any(node.prompt for node in sym.nodes):
        return f"it is of type {kconfiglib.TYPE_TO_STR[sym.orig_type]}"
    return "it has no prompt: others set it"


def same_value(sym, wanted):
    """Whether the symbol's value is the one a file wanted."""
    if sym.orig_type in (INT, HEX):
        base = 16 if sym.orig_type == HEX else 10
        try:
            return int(sym.str_value, base) == int(wanted, base)
        except ValueError:
            return False
    return kconfiglib.escape(sym.str_value) == wanted if sym.orig_type == STRING \
        else sym.str_value == wanted


def complaints(kconf, path):
    """What a configuration file assigns in vain, a line each."""
    assigned, errors = read_assignments(path)
    for name, (wanted, number) in assigned.items():
        where = f"{path}:{number}"
        sym = kconf.syms.get(name)
        if sym is None or not sym.nodes:
            errors.append(f"{where}: no symbol of the name {name}")
        elif not same_value(sym, wanted):
            errors.append(f"{where}: {name} is to be {wanted} but is "
                          f"{sym.str_value or 'unset'}: {why_different(sym)}")
    return errors


def check_files(paths):
    """Files of configs/ must be there and well-formed."""
    for path in paths:
        if not os.path.exists(path):
            kind = "*_defconfig" if path.endswith("_defconfig") else "*.config"
            known = sorted(map(os.path.basename, glob.glob(f"configs/{kind}")))
            fail([f"there is no {path}; there are: {' '.join(known)}"])
        _, errors = read_assignments(path)
        if errors:
            fail(errors)


def load(files):
    """Loads configuration files over each other; what one of them assigns in vain is the end."""
    kconf = new_kconfig()
    for number, path in enumerate(files):
        kconf.load_config(path, replace=number == 0)
    errors = [line for path in files if path.startswith("configs/")
              for line in complaints(kconf, path)]
    if errors:
        fail(errors)
    return kconf


def merge(fragments):
    """Fragments over the present choices. Only what differs from the defaults counts as a choice, so
    that a fragment moves the defaults that depend on it."""
    present = new_kconfig()
    present.load_config()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(minimal(present))
        file.flush()
        return load([file.name, *fragments])


def new_kconfig():
    """The tree of Kconfig files, with kconfiglib's own warnings about assignments left to us."""
    kconf = kconfiglib.Kconfig("Kconfig", suppress_traceback=True)
    kconf.warn_assign_override = kconf.warn_assign_redun = kconf.warn_assign_undef = False
    return kconf


def write(kconf):
    """Writes .config."""
    print(kconf.write_config(save_old=False))


def choose_arch(kconf, arch):
    """Selects the architecture of an ARCH= argument."""
    sym = kconf.syms.get((arch or "").upper())
    if arch and (sym is None or not sym.choice):
        fail([f"there is no architecture ARCH={arch}"])
    if arch:
        sym.set_value(2)


def all_config(value):
    """Every symbol that can be set is set to value."""
    kconf = new_kconfig()
    kconf.warn = False
    for sym in kconf.unique_defined_syms:
        if sym.orig_type == BOOL and not sym.choice:
            sym.set_value(value)
    choose_arch(kconf, os.environ.get("ARCH"))
    write(kconf)


def rand_config():
    """Every symbol is thrown dice for, the same way for the same seed."""
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(1 << 32))
    print(f"SEED={seed}")
    dice = random.Random(seed)
    kconf = new_kconfig()
    kconf.warn = False
    for choice in kconf.unique_choices:
        dice.choice(choice.syms).set_value(2)
    for sym in kconf.unique_defined_syms:
        if sym.orig_type == BOOL and not sym.choice:
            sym.set_value(dice.choice((0, 2)))
        elif sym.orig_type == INT and sym.ranges:
            low, high, _ = sym.ranges[0]
            sym.set_value(str(dice.randint(int(low.str_value), int(high.str_value))))
    choose_arch(kconf, os.environ.get("ARCH"))
    write(kconf)


def minimal(kconf):
    """The lines of the least configuration."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
        kconf.write_min_config(file.name, header="")
        return file.read()


def config_lines(text):
    """The lines of a configuration that assign."""
    return {line for line in text.splitlines() if ASSIGNMENT.match(line) or UNSET.match(line)}


def known_configurations(suffix):
    """The configurations in configs/ as [(name, lines that assign)]."""
    found = []
    for path in sorted(glob.glob("configs/*" + suffix)):
        with open(path, encoding="utf-8") as file:
            found.append((os.path.basename(path).removesuffix(suffix), config_lines(file.read())))
    return found


def configuration_name(kconf):
    """The defconfig and the fragments on top that give this configuration, or what is nearest."""
    have = config_lines(minimal(kconf))
    arch = config_lines("\n".join(f"CONFIG_{choice.selection.name}=y"
                                  for choice in kconf.unique_choices if choice.selection))
    near = [(len(have ^ lines), lines, name) for name, lines in known_configurations("_defconfig")
            if not arch & have or arch & lines]
    if not near:
        return "custom"
    _, lines, name = min(near, key=lambda entry: (entry[0], -len(entry[2])))
    rest = have ^ lines
    for fragment, lines in known_configurations(".config"):
        if lines and lines <= have:
            name += "+" + fragment
            rest -= lines
    return name + ("-custom" if rest else "")


def configured_boards(kconf):
    """The boards that are y, by their names: a board is a folder bsp/<arch>/<board>/."""
    names = [os.path.basename(os.path.dirname(path)) for path in sorted(glob.glob("bsp/*/*/Kconfig"))]
    syms = {name: kconf.syms.get("BOARD_" + name.upper().replace("-", "_")) for name in names}
    return [name for name, sym in syms.items() if sym is not None and sym.str_value == "y"]


def write_if_changed(path, text):
    """Leaves the file's time alone when its text is the same."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_newest(path, others):
    """Dates a file after others, even after those of the future: make is to take it as made."""
    newest = max(os.stat(other).st_mtime_ns for other in others)
    date = max(time.time_ns(), newest + 1)
    os.utime(path, ns=(date, date))


def sync(folder):
    """.config to what C and make read."""
    kconf = new_kconfig()
    kconf.load_config()
    for line in complaints(kconf, os.environ["KCONFIG_CONFIG"]):
        print(f"warning: {line}", file=sys.stderr)
    kconf.write_autoconf(f"{folder}/generated/autoconf.h", header="")
    auto_conf = f"{folder}/config/auto.conf"
    kconf.sync_deps(f"{folder}/config")
    write_if_changed(f"{folder}/config/name", configuration_name(kconf) + "\n")
    files = " ".join(kconf.kconfig_filenames)
    write_if_changed(f"{folder}/config/kconfig.cmd",
                     f"boards := {' '.join(configured_boards(kconf))}\n"
                     f"{auto_conf}: {files}\n" +
                     "".join(f"{path}:\n" for path in kconf.kconfig_filenames))
    make_newest(auto_conf, [os.environ["KCONFIG_CONFIG"], __file__, *kconf.kconfig_filenames])


def main(command, *args):
    """Runs one command."""
    if command in ("defconfig", "merge"):
        check_files(args)
        write(load(args) if command == "defconfig" else merge(args))
    elif command == "savedefconfig":
        kconf = new_kconfig()
        kconf.load_config()
        with open(args[0], "w", encoding="utf-8") as file:
            file.write(HEADER + minimal(kconf))
    elif command in ("allyesconfig", "allnoconfig"):
        all_config(2 if command == "allyesconfig" else 0)
    elif command == "randconfig":
        rand_config()
    elif command == "sync":
        sync(*args)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
