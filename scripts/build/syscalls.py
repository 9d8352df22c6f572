#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads the table of system calls and makes all that follows from it.

syscalls.py numbers|prototypes|handlers|dispatch|names|grammar|doc TABLE FILE   writes one of them
syscalls.py vdso-ARCH TABLE FILE        the vDSO's calls on an architecture, and where they are made
syscalls.py stubs-ARCH TABLE FILE       what programs call, by way of the vDSO
syscalls.py check TABLE NUMBERS DOC                                     numbers kept, document up to date
"""
import dataclasses
import re
import sys

ARGUMENTS_MAX = 6
NUMBER_MAX = 1023
SIZE_MAX = 1 << 32
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}$")
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{0,40}$")
TYPE = re.compile(r"[a-z][a-z0-9_]{0,40}$")
BUFFER = re.compile(r"([a-z][a-z0-9_]{0,40})(?:\[([a-z][a-z0-9_]{0,40})\])?$")
BOUNDS = re.compile(r"(-?\d+)\.\.(-?\d+)$")
# Words of C that are no name.
RESERVED = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline "
    "int long register restrict return short signed sizeof static struct switch typedef union unsigned "
    "void volatile while".split())
SCALARS = {"u32": ("uint32_t", 0, (1 << 32) - 1), "u64": ("uint64_t", 0, (1 << 64) - 1),
           "i64": ("int64_t", -(1 << 63), (1 << 63) - 1), "time": ("int64_t", -(1 << 63), (1 << 63) - 1),
           "size": ("size_t", 0, SIZE_MAX)}
RETURNS = {"status": "int", "u64": "uint64_t", "time": "int64_t", "address": "int64_t",
           "count": "int64_t", "never": "void"}
PRIVILEGES = ("any", "debug")
QUICK = ("first",)
TYPES = {"u8": "uint8_t", "u32": "uint32_t", "u64": "uint64_t", "i64": "int64_t", "time": "int64_t",
         "handle": "uint32_t"}
COMMENT = "Made of {table} by scripts/build/syscalls.py."
CLOSING = {"status": "", "u64": "", "time": "", "address": "", "count": "",
           "never": "Does not return."}


class TableError(Exception):
    """The table is not good; the text names file, line and what is wrong."""


@dataclasses.dataclass
class Argument:
    """One argument: kind is handle, in, out, inout, or one of SCALARS."""
    kind: str
    name: str
    line: int
    low: int = 0
    high: int = 0
    type: str = ""    # of an object, or of what memory holds; "" for bytes
    rights: tuple = ()
    size: str = ""    # the argument that counts

    def is_memory(self):
        return self.kind in ("in", "out", "inout")

    def element(self):
        """C's name for what memory holds."""
        return TYPES.get(self.type, f"struct keel_{self.type}") if self.type else "void"


@dataclasses.dataclass
class Call:
    """A system call."""
    number: int
    name: str
    line: int
    doc: list = dataclasses.field(default_factory=list)
    privilege: str = ""
    arguments: list = dataclasses.field(default_factory=list)
    errors: list = dataclasses.field(default_factory=list)
    returns: str = ""
    quick: str = ""
    vdso: bool = False    # a function of the vDSO stands in front of it


