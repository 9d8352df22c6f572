#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes OUTPUT/compile_commands.json from the commands that the build saved beside its objects."""
import json
import os
import re
import sys

SAVED = re.compile(r"saved_\S+ := (.*)")


def entry(obj):
    """The compile command of an object; None for one that was not compiled."""
    with open(obj + ".cmd", encoding="utf-8") as file:
        command = SAVED.match(file.readline())[1].replace("$$", "$").replace("\\#", "#")
    return {"directory": os.getcwd(), "file": command.split()[-1], "output": obj,
            "command": command}


def main(output, *objects):
    text = json.dumps([entry(obj) for obj in objects], indent=1) + "\n"
    with open(os.path.join(output, "compile_commands.json"), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
