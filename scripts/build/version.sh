#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the C file of what the kernel is made from: version.sh OUT CONFIG_NAME_FILE CC.
# OUT is left alone when it would be the same, so that nothing is built again.
set -u
out=$1 name_file=$2 cc=$3
base=0.1.0

commit() {
    # A tree that merely lies inside somebody else's repository has no version of it.
    if [ -z "$(git rev-parse --show-cdup 2>/dev/null || echo none)" ]; then
        git --no-optional-locks describe --always --dirty --abbrev=12 2>/dev/null
    fi
}

id=$(commit)
# shellcheck disable=SC2086 # CC may be a command with arguments
compiler=$($cc --version 2>/dev/null | head -n 1)
text="/* Written by scripts/build/version.sh. */
#include <keel/version.h>

const char keel_version[] = \"$base${id:+-$id}\";
const char keel_compiler[] = \"$(printf %s "$compiler" | tr -d '"\\')\";
const char keel_config_name[] = \"$(cat "$name_file" 2>/dev/null || echo custom)\";"

if [ ! -f "$out" ] || [ "$(cat "$out")" != "$text" ]; then
    printf '%s\n' "$text" > "$out"
fi
