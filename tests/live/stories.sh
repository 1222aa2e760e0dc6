#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the commands of docs/STORIES.md, its lines that start with "$ ", on real loads and checks the
# results. "/demo" in these lines is replaced by a test group, "/srv" by a test disk. With RECORD=1, the
# output in docs/STORIES.md is replaced by that of this run.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

# Test machines have only the live tests, with STORIES.md beside them.
stories=$(cd "$(dirname "$0")" && pwd)/../../docs/STORIES.md
[ -e "$stories" ] || stories=${stories%../docs/STORIES.md}STORIES.md
if [ "$(id -u)" != 0 ] || [ -n "$test_top" ]; then
	skip "stories: requires root and a writable root group (not possible here)"
	exit 0
fi
for controller in memory pids; do
	if [ -z "$(mount_of "$controller")" ]; then
		skip "stories: no $controller controller (not possible here)"
		exit 0
	fi
done
# Tables are as wide as their names, so a recorded story needs the names that it shows.
if [ -n "${RECORD:-}" ]; then test_name=demo; fi
work=$(mktemp -d)
test_files+=("$work")
mkdir "$work/journal" "$work/src"

# Calls the program with a separate journal for the commands that write one.
cgward() {
	local verb=$1
	shift
	case $verb in
	set | freeze | kill | run | undo | log) "$CGWARD" "$verb" --journal "$work/journal" "$@" ;;
	*) "$CGWARD" "$verb" "$@" ;;
	esac
}

# shown K: prints the output of the k-th command as the document shows it.
shown() {
	awk '{ line[NR] = $0 } END {
		for (i = 1; i <= NR; i++)
			if (NR <= 7 || i <= 3 || i > NR - 3) print line[i]; else if (i == 4) print "[...]"
	}' "$work/$1"
}
# record_story TITLE: replaces the commands and output of the story by those in $work/shown.
record_story() {
	awk -v title="## $1" -v shown="$work/shown" '
		/^#/ { on = $0 == title }
		on && inside && !/^```/ { next }
		{ print }
		on && /^```/ { inside = !inside; if (inside) while ((getline line < shown) > 0) print line }
	' "$stories" >"$work/stories" && cat "$work/stories" >"$stories"
}
# run_story TITLE: runs the commands of the story; the output of the k-th is in $work/k, its status
# in statuses[k].
run_story() {
	local line count=0
	statuses=(0)
	: >"$work/shown"
	rm -f "$work"/journal/* # the changes of each story are numbered from 1
	while IFS= read -r line; do
		count=$((count + 1))
		echo "\$ $line" >>"$work/shown"
		line=${line//\/demo/$test_top/$test_name}
		eval "${line//\/srv/${disk:-/srv}}" >"$work/$count" 2>&1 </dev/null
		statuses+=($?)
		echo "\$ $line"
		head -n 12 "$work/$count"
		shown "$count" >>"$work/shown"
	done < <(awk -v title="## $1" '$0 == title { on = 1; next } /^#/ { on = 0 } on && sub(/^\$ /, "")' "$stories")
	check "$1: the story is in docs/STORIES.md" [ "$count" -gt 0 ]
	[ -z "${RECORD:-}" ] || record_story "$1"
}
# nested NAME CONTROLLER...: make_group for a NAME with slashes; enables the controllers in the
# groups above.
nested() {
	local path part mount
	path=$(make_group "$@")
	shift
	mount=$(mount_of "$1")
	if [ "$(version_of "$mount")" = 2 ]; then
		part=$mount
		while IFS= read -r -d / name; do
			part=$part${name:+/$name}
			[ "$part" = "$mount" ] || echo "+$* " | sed 's/ \([a-z]\)/ +\1/g' >"$part/cgroup.subtree_control"
		done <<<"$path"
	fi
	echo "$path"
}
# column K WORD N: prints column N of the first line of output K that starts with WORD.
column() { awk -v word="$2" -v n="$3" 'index($1, word) == 1 { print $n; exit }' "$work/$1"; }

# --- Ten jobs need 100M each, and keep it until one of them is killed. ---
cat >"$work/src/Makefile" <<'MAKE'
all: $(addprefix part-,0 1 2 3 4 5 6 7 8 9)
part-%: ; @exec python3 job.py
MAKE
cat >"$work/src/job.py" <<'PY'
import os, time
os.makedirs("jobs", exist_ok=True)
open("jobs/%d" % os.getpid(), "w").close()
b = bytearray(100 << 20)
b[::4096] = b"x" * len(b[::4096])
end = time.monotonic() + float(os.environ["CGWARD_TEST_DEADLINE"])
while all(os.path.exists("/proc/" + pid) for pid in os.listdir("jobs")) and time.monotonic() < end: time.sleep(0.1)
PY
export CGWARD_TEST_DEADLINE
export CGWARD
mkdir "$work/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$CGWARD" >"$work/bin/cgward"
chmod +x "$work/bin/cgward"
if command -v make >/dev/null; then
	here=$PWD
	PATH=$work/bin:$PATH
	cd "$work/src" || exit 1
	run_story "A runaway build"
	cd "$here" || exit 1
	check "a runaway build: make reports the killed job" grep -q 'part-[0-9].* Killed' "$work/1"
	near "a runaway build: peak memory equals its limit" 314572800 "$(tail -n 2 "$work/1" | head -n 1)" 2
	check "a runaway build: OOM kills are counted in its group" [ "$(tail -n 1 "$work/1")" -ge 1 ]
	status "a runaway build: its group is removed" 8 "$CGWARD" get "$(grep '^/' "$work/1" | head -n 1)" group
else
	skip "a runaway build: make is not installed"
fi

# --- A backup writes as fast as the disk permits. ---
if [ -w "${CGWARD_TEST_DISK:-}" ]; then
	disk=$CGWARD_TEST_DISK
elif command -v losetup >/dev/null; then
	truncate -s 32M "$work/disk"
	disk=$(losetup --find --show "$work/disk" 2>/dev/null) || disk=
fi
if [ -z "${disk:-}" ] || [ -z "$(mount_of blkio io)" ]; then
	skip "a noisy neighbour's disk: no test disk or no io controller (not possible here)"
else
	group=$(make_group backup blkio)
	(enter "$group" blkio && while :; do dd if=/dev/zero of="$disk" bs=64k count=256 oflag=direct; done 2>/dev/null) &
	test_pids+=($!)
	make_group shop blkio >/dev/null
	has_written() { [ "$("$CGWARD" get --bytes "$group" io.wbytes)" -gt 0 ]; }
	wait_for has_written
	run_story "A noisy neighbour's disk"
	if [ "${statuses[2]}" != 0 ]; then
		not_ok "a noisy neighbour's disk: the limit is set"
	else
		same "a noisy neighbour's disk: the writer is listed first" "$group" "$(sed -n '2s/ .*//p' "$work/1")"
		started=$(date +%s%N) wrote=$("$CGWARD" get --bytes "$group" io.wbytes)
		sleep 2 # a span to measure
		wrote=$(($("$CGWARD" get --bytes "$group" io.wbytes) - wrote)) ended=$(date +%s%N)
		rate=$((wrote * 1000 / ((ended - started) / 1000000)))
		check "a noisy neighbour's disk: the rate is limited ($rate bytes per second)" [ "$rate" -le 2400000 ]
	fi
	"$CGWARD" kill --journal "$work/journal" "$group" >/dev/null
	case $disk in /dev/loop*) losetup -d "$disk" ;; esac
