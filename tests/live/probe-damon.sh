#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cgward probe --damon: counts 100M of 300M that a process touches, and leaves no thread behind after
# kill -9; refuses while DAMON has another user, and changes nothing then.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

admin=/sys/kernel/mm/damon/admin/kdamonds
module=/sys/module/damon_stat/parameters/enabled
if [ -z "$(mount_of memory)" ] || ! is_root; then
	skip "probe --damon: requires root and the memory controller (not possible here)"
	exit 0
fi
group=$(make_group damon memory)
below=$(make_group damon-parent memory)
ready=$(mktemp)
test_files+=("$ready")
make_below "$below" memory child
check "a group with groups below it is refused" grep -q "groups below it" <<<"$("$CGWARD" probe --damon "$below" 2>&1)"
if [ ! -d "$admin" ]; then
	check "a kernel without DAMON is refused" grep -q "no DAMON" <<<"$("$CGWARD" probe --damon "$group" 2>&1)"
	exit 0
fi
if [ "$(cat "$admin/nr_kdamonds")" != 0 ]; then
	before=$(grep -rs . "$admin"/*/state "$admin"/*/pid "$admin/nr_kdamonds")
	reason=$("$CGWARD" probe --damon "$group" 2>&1)
	same "another user's DAMON is refused with status" 9 "$("$CGWARD" probe --damon "$group" 2>/dev/null; echo $?)"
	check "the reason names it ($reason)" grep -q "in use by another process.*nr_kdamonds" <<<"$reason"
	same "the other user's DAMON is unchanged" "$before" "$(grep -rs . "$admin"/*/state "$admin"/*/pid "$admin/nr_kdamonds")"
	skip "probe --damon counts: DAMON is in use by another process (not possible here)"
	exit 0
fi
if [ "$(cat "$module" 2>/dev/null)" = Y ]; then
	check "DAMON in use by the kernel is refused" grep -q "in use by the kernel.*damon_stat" <<<"$("$CGWARD" probe --damon "$group" 2>&1)"
	same "nothing is left behind then" 0 "$(cat "$admin/nr_kdamonds")"
	[ -z "${CGWARD_LAYOUT:-}" ] || echo N >"$module" # the machine is ours
fi
if [ -z "${CGWARD_LAYOUT:-}" ]; then
	skip "probe --damon counts: DAMON goes through the memory of the whole machine, as only a test machine may (not possible here)"
	exit 0
fi
(enter "$group" memory && exec python3 -c 'import time
data = bytearray(300 << 20)
for i in range(0, len(data), 4096): data[i] = 1
print("ready", flush=True)
while True:
    for i in range(0, 100 << 20, 4096): data[i] = 2
    time.sleep(0.05)') >"$ready" 2>/dev/null &
load=$!
test_pids+=("$load")
wait_for grep -q ready "$ready"
result=$("$CGWARD" probe --damon --json --interval 5s --duration 22s "$group" 2>&1)
status=$?
if grep -q "Linux 6.14" <<<"$result"; then
	same "nothing is left behind on an older kernel" 0 "$(cat "$admin/nr_kdamonds")"
	skip "probe --damon counts: $result (not possible here)"
	exit 0
fi
same "exit status" 0 "$status"
check "each interval has 100M within 15 % ($(tr -d '\n ' <<<"$result"))" python3 -c 'import json, sys
report = json.load(sys.stdin)
assert len(report["accessed"]) >= 2, report
assert all(abs(bytes / (100 << 20) - 1) <= 0.15 for bytes in report["accessed"]), report
assert report["needs"] == max(report["accessed"]) and report["use"] > 300 << 20, report' <<<"$result"
same "nothing is left behind" 0 "$(cat "$admin/nr_kdamonds")"

"$CGWARD" probe --damon "$group" >/dev/null 2>&1 &
probe=$!
test_pids+=("$probe")
has_thread() { [ "$(cat "$admin/0/state" 2>/dev/null)" = on ]; }
has_none() { [ "$(cat "$admin/nr_kdamonds")" = 0 ]; }
check "the thread of the kernel runs" wait_for has_thread
kill -KILL "$probe"
check "kill -9 leaves nothing behind" wait_for has_none
