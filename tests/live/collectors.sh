#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares both collectors: each value from the BPF programs must equal the one from the files, for
# every group and key.
. "$(dirname "$0")/lib.sh"

if ! reason=$("$CGWARD" dump --collector bpf -o group 2>&1 >/dev/null); then
	skip "collectors: ${reason#*: } (not possible here)"
	exit 0
fi
all=(cpu cpuacct memory blkio pids freezer)
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo | head -n 1)

# Groups that use memory, CPU time, tasks and a disk, one with limits, and a frozen one.
group=$(make_group memory "${all[@]}")
fifo=$(mktemp -u) && mkfifo "$fifo" && test_files+=("$fifo")
(enter "$group" memory pids cpu cpuacct; exec python3 -c '
import sys, time
data = bytearray(48 << 20)
data[::4096] = b"x" * len(data[::4096])
end = time.process_time() + 0.3
while time.process_time() < end: pass
open(sys.argv[1], "w").write("ready\n")
time.sleep(600)' "$fifo") &
test_pids+=($!)
read -r _ <"$fifo"
group=$(make_group limits "${all[@]}")
write() { [ ! -e "$1" ] || echo "$2" >"$1" 2>/dev/null; }
for setting in memory:memory.limit_in_bytes=67108864 memory:memory.max=67108864 memory:memory.high=50331648 \
	memory:memory.low=1048576 memory:memory.min=4096 memory:memory.soft_limit_in_bytes=33554432 pids:pids.max=99 \
	cpu:cpu.cfs_quota_us=25000 cpu:cpu.max="25000 100000" cpu:cpu.shares=512 cpu:cpu.weight=50; do
	controller=${setting%%:*} file=${setting#*:}
	write "$(mount_of "$controller")$group/${file%%=*}" "${file#*=}"
done
(enter "$group" cpu cpuacct pids memory; exec timeout 1 sh -c 'while :; do :; done')
group=$(make_group cold "${all[@]}")
(enter "$group" pids freezer; exec sleep 600) &
test_pids+=($!)
wait_for is_in_group "${test_pids[-1]}" pids "$group"
if [ -n "$(mount_of freezer)" ] && [ "$(version_of "$(mount_of freezer)")" = 1 ]; then
	write "$(mount_of freezer)$group/freezer.state" FROZEN
elif [ -n "$v2" ]; then
	write "$v2$group/cgroup.freeze" 1
fi
# Counters of events, which are 0 in most groups: equal zeros would prove nothing. The programs are compared with
# the files in the groups with the most tasks, so this one has many.
group=$(make_group events "${all[@]}")
write "$(mount_of pids)$group/pids.max" 99
(enter "$group" pids; exec python3 -c '
import os, sys
r, w = os.pipe()
try:
    while os.fork(): pass
    os.close(w)
    os.read(r, 1) # until the first process ends
    os._exit(0)
except OSError: open(sys.argv[1], "w").write("ready\n")
os.read(r, 1)' "$fifo") &
test_pids+=($!)
read -r _ <"$fifo"
for setting in memory.limit_in_bytes=8388608 memory.max=8388608; do
	write "$(mount_of memory)$group/${setting%%=*}" "${setting#*=}"
done
without_swap "$group"
(enter "$group" memory; exec python3 -c 'x = b"x" * (64 << 20)') 2>/dev/null
group=$(make_group disk "${all[@]}")
scratch=$(mktemp -p "${TMPDIR:-/var/tmp}") && test_files+=("$scratch")
(enter "$group" blkio memory; exec dd if=/dev/zero of="$scratch" bs=1M count=8 conv=fsync status=none)

# BPF is read between two reads of the files: a value agrees if it lies between the two or equals
# one. Other loads vary, so a value has to agree in only one of the rounds. The test groups are idle.
cat >"$scratch.py" <<'PYTHON'
import json, subprocess, sys, time
cgward, prefix, deadline = sys.argv[1], sys.argv[2], time.monotonic() + int(sys.argv[3])
# The BPF maps are charged to the group that loads them, so our own group differs between the
# collectors.
own = [line.rstrip("\n").split(":", 2)[2] for line in open("/proc/self/cgroup")]
def is_own(group):
    return any(path == group or path.startswith(group.rstrip("/") + "/") for path in own)
def read(how):
    text = subprocess.run([cgward, "dump", "--collector", how, "--ndjson", "-o", "all"], check=True,
                          stdout=subprocess.PIPE).stdout
    groups = {}
    for line in text.splitlines():
        group = json.loads(line)
        group.pop("time", None)
        groups[group.pop("group")] = group
    return groups
def between(value, before, after):
    if value == before or value == after:
        return True
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (value, before, after))
    return numbers and min(before, after) <= value <= max(before, after)
def leaves(prefix, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(prefix + (key,), inner)
    else:
        yield prefix, value
left, missing, compared, ours, span = None, None, 0, 0, {}
def within_span(place, value, *readings): # the span of all values read from the files so far
    numbers = [v for v in readings if isinstance(v, (int, float))]
    low, high = span.get(place, (None, None))
    if numbers:
        span[place] = (min(numbers + [low] * (low is not None)), max(numbers + [high] * (high is not None)))
    return place in span and isinstance(value, (int, float)) and span[place][0] <= value <= span[place][1]
attempt = -1
while attempt < 5 or time.monotonic() < deadline:
    attempt += 1
    before, bpf, after = read("files"), read("bpf"), read("files")
    absent = {g for g in before if g in after and g not in bpf} | {g for g in bpf if g not in before and g not in after}
    missing = absent if missing is None else missing & absent # short-lived groups are in one round
    disagree = set()
    for group in before:
        if group not in bpf or group not in after or is_own(group):
            continue
        a, b, c = (dict(leaves((), x[group])) for x in (before, bpf, after))
        for key in a.keys() | b.keys() | c.keys():
            # Pages of the libraries that cgward maps for BPF are charged to the group that touches
            # them first.
            if key == ("memory.file_mapped",) and not group.startswith(prefix):
                continue
            compared += attempt == 0
            ours += attempt == 0 and group.startswith(prefix)
            moved = within_span((group, key), b.get(key), a.get(key), c.get(key))
            if not between(b.get(key), a.get(key), c.get(key)) and (group.startswith(prefix) or not moved):
                disagree.add((group, key, a.get(key), b.get(key), c.get(key)))
    names = {(g, k) for g, k, *_ in disagree}
    left = names if left is None else left & names
    if not left and not missing:
        break
for group, key, *values in sorted(disagree, key=str)[:20]:
    if (group, key) in left:
        print(group, ".".join(key), *values)
print(f"{compared} values of {len(before)} groups, {ours} of them of test groups; {attempt + 1} rounds")
print("groups missing:", sorted(missing)[:5])
sys.exit(1 if left or missing or ours == 0 else 0)
PYTHON
test_files+=("$scratch.py")
check "both collectors agree on every value of every group" python3 "$scratch.py" "$CGWARD" "/$test_name" "$CGWARD_TEST_DEADLINE"

# A frozen process cannot be killed during cleanup.
thaw="$(mount_of freezer)/$test_name-cold/freezer.state"
[ ! -e "$thaw" ] || echo THAWED >"$thaw"

# Values that the BPF programs must provide themselves.
group=/$test_name-memory
get_by() { "$CGWARD" dump --collector "$1" -r --noheadings -b -o "$2" --match "$group" ; }
check "BPF reads memory.current" test "$(get_by bpf memory.current)" -ge $((48 << 20))
same "BPF reads pids.current" "$(get_by files pids.current)" "$(get_by bpf pids.current)"
group=/$test_name-events
# On v2 the tasks are in the group with the limit, and more than one may be killed.
kills=$(cat "$(mount_of memory)$group"/memory.{events,oom_control} 2>/dev/null | awk '$1 == "oom_kill" { print $2 }')
check "there was an OOM kill" test "$kills" -ge 1
same "BPF reads the refused fork and the OOM kills" "1 $kills" "$(get_by bpf pids.events.max,memory.events.oom_kill)"

# Values from the programs, for which no file is read.
by_programs() { grep -q "$1: from the programs" <(CGWARD_DEBUG=bpf "$CGWARD" dump --collector bpf -o "$1" 2>&1 >/dev/null); }
check "they come from the programs" by_programs pids.events.max
# The kernel adds these up when it prints memory.stat; the programs find the parts.
if [ "$(version_of "$(mount_of memory)")" = 2 ]; then
	for key in memory.slab memory.pgscan memory.pgsteal; do check "BPF adds up $key" by_programs "$key"; done
fi

# Written bytes are in a later sample, under the right disk.
group=$(make_group writes "${all[@]}")
cat >"$scratch.io.py" <<'PYTHON'
import json, subprocess, sys, time
cgward, group, scratch = sys.argv[1:4]
deadline = time.monotonic() + int(sys.argv[5])
dump = subprocess.Popen([cgward, "dump", "--collector", "bpf", "--ndjson", "-b", "-o", "io.wbytes", "--match", group,
                         "--interval", "200ms"], stdout=subprocess.PIPE, text=True)
def sample():
    group = json.loads(dump.stdout.readline())
    return group["io.wbytes"] or 0, group.get("instances", {}).get("io.wbytes", {})
before = sample()
for size in 3, 5:
    subprocess.run(["sh", "-c", 'echo $$ >"$1" 2>/dev/null; exec dd if=/dev/zero of="$2" bs=1M count=$3 oflag=direct conv=notrunc status=none',
                    "-", sys.argv[4], scratch, str(size)], check=True)
    after = sample()
    # Samples from before may be queued in the pipe.
    while after[0] - before[0] < size << 20 and time.monotonic() < deadline:
        after = sample()
    if after[0] - before[0] < size << 20 or sum(after[1].values()) != after[0]:
        sys.exit(f"{size} MiB written; before: {before}, after: {after}")
    before = after
dump.kill()
PYTHON
test_files+=("$scratch.io.py")
if "$CGWARD" get "/$test_name-disk" io.wbytes 2>/dev/null | grep -q '[1-9]'; then
	check "written bytes are in the next samples, by disk" python3 "$scratch.io.py" "$CGWARD" "$group" "$scratch" \
		"$(mount_of blkio io)$group/cgroup.procs" "$CGWARD_TEST_DEADLINE"
else
	skip "writes by disk: no disk counts writes per group (not possible here)"
fi

# New and removed groups are in the next sample, without a walk; more of them than the maps
# initially hold.
group=$(make_group grow "${all[@]}")
mount=$(mount_of memory)
cat >"$scratch.grow.py" <<'PYTHON'
import os, subprocess, sys, time
cgward, top, path, count, seconds = sys.argv[1:4] + [int(word) for word in sys.argv[4:6]]
dump = subprocess.Popen([cgward, "dump", "--collector", "bpf", "-r", "--noheadings", "-o", "group", "--interval", "300ms"],
                        stdout=subprocess.PIPE, text=True)
pending = dump.stdout.readline().split()
def sample(): # reads up to the next line of the root; counts our groups
    global pending
    seen = 0
    while True:
        pending = dump.stdout.readline().split()
        if not pending or pending[-1] == "/":
            return seen
        seen += pending[-1].startswith(path + "/a")
counts = [sample()]
for change in (os.mkdir, os.rmdir):
    for i in range(count):
        change(f"{top}/a{i}")
    # A sample may have been in progress, and others may be queued in the pipe.
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        counts.append(sample())
        if counts[-1] == (count if change is os.mkdir else 0):
            break
dump.kill()
print(counts[0], max(counts), counts[-1])
PYTHON
test_files+=("$scratch.grow.py")
same "1500 groups are seen when created and gone when removed" "0 1500 0" \
	"$(python3 "$scratch.grow.py" "$CGWARD" "$mount$group" "$group" 1500 "$CGWARD_TEST_DEADLINE")"

# The last group of the walk returns to its place in the programs' arrays when one before it is created again.
group=$(make_group shifted "${all[@]}")
mkdir "$mount$group/early" "$mount$group/last"
cat >"$scratch.shift.py" <<'PYTHON'
import os, subprocess, sys, time
cgward, top, path, seconds = sys.argv[1:4] + [int(sys.argv[4])]
dump = subprocess.Popen([cgward, "dump", "--collector", "bpf", "-r", "--noheadings", "-o", "group", "--interval", "100ms",
                         "--match", "/", "--match", path + "/**"], stdout=subprocess.PIPE, text=True)
dump.stdout.readline()
def sample():
    seen = []
    for line in dump.stdout:
        name = line.split()[-1]
        if name == "/":
            return seen
        seen.append(name)
lost = 0
for change, exists in ((os.mkdir, True), (os.rmdir, False)) * 8:
    change(top + "/early/passing")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = sample()
        lost += path + "/last" not in seen
        if (path + "/early/passing" in seen) == exists:
            break
dump.kill()
print(lost)
PYTHON
test_files+=("$scratch.shift.py")
same "a group is in every sample while another one is created and removed" 0 \
	"$(python3 "$scratch.shift.py" "$CGWARD" "$mount$group" "$group" "$CGWARD_TEST_DEADLINE")"

group=/$test_name-grow
names() { # COUNT INTERVAL: the test groups in each sample
	"$CGWARD" dump --collector bpf --ndjson -o group --interval "$2" --count "$1" --match "/$test_name-grow/**" 2>/dev/null
}

# Short-lived groups, created and removed while the programs iterate.
(for i in $(seq 300); do mkdir "$mount$group/c$i" "$mount$group/c$i/d"; rmdir "$mount$group/c$i/d" "$mount$group/c$i"; done) &
test_pids+=($!)
check "short-lived groups do not make a dump fail" sh -c '"$1" dump --collector bpf --ndjson -o group --interval 20ms --count 40 >/dev/null' - "$CGWARD"
wait "${test_pids[-1]}" 2>/dev/null
same "no removed group is left in the sample" "" "$(names 1 100ms)"

# v1 can rename a group, and so the paths of its descendants. Names are read again every 30 s.
if [ "$(version_of "$mount")" = 1 ]; then
	mkdir -p "$mount$group/old/child"
	same "a renamed group is shown with its descendants" "$group/new $group/new/child" "$(names "$CGWARD_TEST_DEADLINE" 1s |
		(read -r _ && read -r _ && mv "$mount$group/old" "$mount$group/new" && grep -m 2 "$group/new") |
		python3 -c 'import json, sys; print(*[json.loads(line)["group"] for line in sys.stdin])')"
fi
