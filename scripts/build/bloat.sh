#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds another commit in a given configuration: bloat.sh REVISION FOLDER CONFIG MAKE.
set -eu
revision=$1 folder=$2 config=$3 make=$4

commit=$(git rev-parse --verify --quiet "$revision^{commit}") || {
    echo "bloat: there is no commit $revision" >&2
    exit 1
}
rm -rf "$folder/src"
mkdir -p "$folder/src" "$folder/build"
git archive "$commit" | tar -x -C "$folder/src"
cp "$config" "$folder/build/.config"
unset MAKEFLAGS MFLAGS MAKEOVERRIDES
$make -s -j"$(nproc)" -C "$folder/src" O="$folder/build" kernel
