#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cgward probe: the memory that a program with a known need needs; what is left behind, also after
# kill -9 in the middle of a step; and what is refused.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
# Test machines have the schemas beside the live tests.
schemas=$here/../../docs/schema
[ -d "$schemas" ] || schemas=$here/../schema
work=$(mktemp -d -p "${TMPDIR:-/var/tmp}") && test_files+=("$work")
probe() { "$CGWARD" probe --journal "$work/journal" "$@" 2>"$work/errors"; }

status "no GROUP" 2 "$CGWARD" probe
status "two groups" 2 "$CGWARD" probe /a /b
status "an invalid bound" 2 "$CGWARD" probe --pressure 0% /a
status "no such group" 8 "$CGWARD" probe /nosuch
memory=$(mount_of memory)
if ! is_root || [ -z "$memory" ]; then
	skip "probe: requires root and the memory controller"
	exit 0
fi
group=$(make_group probe memory)
if [ "$(version_of "$memory")" = 1 ]; then
	status "v1 is refused" 9 probe "$group"
	check "the reason is named" grep -q 'requires cgroup v2: .* has neither memory.reclaim nor memory.high' "$work/errors"
	skip "probe: requires cgroup v2 (not possible here)"
	exit 0
fi
status "the root group is refused" 9 probe /
status "our own group is refused" 9 probe "pid:$$"
if [ ! -e "$memory$group/memory.pressure" ]; then
	skip "probe: the kernel does not account pressure"
	exit 0
fi

# Fills memory, of a file or anonymous, and touches a part of it several times per second.
cat >"$work/load.py" <<'PYTHON'
import mmap, os, sys, time
size, used = (int(mebibytes) << 20 for mebibytes in sys.argv[4:])
if sys.argv[1] == "file":
    fd = os.open(sys.argv[2], os.O_RDONLY)
    memory = mmap.mmap(fd, size, prot=mmap.PROT_READ)
else:
    memory = mmap.mmap(-1, size)
    for at in range(0, size, 1 << 20):
        memory[at:at + (1 << 20)] = b"x" * (1 << 20)
sum(memory[::4096])
open(sys.argv[3], "w").write("ready\n")
while True:
    sum(memory[:used:4096])
    time.sleep(0.1)
PYTHON
# start_load NAME KIND SIZE USED: starts the program in the group NAME; sets $load to its pid.
start_load() {
	local fifo
	fifo=$work/fifo && rm -f "$fifo" && mkfifo "$fifo"
	(enter "$test_top/$test_name-$1" memory; exec python3 "$work/load.py" "$2" "$work/data" "$fifo" "$3" "$4") &
	load=$! && test_pids+=("$load")
	read -r _ <"$fifo"
}
high() { cat "$memory$1/memory.high"; }
has_high() { [ "$(high "$1")" = "$2" ]; }
kills() { sed -n 's/^oom_kill //p' "$memory$1/memory.events"; }
member() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/json" "$1"; }
# needs NAME LOW HIGH: the result is in this range, in MiB.
needs() {
	echo "use $(member use), needs $(member needs), at most $(member at_most), stopped by $(member stopped)"
	check "$1" awk -v n="$(member needs)" -v l="$2" -v h="$3" 'BEGIN { exit !(n >= l * 1048576 && n <= h * 1048576) }'
}
valid() { python3 "$here/validate-json.py" "$schemas/probe.json" "$work/json"; }
# Emulated machines wait longer for their disks.
bounds=(--pressure 30% --interval 1s --step 8M --duration 5m)

status "a dry run" 11 probe --dry-run --json "$group"
probe --dry-run --json "$group" >"$work/json"
check "the dry run is valid by its schema" valid
truncate -s 200M "$work/data" # holes are cached as data is
start_load probe file 200 60
probe --json "${bounds[@]}" "$group" >"$work/json" || cat "$work/errors"
check "the result is valid by its schema" valid
needs "page cache: 60M of 200M are needed" 52 100
check "the program runs" kill -0 "$load"
same "no process was OOM-killed" 0 "$(kills "$group")"
same "memory.high is unchanged" max "$(high "$group")"
# recorded GROUP: "yes" if the only change there is memory.reclaim, at least once, as one action, not to be undone.
recorded() {
	"$CGWARD" log --journal "$work/journal" --json "$1" | python3 -c 'import json, sys
changes = json.load(sys.stdin)["changes"]
reclaim = changes and all(c["key"] == "memory.reclaim" and c["who"] == "cgward probe" for c in changes)
print("yes" if reclaim and len({c["transaction"] for c in changes}) == 1 else changes)'
}
if [ -e "$memory$group/memory.reclaim" ]; then
	same "memory.reclaim is used" reclaim "$(member method)"
	same "each memory.reclaim is in the journal, all as one action" yes "$(recorded "$group")"
	status "and changed nothing that could be undone" 8 "$CGWARD" undo --journal "$work/journal"
