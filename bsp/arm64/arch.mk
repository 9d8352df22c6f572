# SPDX-License-Identifier: MIT
# What compiling and linking for arm64 takes.

cross-default := aarch64-linux-gnu-
clang-target := aarch64-linux-gnu
image := y

# Unaligned accesses fault while the MMU is off, so none is made. Atomics are calls of cpu/atomic.S.
arch-cflags := -march=armv8-a -mgeneral-regs-only -mstrict-align -moutline-atomics
# Padding in front of functions, loops and what is jumped to would be a part in twenty of the image.
arch-cflags-gcc := -mbranch-protection=none -falign-functions=4 -falign-jumps=4 -falign-loops=4 \
	-falign-labels=4
arch-cflags-clang := -mbranch-protection=none
# For what runs at boot, on request or on a failure (ccflags-y, CFLAGS_file.o): a fifth smaller.
cold-cflags := -Os

# Shadow of the image lies 8 MiB behind its start.
kasan-offset := 0xdfffffff90800000
