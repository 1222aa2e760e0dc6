#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Recordings of this machine: replayed values equal the live ones; a killed recorder, a full disk, a
# reader while recording.
. "$(dirname "$0")/lib.sh"

directory=$(mktemp -d)
test_files+=("$directory")
file=$directory/machine.cgwr
controllers=(cpu cpuacct memory blkio pids)
# Other groups of this machine come and go.
ours=(--match "$test_top/$test_name*")

json() { python3 -c 'import json, sys; d = json.load(sys.stdin); g = {x["group"]: x for x in d["groups"]}
print(eval(sys.argv[1]))' "$1"; }
# until_event NAME PATTERN: waits until the events of the recording, joined to one line, match
# PATTERN.
has_event() { "$CGWARD" diff --events "$file" | tr '\n' ' ' | grep -q -- "$1"; }
until_event() { check "$1" wait_for has_event "$2"; }
is_larger() { # FILE BYTES
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt "$2" ]
}

group=$(make_group load "${controllers[@]}")
( enter "$group" "${controllers[@]}"; while :; do :; done ) &
test_pids+=($!)

# Record and replay.
"$CGWARD" record "${ours[@]}" --interval 500ms --count 6 "$file" >"$directory/out" 2>&1
same "record exits with status 0" 0 $?
check "record prints the number of samples" grep -q '^6 samples in ' "$directory/out"
usage=$("$CGWARD" dump --replay "$file" --match "$group" --json | json "g['$group']['cpu']")
check "the replay has the CPU usage of the load" awk -v u="$usage" 'BEGIN { exit !(u > 0) }'
same "the replay has all samples" 6 "$("$CGWARD" dump --replay "$file" --begin -1h --match "$group" --csv -n | wc -l)"
same "--every prints the first and the last sample" 2 \
	"$(within_deadline "$CGWARD" dump --replay "$file" --every 1h --match "$group" --csv -n | wc -l)"
same "replayed samples are in order" "" "$("$CGWARD" dump --replay "$file" --begin -1h --match "$group" --raw -n \
	-o cpu.usage | sort -n -C || echo disordered)"