class Reader:
    """Reads a table line by line."""

    def __init__(self, path):
        self.path = path
        self.line = 0
        self.calls = []

    def fail(self, why, line=None):
        raise TableError(f"{self.path}:{line or self.line}: {why}")

    def read(self):
        """The calls, by number."""
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise TableError(f"{self.path}: {error.strerror}") from error
        try:
            text = data.decode("ascii")
        except UnicodeDecodeError as error:
            self.fail("not a plain ASCII text", data.count(b"\n", 0, error.start) + 1)
        for self.line, line in enumerate(text.split("\n"), 1):
            self.take(line.split("#", 1)[0] if not line.lstrip().startswith("doc ") else line)
        if not self.calls:
            self.fail("no call in the table")
        for call in self.calls:
            self.finish(call)
        return sorted(self.calls, key=lambda call: call.number)

    def take(self, line):
        words = line.split()
        if not words:
            return
        if not line[0].isspace():
            self.begin(words)
        elif not self.calls:
            self.fail(f"'{words[0]}' belongs to no call")
        else:
            self.detail(self.calls[-1], words)

    def begin(self, words):
        if words[0] != "call" or len(words) != 3:
            self.fail("expected 'call NUMBER NAME'")
        if not re.fullmatch(r"0|[1-9]\d{0,6}", words[1]) or int(words[1]) > NUMBER_MAX:
            self.fail(f"'{words[1]}' is no number from 0 to {NUMBER_MAX}")
        self.name(words[2])
        for call in self.calls:
            if call.number == int(words[1]) or call.name == words[2]:
                self.fail(f"number or name were given to {call.name} in line {call.line}")
        self.calls.append(Call(int(words[1]), words[2], self.line))

    def name(self, word):
        if not NAME.match(word) or word in RESERVED:
            self.fail(f"'{word[:60]}' is no name")
        return word

    def detail(self, call, words):
        kind = words[0]
        if kind == "doc":
            call.doc.append(" ".join(words[1:]))
        elif kind == "privilege":
            self.once(call.privilege, kind)
            call.privilege = self.one_of(words, PRIVILEGES)
        elif kind == "quick":
            self.once(call.quick, kind)
            call.quick = self.one_of(words, QUICK)
        elif kind == "return":
            self.once(call.returns, kind)
            call.returns = self.one_of(words, RETURNS)
        elif kind == "vdso":
            self.once(call.vdso, kind)
            call.vdso = True
        elif kind == "error":
            if len(words) < 3 or not re.fullmatch(r"E[A-Z0-9]{1,20}", words[1]):
                self.fail("expected 'error ENAME TEXT'")
            call.errors.append((words[1], " ".join(words[2:])))
        else:
            self.argument(call, words)

    def once(self, value, what):
        if value:
            self.fail(f"a second '{what}'")

    def one_of(self, words, choices):
        if len(words) != 2 or words[1] not in choices:
            self.fail(f"expected '{words[0]} {'|'.join(choices)}'")
        return words[1]

    def argument(self, call, words):
        kind = words[0]
        if kind in ("handle", "value"):
            argument = self.handle(words)
        elif kind in ("in", "out", "inout"):
            argument = self.memory(words)
        elif kind in SCALARS:
            argument = self.scalar(words)
        else:
            self.fail(f"'{kind[:60]}' is not known")
        if any(other.name == argument.name for other in call.arguments):
            self.fail(f"a second argument '{argument.name}'")
        if len(call.arguments) == ARGUMENTS_MAX:
            self.fail(f"more than {ARGUMENTS_MAX} arguments")
        call.arguments.append(argument)

    def handle(self, words):
        if len(words) != 4 or not CONSTANT.match(words[2]):
            self.fail(f"expected '{words[0]} NAME TYPE RIGHT,...'")
        rights = tuple(words[3].split(","))
        for right in rights:
            if not CONSTANT.match(right):
                self.fail(f"'{right[:60]}' is no right")
        return Argument(words[0], self.name(words[1]), self.line, type=words[2], rights=rights)

    def memory(self, words):
        match = BUFFER.match(words[1]) if len(words) in (2, 3) else None
        if not match:
            self.fail(f"expected '{words[0]} NAME[SIZE]', '{words[0]} NAME[COUNT] TYPE' or "
                      f"'{words[0]} NAME TYPE'")
        kind = words[2] if len(words) == 3 else ""
        if not kind and not match[2]:
            self.fail(f"'{words[1]}' has neither a size nor a type")
        if kind and not TYPE.match(kind):
            self.fail(f"'{kind[:60]}' is no type")
        return Argument(words[0], self.name(match[1]), self.line, type=kind, size=match[2] or "")

    def scalar(self, words):
        _, low, high = SCALARS[words[0]]
        if len(words) not in (2, 3) or (words[0] == "size" and len(words) == 2) or (
                words[0] == "time" and len(words) == 3):
            self.fail(f"expected '{words[0]} NAME" + {"size": " MIN..MAX'", "time": "'"}.get(
                words[0], " [MIN..MAX]'"))
        if len(words) == 3:
            match = BOUNDS.match(words[2])
            if not match or len(words[2]) > 50:
                self.fail(f"'{words[2][:60]}' is no range MIN..MAX")
            least, most = int(match[1]), int(match[2])
            if not low <= least <= most <= high:
                self.fail(f"the range {words[2]} is empty or not one of {words[0]}")
            low, high = least, most
        return Argument(words[0], self.name(words[1]), self.line, low=low, high=high)

    def finish(self, call):
        if not call.doc:
            self.fail(f"{call.name} has no 'doc'", call.line)
        call.privilege = call.privilege or "any"
        call.returns = call.returns or "status"
        for argument in call.arguments:
            if argument.size:
                counts = [other for other in call.arguments if other.name == argument.size]
                if not counts or counts[0].kind != "size":
                    self.fail(f"'{argument.size}' is no argument of the kind size", argument.line)


