#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every file and key of this kernel's groups is in the lists of tests/unit/limit, whose unit test checks that
# a metric reads or a control writes it, or why not; and `dump -o all` prints a value for each key that a
# metric reads.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

script=$(mktemp) && test_files+=("$script")
cat >"$script" <<'PYTHON'
import json, os, re, subprocess, sys
lists, cgward = sys.argv[1:]
GROUPS = 300 # per hierarchy: the files of groups hardly differ
known = {}
for name in ("documented", "undocumented"):
    with open(f"{lists}/{name}-files.def") as file:
        text = file.read()
    for version, path, keys in re.findall(r'DOCUMENTED\((\d), "([^"]+)",\s*((?:"[^"]*"\s*)+)\)', text):
        known.setdefault((version, path), set()).update("".join(re.findall(r'"([^"]*)"', keys)).split())

def keys_of(path, text):
    for line in text.splitlines():
        words = line.split()
        if path.endswith("numa_stat"):
            yield words[0].split("=")[0]
        elif words and words[0] in ("some", "full"):
            yield from (f"{words[0]}.{word.split('=')[0]}" for word in words[1:])
        elif any("=" in word for word in words):
            yield from (word.split("=")[0] for word in words if "=" in word)
        elif len(words) == 3 and ":" in words[0]: # "8:0 Read 5"
            yield words[1]
        elif len(words) == 2 and re.fullmatch(r"[a-z][\w.]*", words[0]):
            yield words[0]

def is_known(version, path, key):
    names = known[version, path]
    # v1 has most counters twice, for the group and with its descendants; the documents list one of them.
    pair = re.sub(r"^(total_|hierarchical_)", "", key)
    twice = version == "1" and names & {pair, f"total_{key}", f"hierarchical_{key}"}
    return key in names or twice or any(name.endswith("*") and key.startswith(name[:-1]) for name in names)

def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""

files, wrong, present = set(), set(), {}
with open("/proc/self/mountinfo") as file:
    lines = [line.split() for line in file]
for words in lines:
    kind = words[words.index("-") + 1]
    if kind not in ("cgroup", "cgroup2"):
        continue
    version, top, groups = ("2" if kind == "cgroup2" else "1"), words[4], 0
    for directory, inner, names in os.walk(top):
        groups += 1
        if groups > GROUPS:
            break
        group = directory[len(top):] or "/"
        for name in names:
            path = re.sub(r"^hugetlb\.[^.]+\.", "hugetlb.*.", name)
            if (version, path) not in known:
                wrong.add(f"v{version} {path}: in no list")
                continue
            files.add((version, path))
            # Not the lists of processes, which may be long; what is only written cannot be read.
            if not known[version, path] or "0" in known[version, path]: # words by position
                continue
            for key in keys_of(path, read(f"{directory}/{name}")):
                present.setdefault((version, f"{path}:{key}"), []).append(group)
                if not is_known(version, path, key) and not (version == "1" and key == "Total"):
                    wrong.add(f"v{version} {path}: {key} is in no list")

# Keys that some group has have a value in some group that has them.
dump = json.loads(subprocess.run([cgward, "dump", "--json", "-o", "all"], check=True, stdout=subprocess.PIPE).stdout)
rows = {group["group"]: group for group in dump["groups"]}
metrics = json.loads(subprocess.run([cgward, "dump", "--list-metrics", "--json"], check=True, stdout=subprocess.PIPE).stdout)
checked = 0
for metric in metrics:
    for version in ("1", "2"):
        groups = present.get((version, metric["v" + version]), [])
        groups = [rows[group] for group in groups if group in rows]
        if not groups:
            continue
        checked += 1
        if all(row.get(metric["key"]) is None and not row.get("instances", {}).get(metric["key"]) and
               row.get("reasons", {}).get(metric["key"]) != "max" for row in groups):
            wrong.add(f"{metric['key']}: no value, although groups have {metric['v' + version]}")
for key in (metric["key"] for metric in metrics if metric["key"].endswith(".other")):
    others = {name for row in rows.values() for name in row.get("instances", {}).get(key, {})}
    if others:
        wrong.add(f"{key}: {', '.join(sorted(others))}")
for text in sorted(wrong):
    print(text)
print(f"{len(files)} files, {len(present)} keys in them, {checked} of these by metrics of their own")
sys.exit(1 if wrong or not files else 0)
PYTHON
check "every file and key of this kernel is known" python3 "$script" unit/limit "$CGWARD"