for format in --json --ndjson --csv --raw --export --openmetrics --prometheus ""; do
	# shellcheck disable=SC2086
	check "replay in the format ${format:-table}" test -n "$("$CGWARD" dump --replay "$file" $format | grep -F "${group#/}")"
done
now=$("$CGWARD" dump --json -o group,hierarchies,memory.max --match "$group" | json "(g['$group']['hierarchies'], g['$group']['memory.max'])")
then=$("$CGWARD" dump --replay "$file" --json -o group,hierarchies,memory.max --match "$group" |
	json "(g['$group']['hierarchies'], g['$group']['memory.max'])")
same "the replay has the same hierarchies and limits as a live dump" "$now" "$then"
same "the replay has the host name" "$(hostname)" "$("$CGWARD" dump --replay "$file" --json | json "d['host']")"
status "a time before the recording" 8 "$CGWARD" dump --replay "$file" --at 2001-01-01
status "a file that is not a recording" 1 "$CGWARD" dump --replay /dev/null
status "an invalid time" 2 "$CGWARD" dump --replay "$file" --at soon

# Events of groups. Each is waited for, since machines may be slow.
"$CGWARD" record "${ours[@]}" --interval 200ms --state "$directory/state" "$file" >/dev/null 2>&1 &
recorder=$!
test_pids+=("$recorder")
until_event "a second start of the recorder is an event" "start.*start"
status "a second recorder on the same file is refused" 7 "$CGWARD" record --count 1 "$file"
other=$(make_group other "${controllers[@]}")
until_event "a new group is an event" "appeared  $other"
mount=$(mount_of pids)
if [ -e "$mount$group/pids.max" ] && echo 77 >"$mount$group/pids.max" 2>/dev/null; then
	until_event "a changed limit is an event" "limit  $group  pids.max  max -> 77"
	if may "$CGWARD" set --journal "$directory/state" "$group" pids.max=66; then
		until_event "a changed limit has its author" "limit  $group  pids.max  77 -> 66  by cgward set"
	else
		skip "a changed limit has its author: set is not permitted (not possible here)"
	fi
else
	skip "a changed limit is an event: no pids controller (not possible here)"
fi
for controller in "${controllers[@]}"; do
	m=$(mount_of "$controller" "${controller/blkio/io}")
	[ -z "$m" ] || rmdir "$m$other" 2>/dev/null
done
until_event "a removed group is an event" "gone  $other"
kill -TERM "$recorder"
wait "$recorder"
same "on SIGTERM the recorder exits with status 0" 0 $?
check "diff prints the group that grew" grep -q "^$group " <("$CGWARD" diff "$file" -o cpu.usage)
check "diff --json has the change" test "$("$CGWARD" diff "$file" -J -o cpu.usage | json "g['$group']['fields']['cpu.usage']['change']")" -gt 0

# SIGKILL while recording: written samples are readable, and the next recorder continues the file.
for _ in 1 2 3 4 5; do
	"$CGWARD" record "${ours[@]}" --interval 20ms "$file" >/dev/null 2>&1 &
	recorder=$!
	wait_for is_larger "$file" $(($(stat -c %s "$file") + 3000))
	kill -KILL "$recorder"
	wait "$recorder" 2>/dev/null
done
"$CGWARD" dump --replay "$file" --begin -1h --match "$group" --csv -n -o cpu.usage >"$directory/all" 2>"$directory/errors"
status=$?
check "after five kills the recording is readable" test "$status" = 0 -o "$status" = 5
check "a kill loses at most the last block" test "$(grep -vc 'incomplete last block' "$directory/errors")" = 0
check "the other samples are readable" test "$(wc -l <"$directory/all")" -gt 20

# Reading while recording.
"$CGWARD" record "${ours[@]}" --interval 100ms "$directory/live.cgwr" >/dev/null 2>&1 &
recorder=$!
test_pids+=("$recorder")
wait_for is_larger "$directory/live.cgwr" 200
first=$("$CGWARD" dump --replay "$directory/live.cgwr" --json -o group | json "d['time']")
wait_for is_larger "$directory/live.cgwr" $(($(stat -c %s "$directory/live.cgwr") + 1000))
second=$("$CGWARD" dump --replay "$directory/live.cgwr" --json -o group | json "d['time']")
kill -TERM "$recorder"
wait "$recorder"
check "a reader sees new samples while recording" test "$first" != "$second"

# A full disk: samples are lost, which is reported, and recording resumes.
small=$directory/small
mkdir "$small"
if mount -t tmpfs -o size=256k tmpfs "$small" 2>/dev/null; then
	dd if=/dev/zero of="$small/filler" bs=1k count=230 2>/dev/null
	"$CGWARD" record "${ours[@]}" --interval 20ms "$small/m.cgwr" >"$directory/out" 2>"$directory/errors" &
	recorder=$!
	test_pids+=("$recorder")
	wait_for grep -q "No space" "$directory/errors"
	check "a full disk is reported" grep -q "No space left on device; samples are lost" "$directory/errors"
	same "a full disk is reported only once" 1 "$(wc -l <"$directory/errors")"
	before=$("$CGWARD" dump --replay "$small/m.cgwr" --begin -1h --csv -n -o group --match / | wc -l)
	check "samples written before are readable" test "$before" -gt 0
	rm "$small/filler"
	wait_for grep -q "recording resumed" "$directory/errors"
	kill -TERM "$recorder"
	wait "$recorder"
	same "lost samples: exit status 5" 5 $?
	check "recording resumes when there is space" grep -q "recording resumed" "$directory/errors"
	check "samples written after that are readable" test "$("$CGWARD" dump --replay "$small/m.cgwr" --begin -1h --csv -n -o group --match / | wc -l)" -gt "$before"
	check "the gap is an event" grep -q "could not be written" <("$CGWARD" diff --events "$small/m.cgwr")
	umount "$small"
else
	skip "a full disk: cannot mount a tmpfs (not possible here)"
fi

# Size bound, and selected groups.
"$CGWARD" record "${ours[@]}" --interval 5ms --count 400 --size 20K "$directory/bounded.cgwr" >/dev/null 2>&1
same "record --size exits with status 0" 0 $?
check "the file does not exceed its size on disk" test "$(du -k "$directory/bounded.cgwr" | cut -f1)" -le 60
check "the end of a bounded file is readable" test -n "$("$CGWARD" dump --replay "$directory/bounded.cgwr" --raw -n -o group)"
"$CGWARD" record "${ours[@]}" --interval 10ms --count 20 "$directory/many/" >/dev/null 2>&1
same "record --match records only these groups, into a directory" "/ $group" "$("$CGWARD" dump --replay "$directory/many" --raw -n -o group | sed -n '1p;$p' | tr '\n' ' ' | sed 's/ $//')"

# Damage is reported, and the rest is read.
cp "$directory/live.cgwr" "$directory/bad.cgwr"
printf '\377\377\377\377' | dd of="$directory/bad.cgwr" bs=1 seek=400 conv=notrunc 2>/dev/null
printf 'no recording at all\n' >"$directory/text"
"$CGWARD" dump --replay "$directory/bad.cgwr" --csv >/dev/null 2>"$directory/errors"
same "a damaged block is reported with its offset" 1 "$(grep -c 'bytes at offset' "$directory/errors")"
status "record refuses to overwrite a file that is not a recording" 1 "$CGWARD" record --count 1 "$directory/text"
same "the other file is unchanged" "no recording at all" "$(cat "$directory/text")"