def c_type(argument, user_space):
    """An argument's type: what user space gives, or what the kernel's function gets."""
    if argument.kind in ("handle", "value"):
        return "keel_handle_t " if user_space or argument.kind == "value" else "struct object *"
    if argument.is_memory():
        const = "const " if argument.kind == "in" else ""
        if user_space or (argument.kind == "in" and argument.type and not argument.size):
            return f"{const}{argument.element()} *"
        return f"{const}{argument.element()} __user *"
    return SCALARS[argument.kind][0] + " "


def prototype(call, user_space):
    """A function's declaration without its end."""
    arguments = ", ".join(c_type(a, user_space) + a.name for a in call.arguments) or "void"
    if user_space:
        return f"{RETURNS[call.returns]} keel_{call.name}({arguments})"
    return f"{'__noreturn void' if call.returns == 'never' else 'int64_t'} sys_{call.name}({arguments})"


def head(table, what):
    return ["/* SPDX-License-Identifier: MIT */", f"/* {what} {COMMENT.format(table=table)} */"]


def numbers(calls, table):
    """Numbers, for C and assembly."""
    lines = head(table, "Numbers of the system calls.") + [
        "#ifndef KEEL_SYSCALL_NUMBERS_H", "#define KEEL_SYSCALL_NUMBERS_H", ""]
    lines += [f"#define KEEL_SYS_{call.name} {call.number}" for call in calls]
    return lines + ["", "/* One more than the highest. */",
                    f"#define KEEL_SYS_COUNT {calls[-1].number + 1}", "", "#endif"]


def headers(calls):
    """The includes that declare the types of a table's arguments."""
    arguments = [argument for call in calls for argument in call.arguments]
    if any(a.kind in ("handle", "value") or (a.is_memory() and a.type) for a in arguments):
        return ["#include <keel/call_types.h>"]
    return []


def prototypes(calls, table):
    """What user space includes."""
    lines = head(table, "The system calls as user space calls them.") + [
        "#ifndef KEEL_SYSCALLS_H", "#define KEEL_SYSCALLS_H", "", "#include <stddef.h>",
        "#include <stdint.h>"]
    lines += headers(calls)
    for call in calls:
        never = "__attribute__((noreturn)) " if call.returns == "never" else ""
        lines += ["", f"/* {' '.join(call.doc)} */", f"{never}{prototype(call, True)};"]
    return lines + ["", "#endif"]


def handlers(calls, table):
    """The kernel's functions."""
    lines = head(table, "What performs the system calls, all arguments checked.") + [
        "#ifndef GENERATED_SYSCALL_HANDLERS_H", "#define GENERATED_SYSCALL_HANDLERS_H", "",
        *headers(calls), "#include <keel/types.h>", "", "struct object;"]
    for call in calls:
        lines.append(f"{prototype(call, False)};")
        if call.quick:
            registers = ", ".join(["uint64_t"] * ARGUMENTS_MAX)
            lines += [f"int64_t quick_{call.name}({registers});",
                      f"int64_t enter_{call.name}({registers});"]
    return lines + ["", "#endif"]


def bounds_check(argument, value):
    """The condition that a number is out of its range, or "". Of a register with a 32-bit number the upper half
    means nothing: calling conventions leave it undefined, or copy the sign there."""
    ctype, least, most = SCALARS[argument.kind]
    tests = []
    cast = {"int64_t": "(int64_t)", "uint32_t": "(uint32_t)"}.get(ctype, "")
    signed = ctype == "int64_t"
    if argument.low > (least if signed else 0):
        tests.append(f"{cast}{value} < {literal(argument.low, signed)}")
    if argument.high < (most if cast else (1 << 64) - 1):
        tests.append(f"{cast}{value} > {literal(argument.high, signed)}")
    return " || ".join(tests)


def literal(number, signed):
    if signed and number == -(1 << 63):
        return "INT64_MIN"
    return f"INT64_C({number})" if signed else f"UINT64_C({number})"


