#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Post-mortem pages of a real OOM kill, also in a group that is removed at once, of a refused fork, and
# of a freeze and a kill by rules; and the bounds of their directory.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

controllers=(memory pids cpu cpuacct freezer)
for controller in memory pids; do
	if [ -z "$(mount_of "$controller")" ]; then
		skip "postmortem: no $controller controller (not possible here)"
		exit 0
	fi
done
if ! is_root; then
	skip "postmortem: requires root to create groups"
	exit 0
fi
work=$(mktemp -d)
test_files+=("$work")
pages=$work/pages

parent=$(make_group dead "${controllers[@]}")
group=$parent/worker
removed=$parent/removed
forks=$(make_group forks "${controllers[@]}")
frozen=$(make_group frozen "${controllers[@]}")
killed=$(make_group killed "${controllers[@]}")
for controller in "${controllers[@]}"; do
	[ -n "$(mount_of "$controller")" ] || continue
	make_below "$parent" "$controller" worker
	make_below "$parent" "$controller" removed
done

# member FILE KEY...: prints a member of a page.
member() {
	python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value[int(key) if key.isdigit() else key]
print(value)' "$@"
}
# page_of DIR GROUP EVENT: prints the file of the newest such page.
page_of() {
	python3 -c 'import glob, json, sys
for name in sorted(glob.glob(sys.argv[1] + "/*.json"), reverse=True):
    page = json.load(open(name))
    if (page["group"], page["event"]) == (sys.argv[2], sys.argv[3]):
        print(name)
        sys.exit(0)
sys.exit(1)' "$@"
}
# eat GROUP [SIZE SECONDS]: a process that is OOM-killed in the group, after it has used some memory for a time.
eat() {
	(enter "$1" memory pids && exec python3 -c 'import sys, time
data = bytearray(int(sys.argv[1]) << 20)
for i in range(0, len(data), 4096): data[i] = 1
time.sleep(float(sys.argv[2]))
blocks = []
while True: blocks.append(b"x" * (1 << 20))' "${2:-16}" "${3:-2.2}") 2>/dev/null &
	eater=$!
	test_pids+=("$eater")
}

# The daemon.
"$CGWARD" set --direct --journal "$work/state" "$parent" memory.max=64M >/dev/null
without_swap "$parent"
printf '[policy]\nstate = %s\ninterval = 500ms\n[postmortem]\nto = %s\ngap = 1h\npages = 4\n[rule hungry]\nmatch = %s\nwhen = pids.current > 1000\nthen = log\n[rule freezing]\nmatch = %s\nwhen = pids.current > 0\nhold = 1s\nthen = freeze 1s\n[rule killing]\nmatch = %s\nwhen = pids.current > 0\nthen = kill KILL\n' \
	"$work/state" "$pages" "$group" "$frozen" "$killed" >"$work/policy.conf"
daemon=
if "$CGWARD" enforce --help >/dev/null 2>&1; then
	"$CGWARD" enforce --policy "$work/policy.conf" --state "$work/state" 2>"$work/log" &
	daemon=$!
	test_pids+=("$daemon")
	wait_for "$CGWARD" status --state "$work/state" || { cat "$work/log"; not_ok "the enforcement starts"; exit 1; }
	sleep 1.2 # of samples
	eat "$group" 36 7 # more than half of the limit
	check "a page about the OOM kill is written" wait_for page_of "$pages" "$group" oom-kill
	page=$(page_of "$pages" "$group" oom-kill)
	id=$(basename "$page" .json)
	same "its directory is private" 700 "$(stat -c %a "$pages")"
	same "its file is private" 600 "$(stat -c %a "$page")"
	same "one process was killed" 1 "$(member "$page" count)"
	check "the summary names the group with the limit, and the limit" grep -q "the memory limit of $parent was reached; memory.max=64M of $parent" \
		<<<"$(member "$page" summary; "$CGWARD" postmortem --directory "$pages" show "$id")"
	limits=$(python3 -c 'import json, sys
limit = next(l for l in json.load(open(sys.argv[1]))["limits"] if l["resource"] == "memory")
print(limit["limit"], limit["set_by"], limit["last_change"]["value"], limit["last_change"]["who"])' "$page")
	same "the limit, its group and the change that set it are stated" "$((64 << 20)) $parent 64M cgward set" "$limits"
	if [ -r /dev/kmsg ]; then
		same "the kernel log names the process" "$eater python3" "$(member "$page" kernel_log killed_pid) $(member "$page" kernel_log killed_name)"
		same "the kernel log names the group with the limit" "$parent" "$(member "$page" kernel_log limit_of)"
		same "the largest process at the kill" "$eater" "$(member "$page" kernel_log processes 0 pid)"
		growth=$(member "$page" kernel_log processes 0 growth_bytes)
		check "its growth since it used half of the limit ($growth)" [ "$growth" -gt $((8 << 20)) ]
		check "its growth is in the text" grep -q "^ *$eater .*+[0-9.]*M in [0-9]*s" <<<"$("$CGWARD" postmortem --directory "$pages" show "$id")"
		check "the kernel's own report is in the page" grep -q "oom-kill:constraint=CONSTRAINT_MEMCG.*task_memcg=$group,task=python3,pid=$eater" "$page"
	else
		check "the page states that the kernel log is not readable" grep -q "not readable" <<<"$(member "$page" kernel_log missing)"
	fi
	check "the history shows the memory before the kill" python3 -c 'import json, sys
history = json.load(open(sys.argv[1]))["history"]
assert len(history["memory_bytes"]) == 60
assert any(value and value > 16 << 20 for value in history["memory_bytes"]), history' "$page"
	check "memory by kind is that before the kill" [ "$(member "$page" memory memory.anon)" -gt $((16 << 20)) ]
	same "the rule that applies to the group" hungry "$(member "$page" policy 0 name)"
	check "the daemon logs the page" wait_for grep -q "$group: 1 process was OOM-killed.*cgward postmortem .* show $id" "$work/log"
	check "the list has the page" grep -q "^$id  *oom-kill  *$group" <<<"$("$CGWARD" postmortem --directory "$pages")"
	follow "cgward postmortem --directory '%s' show %s" "$(grep "$id" "$work/log")"
	output=$("$CGWARD" explain --policy "$work/policy.conf" --rates 100ms "$group")
	check "explain points to the page" grep -q "cgward postmortem .* show $id" <<<"$output"
	follow "cgward postmortem --directory '%s' show %s" "$output"

	# Another kill within the gap: no page, as is seen when there is one about a later kill.
	eat "$group"
	dead "$eater"

	# A group that is removed as soon as it is empty, as containers are.
	eat "$removed"
	wait "$eater" 2>/dev/null
	for controller in "${controllers[@]}"; do
		mount=$(mount_of "$controller")
		[ -z "$mount" ] || rmdir "$mount$removed" 2>/dev/null
	done
	check "a page about the kill in a removed group" wait_for page_of "$pages" "$removed" oom-kill
	removed_page=$(page_of "$pages" "$removed" oom-kill)
	[ ! -r /dev/kmsg ] || same "the page names its process" "$eater" "$(member "$removed_page" kernel_log killed_pid)"
	same "one page per group within the gap" 1 "$("$CGWARD" postmortem --directory "$pages" | grep -c "oom-kill  *$group ")"

	# A refused fork.
	"$CGWARD" set --direct --journal "$work/state" "$forks" pids.max=2 >/dev/null
	(enter "$forks" "${controllers[@]}" && exec python3 -c 'import os, time
for i in range(3):
    try:
        if os.fork() == 0: time.sleep(5); os._exit(0)
    except OSError: pass') 2>/dev/null &
	test_pids+=($!)
	check "a page about refused forks" wait_for page_of "$pages" "$forks" fork-refused
	check "its summary names the limit" grep -Eq "^[12] forks? (was|were) refused; effective limit: pids.max=2 of $forks$" \
		<<<"$(member "$(page_of "$pages" "$forks" fork-refused)" summary)"

	# Actions of rules.
	if [ -n "$(mount_of freezer cgroup)" ]; then
		(enter "$frozen" "${controllers[@]}" && exec sleep 100) &
		test_pids+=($!)
		check "a page about a freeze" wait_for page_of "$pages" "$frozen" freeze
		page=$(page_of "$pages" "$frozen" freeze)
		same "it names the rule" "freezing frozen by rule freezing" "$(member "$page" rule) $(member "$page" summary)"
		(enter "$killed" "${controllers[@]}" && exec sleep 100) &
		test_pids+=($!)
		check "a page about a kill" wait_for page_of "$pages" "$killed" kill
		check "it states the condition" grep -q "pids.current" <<<"$(member "$(page_of "$pages" "$killed" kill)" reason)"
		# The fifth page replaced the first.
		same "at most as many pages as configured" 4 "$(find "$pages" -name '*.json' | wc -l)"
		check "the oldest page is removed" test ! -e "$pages/$id.json"
	fi
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	check "no partial files remain" is_not grep -q . <<<"$(find "$pages" -name '*.new')"
else
	skip "enforce: not in this build"
fi

# A recording writes pages too.
rm -rf "$pages"
without_swap "$parent"
"$CGWARD" record --interval 1s --postmortem "$pages" "$work/recording.cgwr" >/dev/null 2>"$work/errors" &
recorder=$!
test_pids+=("$recorder")
wait_for test -d "$pages"
sleep 1.2 # of samples
eat "$group"
check "record writes a page about an OOM kill" wait_for page_of "$pages" "$group" oom-kill
kill -INT "$recorder"
wait "$recorder"
recorder_status=$?
[ "$recorder_status" = 0 ] || cat "$work/errors"
same "record ends as usual" 0 "$recorder_status"
check "record prints where the page is" grep -q "$group: 1 process was OOM-killed.*postmortem --directory '$pages' show" "$work/errors"
follow "cgward postmortem --directory '%s' show %s" "$(grep postmortem "$work/errors")"
same "without a policy there are no rules" None "$(member "$(page_of "$pages" "$group" oom-kill)" policy)"
here=$(cd "$(dirname "$0")" && pwd)
schemas=$here/../../docs/schema
[ -d "$schemas" ] || schemas=$here/../schema
"$CGWARD" postmortem --directory "$pages" --json show >"$work/document"
check "the page is valid by its schema" python3 "$here/validate-json.py" "$schemas/postmortem.json" "$work/document"
"$CGWARD" postmortem --directory "$pages" --json >"$work/document"
check "the list is valid by its schema" python3 "$here/validate-json.py" "$schemas/postmortem-list.json" "$work/document"
status "a page that does not exist" 8 "$CGWARD" postmortem --directory "$pages" show 20000101T000000Z-001
status "an invalid ID" 2 "$CGWARD" postmortem --directory "$pages" show ../etc/passwd
status "no directory" 0 "$CGWARD" postmortem --directory "$work/none"
chmod 777 "$pages"
status "a directory that others can write to is refused" 1 "$CGWARD" record --count 1 --postmortem "$pages" "$work/other.cgwr"
