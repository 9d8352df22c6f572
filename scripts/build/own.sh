#!/bin/sh
# SPDX-License-Identifier: MIT
# own.sh FOLDER [mark]: whether a folder is the build's to fill and to empty: it is new, has the build's mark, or
# holds a configuration alone. With `mark` such a folder gets the mark.
mark=$1/.keel-output
if [ -e "$1" ] && [ ! -f "$mark" ]; then
    [ -d "$1" ] && [ ! -d "$1/.config" ] || exit 1
    [ -z "$(ls -A "$1" | grep -vx '\.config')" ] || exit 1
fi
[ "$2" != mark ] || { mkdir -p "$1" && : > "$mark"; } 2>/dev/null
