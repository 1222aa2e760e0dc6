#!/usr/bin/env bash
# pitfalls.sh: what only a kernel does, and docs/PITFALLS.md warns of: memory that cannot be taken back, new
# cpusets, threaded groups, groups that went and are still charged; and a machine of old, copied.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

journal=$(mktemp -d)
test_files+=("$journal")
cg() { local verb=$1; shift; "$CGWARD" "$verb" --journal "$journal" "$@"; }
get() { "$CGWARD" get -b "$1" "$2" 2>/dev/null; }
# refused NAME WORDS COMMAND...: it fails, and says so in one line with these words.
refused() {
	local name=$1 words=$2 said
	shift 2
	if said=$("$@" 2>&1); then
		echo "it succeeded: $said"
		not_ok "$name"
	elif [ "$(wc -l <<<"$said")" = 1 ] && grep -qF -- "$words" <<<"$said"; then ok "$name"; else
		echo "said: $said"
		not_ok "$name"
	fi
}

# --- Memory that is in use cannot be limited away: v1 says EBUSY, and v2 is not asked without --force. ---
memory=$(mount_of memory)
if [ -n "$memory" ]; then
	group=$(make_group held memory)
	(enter "$group" memory && exec python3 -c 'import time
held = bytearray(40 << 20)
for i in range(0, len(held), 4096): held[i] = 1
time.sleep(300)') &
	test_pids+=("$!")
	holds() { [ "$(get "$group" memory.current)" -gt $((40 << 20)) ]; }
	wait_for 60 holds
	before=$(get "$group" memory.max)
	refused "a limit below what is in use is refused, with how much that is" "M in use" cg set "$group" memory.max=8M
	same "and nothing was changed" "$before" "$(get "$group" memory.max)"
	kill "${test_pids[-1]}"
else
	skip "a limit below what is in use: no memory controller in reach (not possible here)"
fi

# --- v1: a new cpuset has no CPU to run on. ---
cpuset=$(mount_of cpuset)
if [ -n "$cpuset" ] && [ "$(version_of "$cpuset")" = 1 ]; then
	group=$(make_group cpuset cpuset)
	if [ -z "$(cat "$cpuset$group/cpuset.cpus")" ]; then
		sleep 300 &
		test_pids+=("$!")
		refused "a new cpuset takes no process, and what it lacks is said" "set cpuset.cpus and cpuset.mems first" \
			cg move "${test_pids[-1]}" "$group"
		cg set "$group" cpuset.cpus=0 cpuset.mems=0 >/dev/null
		cg move "${test_pids[-1]}" "$group" >/dev/null
		same "with both set it does" "${test_pids[-1]}" "$(cat "$cpuset$group/cgroup.procs")"
	else
		skip "a new cpuset: this one copies its parent's CPUs (not possible here)"
	fi
else
	skip "a new cpuset: v1's is not here (not possible here)"
fi

# --- v2: a threaded group lists no processes, and has no memory of its own. ---
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo | head -n 1)
group=$test_top/$test_name-threaded
if [ -n "$v2" ] && mkdir -p "$v2$group/below" 2>/dev/null && may sh -c 'echo threaded >"$1"' - "$v2$group/below/cgroup.type"; then
	same "a threaded group says what it is" threaded "$(get "$group/below" cgroup.type)"
	check "its processes are not to be listed, and that is said" grep -q '"reasons": {"cgroup.procs": "unsupported"}' \
		<<<"$("$CGWARD" dump --json -o cgroup.procs --match "$group/below")"
	same "its threads are" 0 "$(get "$group/below" cgroup.threads)"
	rmdir "$v2$group/below" "$v2$group"
else
	skip "threaded groups: no v2 hierarchy to make one in (not possible here)"
fi

# --- A group that went is charged still: its parent has more than its children have together. ---
if [ -n "$memory" ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ] && [ -w /dev/shm ]; then
	group=$(make_group dying memory)
	make_below "$group" memory gone
	make_below "$group" memory stays
	file=$(mktemp -p /dev/shm) && test_files+=("$file")
	(enter "$group/gone" memory && exec dd if=/dev/zero of="$file" bs=1M count=16 status=none)
	check "what is written is charged" [ "$(get "$group/gone" memory.current)" -ge $((16 << 20)) ]
	rmdir "$memory$group/gone"
	check "and stays charged above when the group goes" [ "$(get "$group" memory.current)" -ge $((16 << 20)) ]
	check "not to who is left" [ "$(get "$group/stays" memory.current)" -lt $((1 << 20)) ]
	same "and the tree has no figure below zero, nor a group that is gone" "" \
		"$("$CGWARD" dump -r -n -o group,memory.current,memory.percent --match "$group" --match "$group/**" | grep -E -- ' -[0-9]|gone')"
else
	skip "groups that went: no memory controller and tmpfs in reach (not possible here)"
fi

# --- v1 of old: groups that do not count what is beneath them. ---
machine=$(dirname "$0")/../fixtures/legacy-debian-12
if [ -d "$machine" ]; then
	copy=$journal/machine
	cp -r "$machine" "$copy"
	doctor() { "$CGWARD" --cgroup-root "$copy/cgroup" --proc-root "$copy/proc" --sys-root "$copy/sys" doctor; }
	check "the doctor is content with a machine of today" grep -q '^accounting *works' <<<"$(doctor)"
	echo 0 >"$copy/cgroup/memory/system.slice/memory.use_hierarchy"
	check "and tells of groups that leave out what is beneath" grep -q '^accounting *limited.*1 groups' <<<"$(doctor)"
else
	skip "use_hierarchy: the recorded machines are not here (not possible here)"
fi
