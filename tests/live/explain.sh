#!/usr/bin/env bash
# What holds a group back, with limits that bite: what is told first, by whom, whether it is so now; and
# that the line which "would change it" does.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

group=$(make_group explain memory pids cpu cpuacct freezer blkio)
child=$group/child
directory=$(mktemp -d) && test_files+=("$directory")
for controller in memory pids cpu cpuacct freezer blkio; do
	mount=$(mount_of $controller "${controller/blkio/io}")
	[ -n "$mount" ] || continue
	[ ! -e "$mount$group/cgroup.subtree_control" ] || # each alone: one may not be there
		for each in memory pids cpu io; do echo "+$each" >"$mount$group/cgroup.subtree_control" 2>/dev/null; done
	mkdir -p "$mount$child"
done
here() { [ -e "$(mount_of "$1" "${1/blkio/io}")$child/$2" ]; }

# start CONTROLLER... -- COMMAND...: in the child group, in the background; $started is its pid.
start() {
	local controllers=()
	while [ "$1" != -- ]; do controllers+=("$1") && shift; done
	shift
	(enter "$child" "${controllers[@]}" && exec "$@" 2>/dev/null) &
	started=$!
	test_pids+=("$started")
}
# cause NAME [RATES]: BY NOW COUNT AMOUNT BOUND DEVICE of that cause of the child, empty when it is not told; the
# line that would change it goes to $directory/change.
cause() {
	"$CGWARD" explain --json --rates "${2:-1s}" "$child" | python3 -c "
import json, sys
c = next((c for c in json.load(sys.stdin)['causes'] if c['cause'] == '$1'), None)
open('$directory/change', 'w').write(c and c['change'] or '')
if c: print(c['by'], c['now'], int(c['count']), int(c['amount']), int(c['bound']), c['device'])"
}
# told NAME BY NOW: waits until it is told so.
told() {
	is_so() { [[ $(cause "$1" "${4:-500ms}") == "$2 $3 "* ]]; }
	wait_for 60 is_so "$@"
}
# limit_of GROUP KEY: a number, of a limit by device that of the only one.
limit_of() { "$CGWARD" get -b "$1" "$2" | awk '{ print $NF }'; }
# changes KEY GROUP: the line does what it says, on the group that is at fault.
changes() {
	local before after
	before=$(limit_of "$2" "$1")
	sed -i "s|^cgward|$CGWARD|; s| set | set --journal $directory/journal |" "$directory/change"
	sh "$directory/change" >"$directory/said" 2>&1 || cat "$directory/said"
	after=$(limit_of "$2" "$1")
	check "the line that would change $1 does" test "$after" -gt "$before"
}

# --- CPU: throttled by the group above ---
if here cpu cpu.cfs_quota_us || here cpu cpu.max; then
	"$CGWARD" set --journal "$directory/journal" "$group" cpu.max=10% >"$directory/said" || cat "$directory/said"
	start cpu cpuacct -- sh -c 'while :; do :; done'
	# On a crowded machine the loop may get too little CPU in a second to run into its limit.
	check "throttled by the group above" told cpu.throttled "$group" True
	same "the line would give half as much again" "cgward set '$group' 'cpu.max=15%'" "$(cat "$directory/change")"
	check "the page says so" grep -qE "throttled ([0-9.]+ ms per second )?by cpu.max" <<<"$("$CGWARD" explain "$child")"
	check "and names the group above" grep -q "caused by ancestor: $group" <<<"$("$CGWARD" explain "$child")"
	changes cpu.max "$group"
	kill "$started"
	# In version 2 it is the same group that comes to other limits below.
	"$CGWARD" set --journal "$directory/journal" "$group" cpu.max=max >/dev/null
else
	skip "throttling: the group has no CPU limit here (not possible here)"
fi

# --- processes: a fork refused ---
if here pids pids.max; then
	"$CGWARD" set --journal "$directory/journal" "$child" pids.max=1 >/dev/null
	start pids -- sh -c '/bin/true; /bin/true'
	check "a limit of processes that refused a fork" told pids.max "$child" False
	same "how often it did is the kernel's count" "$(file_of pids "$child" pids.events | sed -n 's/^max //p')" \
		"$(cause pids.max | awk '{ print $3 }')"
	changes pids.max "$child"
	"$CGWARD" set --journal "$directory/journal" "$child" pids.max=max >/dev/null
else
	skip "a fork refused: the group has no limit of processes here (not possible here)"
fi

