#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads an output of cgward as strictly as any program might.

read-output.py FORMAT FILE GROUP DIRECTORY [NAMES]: FILE is what cgward printed about GROUP and its
children, which are the subdirectories of DIRECTORY. Each name must be restored from the output. The
names of the children are written to NAMES as they are printed, one per line.
"""
import csv
import json
import os
import re
import sys


program = False  # formats for programs escape some more characters


def fail(*reason):
    sys.exit("read-output: " + " ".join(str(part) for part in reason))


def unescape(text):
    """The bytes of a name: "\\x2d" and the like are not escapes, but names of systemd units."""
    escapes = rb"\\x(0[0-9a-f]|1[0-9a-f]|5c|7f|[89a-f][0-9a-f]" + (rb"|20|22|24|60)" if program else rb")")
    return re.sub(escapes, lambda found: bytes([int(found[1], 16)]), text.encode())


def members(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        fail("the same key twice:", keys)
    return dict(pairs)


def read_json(text):
    return json.loads(text, object_pairs_hook=members, parse_constant=lambda word: fail(word))


def check_object(group):
    for key, text in group.items():
        hexadecimal = group.get("bytes", {}).get(key)
        if isinstance(text, str) and hexadecimal is not None:
            if bytes.fromhex(hexadecimal) != unescape(text):
                fail("other bytes than the text:", key, text)
        elif isinstance(text, str) and unescape(text) != text.encode():
            fail("no bytes of escaped text:", key, text)
    for key, value in group.items():
        if (value is None) != (key in group["reasons"]) and group["reasons"].get(key) != "reset":
            fail("null and reasons differ:", key)
    return group["group"]


def from_json(text):
    return [check_object(group) for group in read_json(text)["groups"]]


def from_ndjson(text):
    if not text.endswith("\n"):
        fail("no newline at the end")
    return [check_object(read_json(line)) for line in text[:-1].split("\n")]


def from_csv(text):
    if text.count("\n") != text.count("\r\n") or not text.endswith("\r\n"):
        fail("a line does not end with CR LF")
    rows = list(csv.reader(text.splitlines(True), strict=True))
    header = rows.pop(0)
    for row in rows:
        if len(row) != len(header):
            fail("not as many cells as columns:", row)
        for key, cell in zip(header, row):
            if key in ("group", "name") and cell[0] in "=+-@\t\r":
                fail("a formula:", cell)
            if key not in ("group", "name") and cell[:1] == "'":
                fail("a number with an apostrophe:", key, cell)
    return [row[header.index("group")] for row in rows]


def from_raw(text):
    rows = [line.split(" ") for line in text[:-1].split("\n")]
    header = rows.pop(0)
    for row in rows:
        if len(row) != len(header) or "" in row:
            fail("not as many words as columns:", row)
    return [row[header.index("group")] for row in rows]


def from_export(text):
    names = []
    for line in text[:-1].split("\n"):
        pairs = re.findall(r'([A-Z_][A-Z0-9_]*)="([^"$`]*)"', line)
        if " ".join('%s="%s"' % pair for pair in pairs) != line:
            fail("not KEY=\"value\" pairs:", line)
        names.append(members(pairs)["GROUP"])
    return names


def from_table(text):
    """The group is the only column."""
    return text[:-1].split("\n")


NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
LABEL = NAME + r'="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\+Inf|[0-9]+(?:\.[0-9]+)?)" % (NAME, LABEL, LABEL))
SUFFIXES = {"counter": ("_total", "_created"), "info": ("_info",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


def unquote(value):
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)


def check_histogram(histograms, family, name, pairs, number):
    """Buckets are in ascending order and include those before; the last one counts all."""
    state = histograms.setdefault((family, pairs.get("group")), {})
    part = name[len(family) + 1:]
    if part == "bucket":
        bound = float(pairs["le"])
        if bound <= state.get("bound", 0) or int(number) < state.get("bucket", 0) or "count" in state:
            fail("buckets are not in order:", family, pairs)
        state.update(bound=bound, bucket=int(number))
        return
    state[part] = float(number)
    if "le" in pairs or state.get("bound") != float("inf"):
        fail("the last bucket is not +Inf:", family, pairs)
    if part == "count" and int(number) != state["bucket"]:
        fail("the count is not that of all buckets:", family, pairs)
    if state.get("sum", 0) > 0 and state.get("count", 1) == 0:
        fail("a sum of nothing:", family, pairs)


def read_exposition(text, openmetrics):
    """All samples as (name, {label: value}, number)."""
    lines = text.split("\n")
    if lines.pop() != "" or (openmetrics and lines.pop() != "# EOF") or "# EOF" in lines:
        fail("the end is not '# EOF' and a newline")
    families, used, series, histograms, current = {}, set(), set(), {}, None
    for line in lines:
        found = re.fullmatch(r"# (HELP|TYPE|UNIT) (%s) ((?:[^\\]|\\[\\n\"])*)" % NAME, line)
        if found:
            what, name, words = found.groups()
            if name != current:
                if name in families:
                    fail("a family in two parts:", name)
                current, families[name] = name, {}
            if what in families[name] or "samples" in families[name]:
                fail("described twice, or after a sample:", line)
            families[name][what] = words
            if what == "UNIT" and not name.endswith("_" + words):
                fail("the name does not end with the unit:", line)
            if what == "TYPE":
                kind = words if openmetrics or words == "histogram" else "gauge"
                names = {name + suffix for suffix in SUFFIXES[kind]} | {name}
                if used & names:
                    fail("names of two families:", used & names)
                used |= names
            continue
        found = SAMPLE.fullmatch(line)
        if not found or current is None or "TYPE" not in families[current]:
            fail("not a sample:", line)
        name, labels, number = found.groups()
        kind = families[current]["TYPE"]
        families[current]["samples"] = True
        if kind == "histogram":
            if name not in [current + suffix for suffix in SUFFIXES[kind]]:
                fail("a sample of another family:", line)
        elif name != current + (SUFFIXES[kind][0] if openmetrics else ""):
            fail("a sample of another family:", line)
        pairs = members([(key, unquote(value)) for key, value in
                         re.findall(r'(%s)="((?:[^"\\]|\\.)*)"' % NAME, labels or "")])
        key = (name, tuple(sorted(pairs.items())))
        if key in series:
            fail("a series twice:", line)
        series.add(key)
        if kind == "counter" and number == "+Inf" or kind == "info" and number != "1":
            fail("not a value of this type:", line)
        if kind == "histogram":
            check_histogram(histograms, current, name, pairs, number)
        yield name, pairs, number
    for name, family in families.items():
        if "HELP" not in family or "TYPE" not in family:
            fail("not described:", name)
    for name, state in histograms.items():
        if set(state) != {"bound", "bucket", "count", "sum"}:
            fail("a part of a histogram:", name)


def from_openmetrics(text):
    return [labels["group"] for name, labels, _ in list(read_exposition(text, True))
            if name == "cgward_group_info"]


def from_prometheus(text):
    return [labels["group"] for name, labels, _ in list(read_exposition(text, False))
            if name == "cgward_group_info"]


def main():
    global program
    kind, path, group, directory = sys.argv[1:5]
    program = kind in ("raw", "export")
    with open(path, "rb") as file:
        text = file.read().decode("utf-8")
    if re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        fail("control characters")
    names = globals()["from_" + kind](text)
    below = sorted(entry.name for entry in os.scandir(os.fsencode(directory)) if entry.is_dir())
    expected = [group.encode()] + [group.encode() + b"/" + name for name in below]
    restored = sorted(unescape(name).rstrip(b" ") for name in names)
    if restored != sorted(name.rstrip(b" ") for name in expected):
        fail("other names than those of the groups:", set(restored) ^ set(expected))
    if kind != "table" and sorted(unescape(name) for name in names) != sorted(expected):
        fail("blanks are lost")
    if len(sys.argv) > 5:
        with open(sys.argv[5], "wb") as file:
            file.writelines(name.encode() + b"\n" for name in names
                            if unescape(name) != group.encode())


main()