fi

# --- A container that allocates 4 MiB every 100 ms, and one that does not. ---
id=4f0c3e7a9b21$(printf '%052d' $$)
leaking=$(nested "host/docker/$id" memory pids)
quiet=$(nested "host/docker/9d2b7c10aa55$(printf '%052d' $$)" memory pids)
(enter "$quiet" memory pids && exec sleep 1000) &
test_pids+=($!)
neighbour=$!
(enter "$leaking" memory pids && exec python3 -c 'import time
blocks = []
while True:
    blocks.append(b"x" * (4 << 20))
    time.sleep(0.1)') 2>/dev/null &
leak=$!
test_pids+=("$leak")
is_leaking() { [ "$("$CGWARD" get --bytes "$leaking" memory.current)" -gt $((16 << 20)) ]; }
wait_for is_leaking
run_story "A leaking container"
same "a leaking container: it is listed first" 4f0c3e7a9b21 "$(sed -n '2s/\(............\).*/\1/p' "$work/1")"
same "a leaking container: the limit is set" 0 "${statuses[2]}"
check "a leaking container: it is killed at its limit" dead "$leak"
check "a leaking container: the OOM kill is counted in its group" [ "$("$CGWARD" get "$leaking" memory.events.oom_kill)" -ge 1 ]
check "a leaking container: the other container survives" kill -0 "$neighbour"

# --- A fork bomb; the parent group limits it to 120 processes in case the story fails. ---
bomb=$(nested bomb/inside pids memory)
[ "$(version_of "$(mount_of pids)")" = 2 ] || mkdir -p "$(mount_of freezer)$bomb"
echo 120 >"$(mount_of pids)${bomb%/inside}/pids.max"
cat >"$work/bomb.py" <<'PY'
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(1)
    time.sleep(0.2)
PY
(enter "$bomb" pids memory freezer && exec python3 "$work/bomb.py" 2>/dev/null) &
test_pids+=($!)
disown # or the shell reports its end in the output of the story
is_forty() { [ "$(file_of pids "$bomb" pids.current)" -ge 40 ]; }
wait_for is_forty
run_story "A fork bomb"
same "a fork bomb: all commands succeed" "0 0 0 0 0" "${statuses[*]}"
check "a fork bomb: it is listed with its processes" [ "$(column 1 "$bomb" 2)" -ge 40 ]
same "a fork bomb: no process is left" 0 "$(file_of pids "$bomb" cgroup.procs | wc -l)"
