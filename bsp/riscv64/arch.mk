# SPDX-License-Identifier: MIT
# What compiling and linking for riscv64 takes.

cross-default := riscv64-linux-gnu-
clang-target := riscv64-linux-gnu
image := y

arch-cflags := -mabi=lp64 -mcmodel=medany
# The two compilers name the same instructions differently.
arch-cflags-gcc := -march=rv64imac_zicsr_zifencei
arch-cflags-clang := -march=rv64imac -mno-relax

# Shadow of the image lies 8 MiB behind its start.
kasan-offset := 0xdfffffff90800000
