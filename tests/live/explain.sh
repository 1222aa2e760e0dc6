#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cgward explain` on groups that run into their limits: the cause, the group that sets the limit,
# whether it applies now, and that the suggested command helps.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

group=$(make_group explain memory pids cpu cpuacct freezer blkio)
child=$group/child
directory=$(mktemp -d) && test_files+=("$directory")
for controller in memory pids cpu cpuacct freezer blkio; do
	mount=$(mount_of $controller "${controller/blkio/io}")
	[ -n "$mount" ] || continue
	[ ! -e "$mount$group/cgroup.subtree_control" ] || # one by one: a controller may not be available
		for each in memory pids cpu io; do echo "+$each" >"$mount$group/cgroup.subtree_control" 2>/dev/null; done
	mkdir -p "$mount$child"
done
here() { [ -e "$(mount_of "$1" "${1/blkio/io}")$child/$2" ]; }

# start CONTROLLER... -- COMMAND...: runs it in the child group in the background; sets $started to
# its PID.
start() {
	local controllers=()
	while [ "$1" != -- ]; do controllers+=("$1") && shift; done
	shift
	(enter "$child" "${controllers[@]}" && exec "$@" 2>/dev/null) &
	started=$!
	test_pids+=("$started")
}
# end_started: kills it and its children, which could cause an OOM kill in the next test.
end_started() {
	kill "$started"
	wait "$started" 2>/dev/null
	xargs -r kill -KILL <"$(mount_of memory)$child/cgroup.procs" 2>/dev/null
}
# cause NAME [RATES]: prints BY NOW COUNT AMOUNT BOUND DEVICE of that cause of the child, or nothing
# if it is not reported; writes the suggested command to $directory/change.
cause() {
	"$CGWARD" explain --json --rates "${2:-1s}" "$child" | python3 -c "
import json, sys
c = next((c for c in json.load(sys.stdin)['causes'] if c['cause'] == '$1'), None)
open('$directory/change', 'w').write(c and c['change'] or '')
if c: print(c['by'], c['now'], int(c['count']), int(c['amount']), int(c['bound']), c['device'])"
}
# reports NAME BY NOW [RATES]: waits until the cause is reported with these values.
is_reported() { [[ $(cause "$1" "${4:-500ms}") == "$2 $3 "* ]]; }
reports() { wait_for is_reported "$@"; }
# limit_of GROUP KEY: prints the limit as a number; of a per-device limit, the value of its only
# device.
limit_of() { "$CGWARD" get -b "$1" "$2" | awk '{ print $NF }'; }
# changes KEY GROUP: the suggested command raises the limit of the group that sets it.
changes() {
	local before after
	before=$(limit_of "$2" "$1")
	sed -i "s|^cgward|$CGWARD|; s| set | set --journal $directory/journal |" "$directory/change"
	sh "$directory/change" >"$directory/output" 2>&1 || cat "$directory/output"
	after=$(limit_of "$2" "$1")
	check "the suggested command raises $1" test "$after" -gt "$before"
}

# --- CPU: throttled by the group above ---
if here cpu cpu.cfs_quota_us || here cpu cpu.max; then
	"$CGWARD" set --journal "$directory/journal" "$group" cpu.max=10% >"$directory/output" || cat "$directory/output"
	start cpu cpuacct -- sh -c 'while :; do :; done'
	# On a busy machine the loop may get too little CPU per second to reach its limit.
	check "throttling by the parent is reported" reports cpu.throttled "$group" True
	same "the suggested command raises the limit by half" "cgward set '$group' 'cpu.max=15%'" "$(cat "$directory/change")"
	check "the table reports throttling" grep -qE "throttled ([0-9.]+ ms per second )?by cpu.max" <<<"$("$CGWARD" explain "$child")"
	check "the table names the parent" grep -q "caused by ancestor: $group" <<<"$("$CGWARD" explain "$child")"
	changes cpu.max "$group"
	kill "$started"
	# On v2 the other tests use the same group.
	"$CGWARD" set --journal "$directory/journal" "$group" cpu.max=max >/dev/null
else
	skip "throttling: no CPU limit is available (not possible here)"
fi

# --- pids: a refused fork ---
if here pids pids.max; then
	"$CGWARD" set --journal "$directory/journal" "$child" pids.max=1 >/dev/null
	start pids -- sh -c '/bin/true; /bin/true'
	check "a refused fork is reported" reports pids.max "$child" False
	same "the number of refused forks is the kernel's count" "$(file_of pids "$child" pids.events | sed -n 's/^max //p')" \
		"$(cause pids.max | awk '{ print $3 }')"
	changes pids.max "$child"
	"$CGWARD" set --journal "$directory/journal" "$child" pids.max=max >/dev/null
