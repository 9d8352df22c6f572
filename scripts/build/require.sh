#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints one line for the first of the named tools that is missing, with the package that has it.
# scripts/packages says which package brings which tool.
package_of() {
    awk -v tool="$1" '!/^#/ && NF > 3 && ("," $4 ",") ~ ("," tool ",") { print $2; exit }' \
        scripts/packages 2>/dev/null
}

for tool in "$@"; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        package=$(package_of "$tool")
        if [ -z "$package" ]; then
            package=$(package_of "${tool#x86_64-linux-gnu-}")
        fi
        case ${tool##*-} in
        ar | ld | nm | objcopy | size | strip)
            prefix=${tool%-*}
            [ "$prefix" = "$tool" ] || package=binutils-$(echo "$prefix" | tr _ -)
            ;;
        esac
        if [ -n "$package" ]; then
            echo "$tool is missing: install the package $package (make setup does)"
        else
            echo "$tool is missing, and Keel knows no package that has it: is CROSS_COMPILE=, CC=, LD= or DTC= right?"
        fi
        exit 0
    fi
done
