#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs Python: python.sh MODULE ARGS... with the first interpreter that can import MODULE.
# The python3 of the PATH may be one that lacks the distribution's modules.
module=$1
shift
for python in ${PYTHON3:-} /usr/bin/python3 python3; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c "import $module" 2>/dev/null; then
        exec "$python" "$@"
    fi
done
case $module in
tkinter) package=python3-tk ;;
*) package=python3-$module ;;
esac
echo "keel: no python3 here can import $module: install the package $package (make setup does)" >&2
exit 1