def checks(call):
    """The lines that check a call's arguments, and the expressions it is then called with."""
    lines, after, passed = [], [], []
    places = {a.name: f"a{i}" for i, a in enumerate(call.arguments)}
    if call.privilege != "any":
        lines.append(f"    SYSCALL_NEED(PROCESS_MAY_{call.privilege.upper()});")
    for argument in call.arguments:
        value = places[argument.name]
        if argument.is_memory():
            size = f"sizeof({argument.element()})" if argument.type else "1"
            size += f" * {places[argument.size]}" if argument.size else ""
            after.append(f"    SYSCALL_USER_RANGE({value}, {size});")
            if argument.kind == "in" and argument.type and not argument.size:
                after.append(f"    {argument.element()} {argument.name};")
                after.append(f"    SYSCALL_COPY_IN({argument.name}, {value});")
                passed.append(f"&{argument.name}")
                continue
            passed.append(f"({c_type(argument, False)}){value}")
        elif argument.kind == "value":
            passed.append(f"(keel_handle_t){value}")
        elif argument.kind == "handle":
            rights = " | ".join(f"KEEL_RIGHT_{right}" for right in argument.rights)
            after.append(f"    SYSCALL_HANDLE({argument.name}, {value}, KEEL_OBJ_TYPE_"
                         f"{argument.type}, {rights});")
            passed.append(argument.name)
        else:
            test = bounds_check(argument, value)
            lines += [f"    if ({test}) {{", "        return -EINVAL;", "    }"] if test else []
            passed.append(f"({SCALARS[argument.kind][0]}){value}")
    return lines + after, passed


def entry(call):
    """The function that checks a call's arguments and then calls what performs it."""
    names = [f"a{i}" for i in range(ARGUMENTS_MAX)]
    static = "" if call.quick else "static "
    lines = [f"{static}int64_t enter_{call.name}({', '.join('uint64_t ' + n for n in names)})", "{"]
    body, passed = checks(call)
    unused = names[len(call.arguments):]
    lines += [f"    (void){name};" for name in unused] + [f"    SYSCALL_TRACE({call.number});"] + body
    invocation = f"sys_{call.name}({', '.join(passed)});"
    return lines + [f"    {'' if call.returns == 'never' else 'return '}{invocation}", "}", ""]


def dispatch(calls, table):
    """The kernel's table, and the checks in front of each call."""
    lines = head(table, "From numbers to what performs the calls.") + [
        "#include <keel/errno.h>", "#include <keel/syscall.h>", "",
        '#include <generated/syscall_handlers.h>', "#include <keel/syscall_numbers.h>", ""]
    for call in calls:
        lines += entry(call)
    lines += ["syscall_fn *const syscall_table[KEEL_SYS_COUNT] = {"]
    known = {call.number: call for call in calls}
    for number in range(calls[-1].number + 1):
        function = "syscall_unknown"
        if number in known:
            function = f"{'quick' if known[number].quick else 'enter'}_{known[number].name}"
        lines.append(f"    [{number}] = {function},")
    return lines + ["};"]


def names_of(calls, table):
    """Names by number, for traces."""
    lines = head(table, "Names of the system calls.") + [
        "#include <keel/syscall.h>", "#include <keel/syscall_numbers.h>", "",
        "const char *const syscall_names[KEEL_SYS_COUNT] = {"]
    return lines + [f'    [{call.number}] = "{call.name}",' for call in calls] + ["};"]


def argument_grammar(call, argument):
    """One argument for a program that tries calls out; see tests/user/grammar.h."""
    if argument.kind in ("handle", "value"):
        rights = " | ".join(f"KEEL_RIGHT_{right}" for right in argument.rights)
        return f".kind = GRAMMAR_HANDLE, .type = KEEL_OBJ_TYPE_{argument.type}, .rights = {rights}"
    if argument.is_memory():
        element = f"sizeof({argument.element()})" if argument.type else "1"
        counts = [a.name for a in call.arguments].index(argument.size) if argument.size else -1
        return f".kind = GRAMMAR_{argument.kind.upper()}, .element = {element}, .counted_by = {counts}"
    kind = {"size": "SIZE", "time": "TIME"}.get(argument.kind, "NUMBER")
    signed = SCALARS[argument.kind][0] == "int64_t"
    bounds = [f"(uint64_t){literal(bound, signed)}" for bound in (argument.low, argument.high)]
    return (f".kind = GRAMMAR_{kind}, .low = {bounds[0]}, .high = {bounds[1]}, "
            f".is_signed = {int(signed)}, .is_checked = {int(bool(bounds_check(argument, 'x')))}")


