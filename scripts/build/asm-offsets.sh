#!/bin/sh
# SPDX-License-Identifier: MIT
# asm-offsets.sh IN OUT: the lines that DEFINE() left in a compiler's assembly (asm_offsets.h), as a
# header. OUT is left alone when it would be the same.
set -eu
in=$1 out=$2
sed -n 's/^.*->\([A-Za-z0-9_]*\) [$#]*\([-0-9]*\).*/#define \1 \2/p' "$in" > "$out.new"
if cmp -s "$out.new" "$out"; then
    rm "$out.new"
else
    mv "$out.new" "$out"
fi
touch "${in%.s}.stamp"