else
	skip "a refused fork: no pids limit is available (not possible here)"
fi

# --- memory: OOM kill, a reached limit, swap, memory.high ---
cat >"$directory/touch.py" <<'PY'
import sys, time
size = int(sys.argv[1]) << 20
memory = bytearray(size)
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
	for i in range(0, size, 4096): memory[i] = (memory[i] + 1) & 255
PY
if here memory memory.limit_in_bytes || here memory memory.max; then
	"$CGWARD" set --journal "$directory/journal" "$group" memory.max=48M >/dev/null
	without_swap "$group"
	start memory -- python3 "$directory/touch.py" 200 600
	wait "$started" 2>/dev/null
	check "an OOM kill by the parent's limit is reported" reports oom.killed "$group" False
	check "the table counts OOM kills" grep -qE '[1-9][0-9]* process(es)? OOM-killed' <<<"$("$CGWARD" explain "$child")"
	with_swap "$group"
	changes memory.max "$group"
	"$CGWARD" set --journal "$directory/journal" "$group" memory.max=48M >/dev/null
	start memory -- sh -c "while :; do dd if=/dev/zero of='$directory/file' bs=1M count=96; cat '$directory/file' >/dev/null; done"
	check "a memory limit that is reached now is reported" reports memory.max "$group" True
	end_started
	rm -f "$directory/file"
	# A swap file for this test, if permitted.
	if fallocate -l 256M "$directory/swap" && chmod 600 "$directory/swap" &&
		may mkswap "$directory/swap" && may swapon "$directory/swap"; then
		end_swap() { swapoff "$directory/swap" 2>/dev/null; }
		test_at_exit+=(end_swap)
		# The process is OOM-killed if the disk is too slow for the swap-out: start it
		# again.
		start memory -- sh -c "while :; do python3 '$directory/touch.py' 72 600; done"
		if reports swapping "$child" True 1s; then ok "a group that waits for swap-ins is reported"; else
			grep . "$(mount_of memory)$child/memory.stat" | grep -E 'swap|pgmajfault'
			not_ok "a group that waits for swap-ins is reported"
		fi
		end_started
		end_swap
	else
		skip "swap: cannot add a swap file (not possible here)"
	fi
	if here memory memory.high; then
		"$CGWARD" set --journal "$directory/journal" "$group" memory.max=max >/dev/null
		# --force: page cache from the previous test exceeds the new limit.
		"$CGWARD" set --force --journal "$directory/journal" "$child" memory.high=32M >/dev/null
		start memory -- python3 "$directory/touch.py" 64 600
		check "throttling at memory.high is reported" reports memory.high "$child" True
		changes memory.high "$child"
		kill "$started"
	else
		skip "memory.high: requires cgroup v2 (not possible here)"
	fi
else
	skip "memory: no memory limit is available (not possible here)"
fi

# --- disk: a reached limit ---
source=$(findmnt -no SOURCE -T "$directory")
device=$(lsblk -ndo PKNAME "$source" 2>/dev/null) && device=${device:-$(basename "$source")}
if { here blkio io.max || here blkio blkio.throttle.write_bps_device; } && [ -b "/dev/$device" ] &&
	"$CGWARD" set --journal "$directory/journal" "$child" "io.max.wbps=$device 2M" >/dev/null 2>&1 &&
	may dd if=/dev/zero of="$directory/file" bs=256K count=1 oflag=direct; then
	start blkio memory -- sh -c "while :; do dd if=/dev/zero of='$directory/file' bs=256K count=200 oflag=direct; done"
	check "a disk limit that is reached is reported" reports io.max "$child" True 2s
	same "the disk is reported by name" "$device" "$(cause io.max 2s | awk '{ print $6 }')"
	changes io.max.wbps "$child"
	end_started
else
	skip "disk limit: cannot be set on $source (not possible here)"
fi

# --- frozen: reported first ---
if "$CGWARD" freeze --journal "$directory/journal" "$group" >/dev/null 2>&1; then
	same "a freeze by the parent is reported first" "frozen $group True" "$("$CGWARD" explain --json "$child" |
		python3 -c "import json, sys; c = json.load(sys.stdin)['causes'][0]; print(c['cause'], c['by'], c['now'])")"
	check "the command that thaws it is suggested" grep -qF "cgward thaw '$group'" <<<"$("$CGWARD" explain "$child")"
	"$CGWARD" thaw --journal "$directory/journal" "$group" >/dev/null
else
	skip "frozen: no freezer (not possible here)"
fi
status "no such group" 8 "$CGWARD" explain /no-such-group-anywhere