def grammar(calls, table):
    """The table itself, for programs that try all calls out."""
    lines = head(table, "All system calls and what they take.") + [
        "#include <keel/call_types.h>", "#include <keel/errno.h>", "", '#include "grammar.h"', "",
        "const struct call_grammar call_grammar[] = {"]
    for call in calls:
        errors = " ".join(f"{name}," for name, _ in dict(documented_errors(call)).items())
        lines += ["    {", f'        .name = "{call.name}",', f"        .number = {call.number},",
                  f"        .returns = GIVES_{call.returns.upper()},",
                  f"        .count = {len(call.arguments)},",
                  f"        .errors = {{{errors or '0'}}},", "        .arguments = {"]
        lines += [f"            {{{argument_grammar(call, a)}}}," for a in call.arguments]
        lines += ["        },", "    },"]
    return lines + ["};", f"const unsigned call_grammar_count = {len(calls)};"]


CALLS = {
    "arm64": lambda call: ([f"mov x8, #{call.number}"], ["svc #0"], ["ret"]),
    "riscv64": lambda call: ([f"li a7, {call.number}"], ["ecall"], ["ret"]),
    "x86_64": lambda call: ((["movq %rcx, %r10"] if len(call.arguments) > 3 else []) +
                            [f"movl ${call.number}, %eax"], ["syscall"], ["ret"]),
}
# A jump to where the table of a program says, and the registers that go with it: those that calls change.
JUMPS = {
    "arm64": ["adrp x16, lib_vdso_calls + {at}", "ldr x16, [x16, :lo12:lib_vdso_calls + {at}]", "br x16"],
    "riscv64": ["1: auipc t1, %pcrel_hi(lib_vdso_calls + {at})", "ld t1, %pcrel_lo(1b)(t1)", "jr t1"],
    "x86_64": ["jmp *lib_vdso_calls + {at}(%rip)"],
}


def function(symbol, body, scope=".globl"):
    """A function of assembly."""
    return ["", f'    .section .text.{symbol}, "ax"', f"    {scope} {symbol}",
            f"    .type {symbol}, STT_FUNC", f"{symbol}:", *(f"    {line}" for line in body),
            f"    .size {symbol}, . - {symbol}"]


def stubs(calls, table, arch):
    """Assembly of user space."""
    lines = head(table, "What programs call. A program has those that it uses.") + [
        "    .hidden lib_vdso_calls"]
    for call in calls:
        lines += function(f"keel_{call.name}",
                          [line.format(at=8 * call.number) for line in JUMPS[arch]])
    return lines + ["", '    .section .note.GNU-stack, "", %progbits']


def vdso(calls, table, arch):
    """The vDSO's assembly: struct keel_vdso of <keel/vdso.h>, and a stub with the only place that a call is made
    at. Offsets are from the image's begin, where the table's offset is KEEL_VDSO_TABLE."""
    known = {call.number: call for call in calls}
    lines = head(table, "The calls in the vDSO.") + ["#include <keel/vdso.h>", ""]
    symbols = {}
    for call in calls:
        symbol = f"vdso_{call.name}" if call.vdso else f"keel_{call.name}"
        symbols[call.number] = f"keel_{call.name}" if call.vdso else f".Lcall_{call.number}"
        before, there, after = CALLS[arch](call)
        body = function(symbol, before + there + [f".Lsite_{call.number}:"] + after,
                        ".hidden" if call.vdso else ".globl")
        if call.vdso:
            body.insert(2, f"    .globl {symbol}")
        else:
            body.insert(4, f".Lcall_{call.number}:")
        lines += body
    lines += ["", '    .section .keel.table, "a"', "    .balign 4", "table:",
              "    .long KEEL_VDSO_MAGIC, KEEL_VDSO_VERSION",
              f"    .long {calls[-1].number + 1}, vdso_clock - table + KEEL_VDSO_TABLE",
              "    .hidden vdso_clock"]
    for names in (symbols, {number: f".Lsite_{number}" for number in known}):
        lines += [f"    .long {names[number]} - table + KEEL_VDSO_TABLE" if number in known else
                  "    .long 0" for number in range(calls[-1].number + 1)]
    return lines + ["", '    .section .note.GNU-stack, "", %progbits']


