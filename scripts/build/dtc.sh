#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles one preprocessed device tree: dtc.sh DTC IN OUT [OVERLAY.dtbo...]. Whatever the compiler
# says is an error.
set -eu
dtc=$1 in=$2 out=$3
shift 3

# Prints what a tool said and ends, if it said anything or failed.
strictly() {
    status=0
    said=$("$@" 2>&1) || status=$?
    if [ -n "$said" ] || [ "$status" -ne 0 ]; then
        printf '%s\n' "${said:-$1 failed}" >&2
        rm -f "$out"
        exit 1
    fi
}

strictly "$dtc" -@ -I dts -O dtb -o "$out" "$in"
if [ $# -gt 0 ]; then
    strictly fdtoverlay -i "$out" -o "$out.over" "$@"
    mv "$out.over" "$out"
fi
