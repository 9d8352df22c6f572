#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make help` prints: the goals, the boards, the variables.
cat <<'EOT'
Start here
  make setup run        install what is missing, build, boot in QEMU (Ctrl-A X leaves)
  make setup check      install what is missing, run every test

Configure (kept in $(O)/.config; qemu-virt-arm64 when there is none)
  <board>_defconfig     start from a board, see below
  <name>.config         put a fragment on top, see below
  menuconfig guiconfig  change it by hand (nconfig is menuconfig)
  oldconfig olddefconfig listnewconfig
                        bring an old one up to date: ask, take defaults, only list
  savedefconfig         write the least of it to $(O)/defconfig
  allyesconfig allnoconfig randconfig
                        from nothing; ARCH= picks the architecture, SEED= repeats a randconfig

Build
  all (build)           kernel, image, device trees, compile_commands.json
  dtbs                  the device trees of the architecture
  DIR/ DIR/file.o       a part of it
  sdk                   what programs outside of the tree are built with, to $(O)/sdk
  clean mrproper        remove what was built; the configuration too

Run the configured board
  run debug             in QEMU; the second waits for gdb and starts it
                        MEM=1G SMP=4 FIRMWARE=name DEBUG=1 APPEND="command line" BOARD=name
  trace                 in QEMU with the trace on; to $(O)/trace.json, for Perfetto and
                        chrome://tracing; TRACE_CMD="threads; sched" is typed at the console

Test and measure
  check                 everything, for every board; last line: N passed, N failed
  check-<part>          one part, see below
  check-long            the same with the long fuzz runs
  bench                 instruction counts of the configured board; to $(O)/bench.tsv
                        PEER=linux: of programs' rows on Debian's kernel too, and how they compare
  bench-check           fails when a row is 2% worse than the baseline; UPDATE=1 rewrites it
  size                  bytes by kind
  bloat BASE=rev        what grew since that commit, symbol by symbol
  compile_commands.json tags

Machine
  setup (install-deps)  install what is missing
  check-deps            only list it

Variables
  O=folder   output, default build      V=1        print the commands
  CC=clang   another compiler           W=1        more warnings
  CROSS_COMPILE=prefix-                 WERROR=y   warnings are errors (CI=1 too)
  LD=ld.lld                             DTOVERLAYS="a b"  overlays onto the board's tree
EOT

# $1: heading, $2: suffix of the files in configs/
list() {
    printf '\n%s\n' "$1"
    for file in configs/*"$2"; do
        printf '  %-29s %s\n' "${file#configs/}" "$(sed -n '2s/^# //p' "$file")"
    done
}
list "Boards" _defconfig
list "Fragments" .config
printf '\nParts of check\n '
for part in scripts/check/*.run; do
    part=${part##*/}
    printf ' check-%s' "${part%.run}"
done
printf '\n'
