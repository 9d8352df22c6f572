#!/bin/sh
# SPDX-License-Identifier: MIT
# sdk.sh FOLDER TEMPLATE HEADERS LIBRARY NAME=VALUE...: fills FOLDER with all that a program outside of the tree
# takes. Words @NAME@ of the template become the values; it is written last.
set -e
folder=$1 template=$2 headers=$3 library=$4
shift 4
rm -rf "$folder"
mkdir -p "$folder/include/keel" "$folder/lib" "$folder/bin" "$folder/share"
for header in $headers; do
    case $header in
    */keel/*) cp "$header" "$folder/include/keel" ;;
    *) cp "$header" "$folder/include" ;;
    esac
done
for file in $library; do
    cp "$file" "$folder/lib"
done
cp scripts/mkbootfs "$folder/bin"
for word in "$@"; do
    printf 's|@%s@|%s|\n' "${word%%=*}" "${word#*=}"
done > "$folder/words"
sed -f "$folder/words" "$template" > "$folder/share/keel.mk"
rm "$folder/words"