# --- memory: the limit reached, a process killed for it; slowed down at memory.high; swap ---
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
	swap=$(awk 'NR > 1 { n += $3 - $4 } END { print n + 0 }' /proc/swaps)
	if [ "$swap" = 0 ]; then
		start memory -- python3 "$directory/touch.py" 200 1
		wait "$started" 2>/dev/null
		check "a process killed for want of memory, by the limit above" told oom.killed "$group" False
		check "the page counts it" grep -qE '[1-9][0-9]* process(es)? OOM-killed' <<<"$("$CGWARD" explain "$child")"
		changes memory.max "$group"
	else
		skip "killed for want of memory: this machine has swap to spare (not possible here)"
	fi
	"$CGWARD" set --journal "$directory/journal" "$group" memory.max=48M >/dev/null
	start memory -- sh -c "while :; do dd if=/dev/zero of='$directory/file' bs=1M count=96; cat '$directory/file' >/dev/null; done"
	check "a limit of memory that is reached now" told memory.max "$group" True
	# With its children: what still writes could have the next one killed for want of memory.
	kill "$started"
	xargs -r kill <"$(mount_of memory)$child/cgroup.procs" 2>/dev/null
	rm -f "$directory/file"
	# Swap of our own, where the machine lets us.
	if fallocate -l 256M "$directory/swap" && chmod 600 "$directory/swap" &&
		may mkswap "$directory/swap" && may swapon "$directory/swap"; then
		trap 'swapoff "$directory/swap"; test_cleanup' EXIT
		# Killed all the same where the disk is too slow to take what is to be swapped.
		start memory -- python3 "$directory/touch.py" 72 60
		sleep 3
		kill -0 "$started" 2>/dev/null || start memory -- python3 "$directory/touch.py" 72 60
		if told swapping "$child" True 1s; then ok "a group that waits for its own swap"; else
			grep . "$(mount_of memory)$child/memory.stat" | grep -E 'swap|pgmajfault'
			not_ok "a group that waits for its own swap"
		fi
		kill "$started"
		wait "$started" 2>/dev/null
		swapoff "$directory/swap"
		trap test_cleanup EXIT
	else
		skip "swap: none may be made here (not possible here)"
	fi
	if here memory memory.high; then
		"$CGWARD" set --journal "$directory/journal" "$group" memory.max=max >/dev/null
		# What was cached before is in the way of a lower limit: it may go.
		"$CGWARD" set --force --journal "$directory/journal" "$child" memory.high=32M >/dev/null
		start memory -- python3 "$directory/touch.py" 64 60
		check "slowed down at memory.high" told memory.high "$child" True
		changes memory.high "$child"
		kill "$started"
	else
		skip "memory.high: version 1 has none (not possible here)"
	fi
else
	skip "memory: the group has no limit of memory here (not possible here)"
fi

# --- disk: a limit reached ---
source=$(findmnt -no SOURCE -T "$directory")
device=$(lsblk -ndo PKNAME "$source" 2>/dev/null) && device=${device:-$(basename "$source")}
if { here blkio io.max || here blkio blkio.throttle.write_bps_device; } && [ -b "/dev/$device" ] &&
	"$CGWARD" set --journal "$directory/journal" "$child" "io.max.wbps=$device 2M" >/dev/null 2>&1 &&
	may dd if=/dev/zero of="$directory/file" bs=256K count=1 oflag=direct; then
	start blkio -- dd if=/dev/zero of="$directory/file" bs=256K count=200 oflag=direct
	check "a limit of a disk that is reached" told io.max "$child" True 2s
	same "the disk is named" "$device" "$(cause io.max 2s | awk '{ print $6 }')"
	changes io.max.wbps "$child"
	kill "$started"
else
	skip "a limit of a disk: $source takes none here (not possible here)"
fi

# --- frozen: that is told first ---
if "$CGWARD" freeze --journal "$directory/journal" "$group" >/dev/null 2>&1; then
	sleep 0.3
	same "what is frozen is told first, by the group above" "frozen $group True" "$("$CGWARD" explain --json "$child" |
		python3 -c "import json, sys; c = json.load(sys.stdin)['causes'][0]; print(c['cause'], c['by'], c['now'])")"
	check "and how to thaw it" grep -qF "cgward thaw '$group'" <<<"$("$CGWARD" explain "$child")"
	"$CGWARD" thaw --journal "$directory/journal" "$group" >/dev/null
else
	skip "frozen: no freezer here (not possible here)"
fi
status "explain: no such group" 8 "$CGWARD" explain /no-such-group-anywhere
