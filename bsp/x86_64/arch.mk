# SPDX-License-Identifier: MIT
# What compiling and linking for x86_64 takes.

cross-default := x86_64-linux-gnu-
clang-target := x86_64-linux-gnu
image :=

arch-cflags := -m64 -march=x86-64 -mgeneral-regs-only -mno-red-zone -fcf-protection=none
# Padding in front of functions, loops and what is jumped to would be a tenth of the image.
arch-cflags-gcc := -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1 \
	-mstack-protector-guard=global
# For what runs at boot, on request or on a failure (ccflags-y, CFLAGS_file.o): a fifth smaller.
cold-cflags := -Os
arch-cflags-clang := -mstack-protector-guard=global

arch-postlink = $(PYTHON) sys bsp/x86_64/hide_relocations.py

# Shadow of the image lies 8 MiB behind its start.
kasan-offset := 0xdfffff2000800000
