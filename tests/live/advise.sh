#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Limits computed from a recording of real loads hold when they are set: a program that needs 60M, a
# leak, a reader of files, a program limited by its CPU quota.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

controllers=(cpu cpuacct memory pids)
for controller in cpu memory pids; do
	if [ -z "$(mount_of "$controller")" ]; then
		skip "advise: no $controller controller (not possible here)"
		exit 0
	fi
done
work=$(mktemp -d)
test_files+=("$work")
recording=$work/loads.cgwr

steady=$(make_group steady "${controllers[@]}")
leak=$(make_group leak "${controllers[@]}")
reader=$(make_group reader "${controllers[@]}")
throttled=$(make_group throttled "${controllers[@]}")
head -c 40M /dev/urandom >"$work/data"
(enter "$steady" "${controllers[@]}" && exec python3 -c 'import time
data = bytearray(60 << 20)
for i in range(0, len(data), 4096): data[i] = 1
while True: time.sleep(0.05)') &
steady_pid=$!
(enter "$leak" "${controllers[@]}" && exec python3 -c 'import time
blocks = []
while True:
    blocks.append(b"x" * (1 << 20))
    time.sleep(0.05)') &
leak_pid=$!
(enter "$reader" "${controllers[@]}" && while :; do cat "$work/data" >/dev/null; sleep 0.1; done) &
reader_pid=$!
(enter "$throttled" "${controllers[@]}" && while :; do :; done) &
throttled_pid=$!
test_pids+=("$steady_pid" "$leak_pid" "$reader_pid" "$throttled_pid")
"$CGWARD" set --journal "$work/journal" "$throttled" cpu.max=10% >/dev/null
has_loaded() { [ "$("$CGWARD" get --bytes "$steady" memory.current)" -gt $((60 << 20)) ]; }
wait_for has_loaded
"$CGWARD" record --interval 200ms --count 60 --match "$test_top/$test_name*" "$recording" >/dev/null

advise() { "$CGWARD" advise --recording "$recording" "$@"; }
advise -J >"$work/json"
# value GROUP KEY MEMBER: a member of one advice.
value() {
	python3 -c 'import json, sys
for a in json.load(open(sys.argv[1]))["advice"]:
    if (a["group"], a["key"]) == (sys.argv[2], sys.argv[3]):
        v = a
        for name in sys.argv[4].split("."): v = v[name]
        print(v)' "$work/json" "$@"
}
same "a steady program is sized" set "$(value "$steady" memory.max kind)"
mib=$(value "$steady" memory.max value)
check "its limit is above what it needs ($mib)" [ "${mib%M}" -ge 66 ]
check "its limit is near what it needs ($mib)" [ "${mib%M}" -le 120 ]
same "a group that grows to the end is not sized" leak "$(value "$leak" memory.max kind)"
same "a group limited by its quota is marked" limited "$(value "$throttled" cpu.max kind)"
same "its present limit is in the output" 10.0% "$(value "$throttled" cpu.max now)"
same "the reader is not OOM-killed under its limit" 0 "$(value "$reader" memory.max trial.exceeded)"
check "the table names the leak" grep -q "^$leak .*without shrinking" <<<"$(advise "$leak")"
same "a glob selects groups" "$steady" "$(advise --noheadings "$test_top/$test_name-stea*" | sed 's/ .*//' | sort -u)"

# Formats are accepted by those who read them.
advise --format policy >"$work/policy"
status "the policy is valid" 0 "$CGWARD" check "$work/policy"
advise --format set "$steady" >"$work/commands"
follow_options=(--journal "$work/journal-of-commands")
follow "cgward set -- " "$(cat "$work/commands")"
"$CGWARD" undo --journal "$work/journal-of-commands" >/dev/null
if python3 -c 'import yaml' 2>/dev/null; then
	check "kubernetes resources are YAML" python3 -c 'import sys, yaml
document = yaml.safe_load(sys.stdin)
assert document["resources"]["limits"]["memory"].endswith("Mi")' <<<"$(advise --format kubernetes "$steady")"
else
	skip "kubernetes resources: python3-yaml is not installed"
fi

# A second recording, in which the program needs less.
status "the limits are tried on another recording" 0 advise --verify "$recording" -J "$steady"

# Set for real: nothing is killed, and one undo restores all.
sleeping=$("$CGWARD" get "$steady" memory.max)
status "a dry run of --apply" 11 "$CGWARD" advise --recording "$recording" --apply --dry-run "$steady" "$reader"
same "a dry run changes nothing" "$sleeping" "$("$CGWARD" get "$steady" memory.max)"
status "the limits are applied" 0 "$CGWARD" advise --journal "$work/journal" --recording "$recording" --apply "$steady" "$reader"
same "the limit is set" "$mib" "$("$CGWARD" get "$steady" memory.max)"
reads() { [ "$("$CGWARD" get --bytes "$reader" memory.current)" -gt 0 ]; }
wait_for reads
sleep 1 # of loads under their limits
check "the steady program survives" kill -0 "$steady_pid"
check "the reader survives" kill -0 "$reader_pid"
same "nothing was OOM-killed" "0 0" "$("$CGWARD" get "$steady" memory.events.oom_kill) $("$CGWARD" get "$reader" memory.events.oom_kill)"
status "one undo" 0 "$CGWARD" undo --journal "$work/journal"
same "undo restores the memory limit" max "$("$CGWARD" get "$steady" memory.max)"
same "undo restores the limits of all groups" "max max" \
	"$("$CGWARD" get "$reader" cpu.max) $("$CGWARD" get "$reader" pids.max)"
status "no recording" 2 "$CGWARD" advise "$steady"
status "no such group" 8 advise /nosuch
status "no such file" 1 "$CGWARD" advise --recording "$work/none"
