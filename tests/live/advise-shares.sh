#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpu.weight and io.max from a recording of real loads, and what they do when they are set: two groups
# that compete for the CPU time of their parent, and a program that reads a disk at a known rate.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

controllers=(cpu cpuacct blkio)
if [ -z "$(mount_of cpu)" ]; then
	skip "advise-shares: no cpu controller (not possible here)"
	exit 0
fi
work=$(mktemp -d -p /var/tmp)
test_files+=("$work")
recording=$work/loads.cgwr

parent=$(make_group shares "${controllers[@]}")
web=$parent/web batch=$parent/batch disk=$parent/disk
for controller in "${controllers[@]}"; do
	[ -n "$(mount_of "$controller" "${controller/blkio/io}")" ] || continue
	for name in web batch disk; do make_below "$parent" "$controller" "$name"; done
done
cg() { "$CGWARD" "$@" --journal "$work/journal"; }
cg set "$parent" cpu.max=20% >/dev/null
cg set "$web" cpu.weight=10 >/dev/null
cat >"$work/web.py" <<'PYTHON'
import os, sys, time
# Computes for 5 of 100 milliseconds.
while True:
    start = time.monotonic()
    used = time.process_time()
    while time.process_time() - used < 0.005: pass
    time.sleep(max(0, 0.1 - (time.monotonic() - start)))
PYTHON
cat >"$work/disk.py" <<'PYTHON'
import mmap, os, sys, time
# Reads 4 MiB ten times per second, past the page cache.
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
block = mmap.mmap(-1, 4 << 20)
while True:
    start = time.monotonic()
    os.preadv(fd, [block], 0)
    time.sleep(max(0, 0.1 - (time.monotonic() - start)))
PYTHON
head -c 4M /dev/urandom >"$work/data"
sync "$work/data"
(enter "$web" "${controllers[@]}" && exec python3 "$work/web.py") &
test_pids+=($!)
(enter "$batch" "${controllers[@]}" && while :; do :; done) &
test_pids+=($!)
(enter "$disk" "${controllers[@]}" && exec python3 "$work/disk.py" "$work/data") &
test_pids+=($!)
disk_pid=$!
sleep 0.5 # until all of them run
# cpu_ns GROUP
cpu_ns() { "$CGWARD" get --bytes "$1" cpu.usage; }
before=$(cpu_ns "$parent") started=$(date +%s%N)
"$CGWARD" record --interval 500ms --count 20 --match "$parent" --match "$parent/**" "$recording" >/dev/null
mean=$((($(cpu_ns "$parent") - before) * 1000 / ($(date +%s%N) - started)))
"$CGWARD" advise --recording "$recording" -J >"$work/json"
# value GROUP KEY MEMBER: a member of one advice.
value() {
	python3 -c 'import json, sys
for a in json.load(open(sys.argv[1]))["advice"]:
    if (a["group"], a["key"]) == (sys.argv[2], sys.argv[3]):
        v = a
        for name in sys.argv[4].split("."): v = v[name]
        print(v)' "$work/json" "$@"
}

if [ "$mean" -lt 190 ]; then
	skip "advise-shares: the machine is too busy, the groups got $mean of 200 thousandths of a CPU (not possible here)"
	exit 0
fi

# Without its parent in the command, a limit above that of the parent could not be set on v1.
"$CGWARD" advise --recording "$recording" -J "$batch" >"$work/json-of-batch"
# Beside other loads the group may have used so much less that a limit below that of the parent suffices.
same "a limit above that of the parent is not advised" yes "$(python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))["advice"][0]
is_below = a["kind"] == "set" and a["key"] == "cpu.max" and float(a["value"].rstrip("%")) <= 20
is_bound = a["kind"] == "whole-machine" and a["bound_by"] == sys.argv[2]
print("yes" if is_below or is_bound else a)' "$work/json-of-batch" "$parent")"

# --- cpu.weight: the small program is guaranteed what it uses, the other one the rest.
guaranteed=$(value "$web" cpu.weight guaranteed.advised_ns_per_s)
used=$(value "$web" cpu.weight usage.cpu_p99_ns_per_s)
check "the siblings used up the CPU time in most intervals" [ "$(value "$web" cpu.weight usage.full_intervals)" -gt 10 ]
same "the present weight is in the output" 10 "$(value "$web" cpu.weight now)"
check "the weight guarantees what was used ($used of $guaranteed)" [ "$guaranteed" -ge "$used" ]
check "the present weight does not" [ "$(value "$web" cpu.weight guaranteed.now_ns_per_s)" -lt "$used" ]
check "the other group gets the rest" [ "$(value "$batch" cpu.weight value)" -gt "$(value "$web" cpu.weight value)" ]
same "the idle parent of the groups has no weight" "" "$(value "$parent" cpu.weight value)"

# --- io.max: the disk that was read, at the rate that was read.
rate=$(value "$disk" io.max.rbps device.peak)
if [ -n "$rate" ]; then
	limit=$(value "$disk" io.max.rbps value)
	check "the limit names the disk ($limit)" [ -b "/dev/${limit% *}" ]
	check "what was read is near what the program reads ($rate bytes per second)" [ "$rate" -gt $((20 << 20)) -a "$rate" -lt $((80 << 20)) ]
	same "on the same recording it is never reached" 0 "$(value "$disk" io.max.rbps trial.reached)"
	same "writes, of which there were none, are not limited" "" "$(value "$disk" io.max.wbps value)"
else
	skip "io.max: other groups read ten times as much, or the disk is not accounted (not possible here)"
fi

# --- Formats are accepted by those who read them.
"$CGWARD" advise --recording "$recording" --format policy >"$work/policy"
status "the policy is valid" 0 "$CGWARD" check "$work/policy"
"$CGWARD" advise --recording "$recording" --format set >"$work/commands"
sed -i "s,^cgward set ,\"$CGWARD\" set --dry-run ," "$work/commands"
status "the commands are valid" 11 sh "$work/commands"

# --- Set for real.
status "the limits are applied" 0 "$CGWARD" advise --journal "$work/journal" --recording "$recording" --apply "$web" "$batch" "$disk"
same "the weight is set" "$(value "$web" cpu.weight value)" "$("$CGWARD" get "$web" cpu.weight)"
before=$(cpu_ns "$web") started=$(date +%s%N)
sleep 3
share=$((($(cpu_ns "$web") - before) * 1000 / ($(date +%s%N) - started)))
check "the small program gets its CPU time with the weights ($share thousandths of a CPU)" [ "$share" -ge 35 ]
if [ -n "$rate" ]; then
	check "the limit of the disk is set" [ "$("$CGWARD" get "$disk" io.max.rbps)" != "" ]
	check "the reader continues" kill -0 "$disk_pid"
fi
status "one undo" 0 "$CGWARD" undo --journal "$work/journal"
same "undo restores the weight" 10 "$("$CGWARD" get "$web" cpu.weight)"