def documented_errors(call):
    """(name, why) of a call: those that its arguments bring, and its own."""
    found = []
    if call.privilege != "any":
        found.append(("EPERM", f"the process was not given the privilege `{call.privilege}`"))
    for argument in call.arguments:
        if argument.kind in ("handle", "value"):
            found.append(("EBADF", f"`{argument.name}` is no handle"))
            if argument.type != "NONE":
                found.append(("ENOTTY", f"`{argument.name}` is a handle to something else"))
            if argument.rights != ("NONE",):
                found.append(("EACCES", f"`{argument.name}` lacks {' or '.join(argument.rights)}"))
        elif argument.is_memory():
            access = {"in": "read", "out": "written", "inout": "read and written"}[argument.kind]
            found.append(("EFAULT", f"`{argument.name}` is no memory that can be {access}"))
        elif bounds_check(argument, "x"):
            found.append(("EINVAL", f"`{argument.name}` is not from {argument.low} to "
                                    f"{argument.high}"))
    return found + call.errors


def document(calls, table):
    """docs/syscalls.md."""
    lines = ["# System calls", "", f"{COMMENT.format(table='`' + table + '`')} The way into the kernel "
             "and out is told in", "[user-space.md](user-space.md).", "",
             "A call gives 0, or what it says below, or a negative status of `keel/errno.h`. A number that",
             "names no call gives `-ENOSYS`. Calls with side effects have none when they fail.", "",
             "| number | call | |", "|---|---|---|"]
    for call in calls:
        lines.append(f"| {call.number} | [`{call.name}`](#{call.name}) | {' '.join(call.doc)} |")
    for call in calls:
        words = f"{prototype(call, True)};".replace(" ", "~").replace(",~", ", ")
        declaration = "\n    ".join(wrap(words, 96)).replace("~", " ")
        lines += ["", f"## {call.name}", "", "```c", declaration, "```", ""]
        lines += wrap(" ".join(call.doc + [CLOSING[call.returns]]).strip())
        errors = documented_errors(call)
        if errors:
            lines += ["", "| error | when |", "|---|---|"]
            lines += [f"| `{name}` | {why} |" for name, why in errors]
    return lines


def wrap(text, width=100):
    """Lines of running text."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines + [line]


MAKERS = {"numbers": numbers, "prototypes": prototypes, "handlers": handlers, "dispatch": dispatch,
          "names": names_of, "grammar": grammar, "doc": document,
          **{f"{name}-{arch}": lambda calls, table, maker=maker, arch=arch: maker(calls, table, arch)
             for arch in CALLS for name, maker in (("stubs", stubs), ("vdso", vdso))}}


def given_numbers(path):
    """{number: (name, line)} of the list of numbers that were ever given."""
    given = {}
    with open(path, encoding="ascii", errors="replace") as file:
        for count, line in enumerate(file, 1):
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            if len(words) != 2 or not words[0].isdigit():
                raise TableError(f"{path}:{count}: expected 'NUMBER NAME'")
            if int(words[0]) in given:
                raise TableError(f"{path}:{count}: number {words[0]} stands in line "
                                 f"{given[int(words[0])][1]} too")
            given[int(words[0])] = (words[1], count)
    return given


def check(calls, table, list_path, doc_path):
    """What is wrong, a line each."""
    given = given_numbers(list_path)
    wrong = []
    for call in calls:
        name = given.get(call.number, ("", 0))[0]
        if name != call.name:
            wrong.append(f"{table}:{call.line}: error: number {call.number} is {call.name}, but "
                         f"{list_path} has {name or 'nothing'} for it")
    have = {call.number for call in calls}
    wrong += [f"{list_path}:{line}: error: {name} is in no table any more: a retired call stays, as "
              "-ENOSYS" for number, (name, line) in given.items() if number not in have]
    with open(doc_path, encoding="utf-8") as file:
        if file.read() != "\n".join(document(calls, table)) + "\n":
            wrong.append(f"{doc_path}:1: error: not what {table} says: scripts/build/syscalls.py doc "
                         f"{table} {doc_path}")
    return wrong


def main(argv):
    if len(argv) < 3 or argv[0] not in (*MAKERS, "check") or len(argv) != 3 + (argv[0] == "check"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        calls = Reader(argv[1]).read()
        if argv[0] == "check":
            wrong = check(calls, *argv[1:])
            print("\n".join(wrong), end="\n" if wrong else "")
            return bool(wrong)
        with open(argv[2], "w", encoding="utf-8") as file:
            file.write("\n".join(MAKERS[argv[0]](calls, argv[1])) + "\n")
    except (TableError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