fi
echo 1 >"$memory$group/cgroup.freeze"
wait_for grep -qx "frozen 1" "$memory$group/cgroup.events"
status "a frozen group is refused" 9 probe "$group"
echo 0 >"$memory$group/cgroup.freeze"
printf '[protect load]\nmatch = %s\n' "$group" >"$work/protect.conf"
status "a protected group is refused" 9 probe --policy "$work/protect.conf" "$group"

# --- memory.high ---
kill -KILL "$load"
dead "$load"
rm "$work/data" && truncate -s 200M "$work/data"
start_load probe file 200 60
probe --method high --json "${bounds[@]}" "$group" >"$work/json" || cat "$work/errors"
needs "page cache by memory.high: 60M of 200M are needed" 52 100
same "memory.high is restored" max "$(high "$group")"
check "its changes are in the journal" grep -q '"key": "memory.high"' -r "$work/journal"
status "nothing is left to undo" 8 "$CGWARD" undo --journal "$work/journal"

# --- kill -9 while memory.high is lowered ---
(enter "$group" memory; exec dd if="$work/data" of=/dev/null bs=1M status=none)
caught=0
for _ in 1 2 3; do
	"$CGWARD" probe --journal "$work/journal" --method high "${bounds[@]}" "$group" >/dev/null 2>&1 &
	pid=$!
	python3 - "$memory$group/memory.high" "$pid" <<'PYTHON' && caught=$((caught + 1))
import os, signal, sys, time
pid = int(sys.argv[2])
end = time.monotonic() + 60
while time.monotonic() < end:
    if open(sys.argv[1]).read() != "max\n":
        os.kill(pid, signal.SIGKILL)
        sys.exit(0)
sys.exit(1)
PYTHON
	wait "$pid" 2>/dev/null
	check "kill -9: memory.high is restored" wait_for has_high "$group" max
done
check "kill -9: the limit was lowered at the time" [ "$caught" -gt 0 ]
check "kill -9: the program runs" kill -0 "$load"
left_behind() { grep -lz "^probe$" /proc/[0-9]*/cmdline 2>/dev/null | grep -q .; }
check "kill -9: no process is left behind" wait_for is_not left_behind
"$CGWARD" probe --json "${bounds[@]}" "$group" >"$work/json" 2>&1 &
pid=$!
sleep 3
kill -INT "$pid"
wait "$pid"
same "SIGINT: the status is that of a partial result" 5 "$?"
same "SIGINT: the result so far is printed" interrupted "$(member stopped)"

# --- anonymous memory ---
group=$(make_group anon memory)
start_load anon anonymous 120 40
if ! grep -q . <(tail -n +2 /proc/swaps); then
	probe --json "${bounds[@]}" "$group" >"$work/json" || cat "$work/errors"
	needs "without swap, anonymous memory cannot be reclaimed" 110 140
	same "it may need less" True "$(member at_most)"
	same "the missing swap is named" True "$(member no_swap)"
	if ! dd if=/dev/zero of="$work/swap" bs=1M count=140 status=none || ! chmod 600 "$work/swap" ||
		! mkswap "$work/swap" >/dev/null || ! swapon "$work/swap"; then
		skip "anonymous memory with swap: cannot add swap"
		exit 0
	fi
	remove_swap() {
		kill -KILL "$load" 2>/dev/null
		swapoff "$work/swap"
	}
	test_at_exit+=(remove_swap)
fi
probe --json "${bounds[@]}" "$group" >"$work/json" || cat "$work/errors"
needs "anonymous memory with swap: 40M of 120M are needed" 34 70
check "the program runs" kill -0 "$load"

# --- a unit of systemd ---
unit=$test_name.service
if ! may systemd-run --unit "$unit" --property MemoryAccounting=yes python3 -c 'import time; x = bytearray(32 << 20); time.sleep(600)'; then
	skip "a unit: systemd is not running"
	exit 0
fi
stop_unit() { systemctl stop "$unit" 2>/dev/null; }
test_at_exit+=(stop_unit)
probe --method high --json --interval 1s --duration 6s --pressure 30% "$unit" >"$work/json" || cat "$work/errors"
check "a unit is probed" [ "$(member use)" -gt 0 ]
same "a unit: MemoryHigh is restored" MemoryHigh=infinity "$(systemctl show -p MemoryHigh "$unit")"
same "a unit: no drop-in is left behind" "" "$(find /run/systemd /etc/systemd -path "*$unit.d/*" 2>/dev/null)"
unit_group=$(systemctl show -P ControlGroup "$unit")
if [ -e "$memory$unit_group/memory.reclaim" ]; then
	rm -r "$work/journal"
	probe --method reclaim --json --interval 1s --duration 6s --pressure 30% "$unit" >"$work/json" || cat "$work/errors"
	same "a unit: each memory.reclaim is in the journal" yes "$(recorded "$unit_group")"
fi
