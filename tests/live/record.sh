#!/usr/bin/env bash
# Recordings of this kernel: what is replayed is what was live; kills, a full disk, a reader that follows.
. "$(dirname "$0")/lib.sh"

directory=$(mktemp -d)
test_files+=("$directory")
file=$directory/machine.cgwr
controllers=(cpu cpuacct memory blkio pids)

json() { python3 -c 'import json, sys; d = json.load(sys.stdin); g = {x["group"]: x for x in d["groups"]}
print(eval(sys.argv[1]))' "$1"; }
# until_event NAME PATTERN: what happened is in the recording, on one line; waits for it.
until_event() {
	for _ in $(seq 300); do
		"$CGWARD" diff --events "$file" | tr '\n' ' ' | grep -q -- "$2" && { ok "$1"; return; }
		sleep 0.1
	done
	not_ok "$1"
}
# until_larger FILE BYTES
until_larger() {
	for _ in $(seq 300); do
		[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -le "$2" ] || return 0
		sleep 0.1
	done
}

group=$(make_group load "${controllers[@]}")
( enter "$group" "${controllers[@]}"; while :; do :; done ) &
test_pids+=($!)

# Recorded and replayed: the group's figures stand in the kernel's files at that moment.
"$CGWARD" record --interval 500ms --count 6 "$file" >"$directory/out" 2>&1
same "a recording ends well" 0 $?
check "it says what was written" grep -q '^6 samples in ' "$directory/out"
usage=$("$CGWARD" dump --replay "$file" --match "$group" --json | json "g['$group']['cpu']")
check "the load's CPU is seen in the replay" awk -v u="$usage" 'BEGIN { exit !(u > 5) }'
same "each sample comes back" 6 "$("$CGWARD" dump --replay "$file" --begin -1h --match "$group" --csv -n | wc -l)"
same "steps end with the recording: its first and its last sample" 2 \
	"$(timeout 60 "$CGWARD" dump --replay "$file" --every 1h --match "$group" --csv -n | wc -l)"
same "replayed samples are in order" "" "$("$CGWARD" dump --replay "$file" --begin -1h --match "$group" --raw -n \
	-o cpu.usage | sort -n -C || echo disordered)"
for format in --json --ndjson --csv --raw --export --openmetrics --prometheus ""; do
	# shellcheck disable=SC2086
	check "replay as ${format:-a table}" test -n "$("$CGWARD" dump --replay "$file" $format | grep -F "${group#/}")"
done
now=$("$CGWARD" dump --json -o group,hierarchies,memory.max --match "$group" | json "(g['$group']['hierarchies'], g['$group']['memory.max'])")
then=$("$CGWARD" dump --replay "$file" --json -o group,hierarchies,memory.max --match "$group" |
	json "(g['$group']['hierarchies'], g['$group']['memory.max'])")
same "hierarchies and limits are replayed as they are live" "$now" "$then"
same "a host is named in the replay" "$(hostname)" "$("$CGWARD" dump --replay "$file" --json | json "d['host']")"
status "a time before the recording" 8 "$CGWARD" dump --replay "$file" --at 2001-01-01
status "no recording" 1 "$CGWARD" dump --replay /dev/null
status "a time that is none" 2 "$CGWARD" dump --replay "$file" --at soon

# What happens to groups while it is recorded. Slow machines take their time: each step is waited for.
"$CGWARD" record --interval 200ms --state "$directory/state" "$file" >/dev/null 2>&1 &
recorder=$!
test_pids+=("$recorder")
until_event "a recorder that came back" "start.*start"
status "one recorder at a time" 7 "$CGWARD" record --count 1 "$file"
other=$(make_group other "${controllers[@]}")
until_event "a group that appeared" "appeared  $other"
mount=$(mount_of pids)
if [ -e "$mount$group/pids.max" ] && echo 77 >"$mount$group/pids.max" 2>/dev/null; then
	until_event "a limit that was changed" "limit  $group  pids.max  max -> 77"
	if may "$CGWARD" set --journal "$directory/state" "$group" pids.max=66; then
		until_event "who changed one is in it" "limit  $group  pids.max  77 -> 66  by cgward set"
	else
		skip "who changed one (not possible here)"
	fi
else
	skip "a limit that was changed: no pids controller (not possible here)"
fi
for controller in "${controllers[@]}"; do
	m=$(mount_of "$controller" "${controller/blkio/io}")
	[ -z "$m" ] || rmdir "$m$other" 2>/dev/null
done
until_event "a group that went" "gone  $other"
kill -TERM "$recorder"
wait "$recorder"
same "ended by a signal, orderly" 0 $?
check "what grew is said" grep -q "^$group " <("$CGWARD" diff "$file" -o cpu.usage)
check "and as JSON" test "$("$CGWARD" diff "$file" -J -o cpu.usage | json "g['$group']['fields']['cpu.usage']['change']")" -gt 0

# Killed in the middle: whatever it had written is read, and the next one goes on.
for _ in 1 2 3 4 5; do
	"$CGWARD" record --interval 20ms "$file" >/dev/null 2>&1 &
	recorder=$!
	until_larger "$file" $(($(stat -c %s "$file") + 30000))
	kill -KILL "$recorder"
	wait "$recorder" 2>/dev/null
done
"$CGWARD" dump --replay "$file" --begin -1h --match "$group" --csv -n -o cpu.usage >"$directory/all" 2>"$directory/errors"
status=$?
check "killed five times, what was whole is read" test "$status" = 0 -o "$status" = 5
check "no more than the last block is lost" test "$(grep -vc 'incomplete last block' "$directory/errors")" = 0
check "and a good number of samples" test "$(wc -l <"$directory/all")" -gt 20

# A reader of a recording that is being written.
"$CGWARD" record --interval 100ms "$directory/live.cgwr" >/dev/null 2>&1 &
recorder=$!
test_pids+=("$recorder")
until_larger "$directory/live.cgwr" 200
first=$("$CGWARD" dump --replay "$directory/live.cgwr" --json -o group | json "d['time']")
until_larger "$directory/live.cgwr" $(($(stat -c %s "$directory/live.cgwr") + 3000))
second=$("$CGWARD" dump --replay "$directory/live.cgwr" --json -o group | json "d['time']")
kill -TERM "$recorder"
wait "$recorder"
check "a reader sees what is written meanwhile" test "$first" != "$second"

# A full disk: samples are lost, said, and taken up again.
small=$directory/small
mkdir "$small"
if mount -t tmpfs -o size=256k tmpfs "$small" 2>/dev/null; then
	dd if=/dev/zero of="$small/filler" bs=1k count=190 2>/dev/null
	"$CGWARD" record --interval 20ms "$small/m.cgwr" >"$directory/out" 2>"$directory/errors" &
	recorder=$!
	test_pids+=("$recorder")
	for _ in $(seq 300); do grep -q "No space" "$directory/errors" && break; sleep 0.1; done
	check "a full disk is said" grep -q "No space left on device; samples are lost" "$directory/errors"
	same "and said once" 1 "$(wc -l <"$directory/errors")"
	before=$("$CGWARD" dump --replay "$small/m.cgwr" --begin -1h --csv -n -o group --match / | wc -l)
	check "what was written is read" test "$before" -gt 0
	rm "$small/filler"
	for _ in $(seq 300); do grep -q "recording resumed" "$directory/errors" && break; sleep 0.1; done
	kill -TERM "$recorder"
	wait "$recorder"
	same "samples were lost: done in part" 5 $?
	check "recording goes on when there is room" grep -q "recording resumed" "$directory/errors"
	check "more is read" test "$("$CGWARD" dump --replay "$small/m.cgwr" --begin -1h --csv -n -o group --match / | wc -l)" -gt "$before"
	check "the gap is an event" grep -q "could not be written" <("$CGWARD" diff --events "$small/m.cgwr")
	umount "$small"
else
	skip "a full disk: no tmpfs can be mounted (not possible here)"
fi

# Bounds.
"$CGWARD" record --interval 5ms --count 400 --size 100K "$directory/bounded.cgwr" >/dev/null 2>&1
same "a bounded file ends well" 0 $?
check "it stays within its bound on disk" test "$(du -k "$directory/bounded.cgwr" | cut -f1)" -le 140
check "its end is read" test -n "$("$CGWARD" dump --replay "$directory/bounded.cgwr" --raw -n -o group)"
"$CGWARD" record --interval 10ms --count 20 --match "$group" "$directory/many/" >/dev/null 2>&1
same "only some groups, into a directory" "/ $group" "$("$CGWARD" dump --replay "$directory/many" --raw -n -o group | sed -n '1p;$p' | tr '\n' ' ' | sed 's/ $//')"

# Damage is named, and the rest is read.
cp "$directory/live.cgwr" "$directory/bad.cgwr"
printf '\377\377\377\377' | dd of="$directory/bad.cgwr" bs=1 seek=400 conv=notrunc 2>/dev/null
printf 'no recording at all\n' >"$directory/text"
"$CGWARD" dump --replay "$directory/bad.cgwr" --csv >/dev/null 2>"$directory/errors"
same "all of a minute behind a damaged key is lost, and said" 1 "$(grep -c 'bytes at offset' "$directory/errors")"
status "a text is no recording, and is not overwritten" 1 "$CGWARD" record --count 1 "$directory/text"
same "it is as it was" "no recording at all" "$(cat "$directory/text")"
