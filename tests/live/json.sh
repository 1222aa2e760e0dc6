#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# JSON documents are as docs/schema describes them, completely.
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
# Test machines have the schemas beside the live tests.
schemas=$here/../../docs/schema
[ -d "$schemas" ] || schemas=$here/../schema
work=$(mktemp -d) && test_files+=("$work")
journal=(--journal "$work/journal")

# valid NAME COMMAND...: the output of COMMAND is valid by docs/schema/NAME.json.
validated=
valid() {
	local name=$1
	shift
	validated+=" $2 "
	"$@" >"$work/document" 2>"$work/errors"
	check "$name: $(sed "s,^$CGWARD,cgward,; s,$work,DIR,g" <<<"$*") is valid by its schema" \
		python3 "$here/validate-json.py" "$schemas/$name.json" "$work/document"
}

valid version "$CGWARD" version --json
valid doctor "$CGWARD" doctor --json
valid dump "$CGWARD" dump --json --match /
valid dump "$CGWARD" dump --json --match / -o all
valid dump "$CGWARD" dump --json --interval 50ms --count 3 --match /
same "the layout is in the first document of a stream only" 1 "$(grep -c '^"layout"' "$work/document")"
valid dump-line "$CGWARD" dump --ndjson --match /
valid dump-line "$CGWARD" dump --ndjson -o all --count 2 --interval 50ms --match /
valid list-metrics "$CGWARD" dump --list-metrics --json
valid list-controls "$CGWARD" set --list-controls --json
valid dump "$CGWARD" dump --json -o group,memory.anon,cpu.usage.rate,cpu --interval 50ms --count 2 --match /
valid get "$CGWARD" get --json / memory.current cpu.usage io.rbytes kind memory.max
valid get "$CGWARD" get --json "pid:$$" pids.current cpu.usage memory.current
valid status "$CGWARD" status --json --state "$work"
valid inspect "$CGWARD" inspect --json "pid:$$"
valid inspect "$CGWARD" inspect --json --confinement --processes --network --limits --namespaces "pid:$$"
valid inspect "$CGWARD" inspect --json --namespaces
valid inspect "$CGWARD" inspect --json --waits --rates 100ms "pid:$$"
valid explain "$CGWARD" explain --json --rates 100ms "pid:$$"
printf '[limit most]\nmatch = /**\npids.max = 500\n\n[rule many]\nmatch = /**\nwhen = pids.current > 100000 and cpu > 1%%\nthen = notify\n' >"$work/policy.conf"
valid explain "$CGWARD" explain --json --rates 100ms --policy "$work/policy.conf" "pid:$$"
"$CGWARD" record --interval 100ms --count 4 "$work/recording.cgwr" >/dev/null 2>&1
valid dump "$CGWARD" dump --json --replay "$work/recording.cgwr" --match /
mkdir "$work/pages"
valid postmortem-list "$CGWARD" postmortem --json --directory "$work/pages"
valid diff "$CGWARD" diff --json "$work/recording.cgwr"
valid advise "$CGWARD" advise --json --recording "$work/recording.cgwr"
valid advise "$CGWARD" advise --json --recording "$work/recording.cgwr" --verify "$work/recording.cgwr"
valid check "$CGWARD" check --json --recording "$work/recording.cgwr" "$work/policy.conf"
valid log "$CGWARD" log --json "${journal[@]}"
# v2 freezes groups without a controller.
pids=$(mount_of pids)
if is_root && [ -n "$pids" ] && { [ "$(version_of "$pids")" = 2 ] || [ -n "$(mount_of freezer)" ]; }; then
	group=$(make_group json pids freezer cpu memory)
	valid change "$CGWARD" set --json --direct "${journal[@]}" "$group" pids.max=33
	valid change "$CGWARD" set --json --direct --dry-run "${journal[@]}" "$group" pids.max=34
	valid change "$CGWARD" freeze --json --direct "${journal[@]}" "$group"
	valid change "$CGWARD" thaw --json --direct "${journal[@]}" "$group"
	valid change "$CGWARD" create --json --direct "${journal[@]}" "$group/below"
	valid change "$CGWARD" set --json --direct "${journal[@]}" "$group" pids.max=33
	same "a value that is already set" unchanged "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["steps"][0]["outcome"])' "$work/document")"
	valid change "$CGWARD" set --json --direct "${journal[@]}" "$group" pids.max=34 cpuset.cpus=4095
	sleep 600 &
	test_pids+=($!)
	valid change "$CGWARD" move --json --direct "${journal[@]}" "$!" "$group"
	valid change "$CGWARD" kill --json --direct --dry-run "${journal[@]}" "$group"
	valid change "$CGWARD" kill --json --direct "${journal[@]}" "$group"
	wait_for is_not grep -q . "$pids$group/cgroup.procs"
	valid change "$CGWARD" delete --json --direct "${journal[@]}" "$group/below"
	valid change "$CGWARD" run --json --direct --dry-run --name "$group/run" pids.max=5 -- true
	valid change "$CGWARD" undo --json --direct --dry-run "${journal[@]}"
	valid change "$CGWARD" undo --json --direct "${journal[@]}"
	valid log "$CGWARD" log --json "${journal[@]}"
	same "the log has the changes" True "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["changes"]) > 3)' "$work/document")"
else
	skip "changes: requires root to create groups"
fi
if "$CGWARD" enforce --help >/dev/null 2>&1 && [ -n "${group:-}" ]; then
	mkdir "$work/state"
	printf '[limit one]\nmatch = %s\npids.max = 500\n' "$group" >"$work/one.conf"
	"$CGWARD" enforce --policy "$work/one.conf" --state "$work/state" >/dev/null 2>&1 &
	test_pids+=($!)
	if wait_for "$CGWARD" status --state "$work/state"; then
		valid status "$CGWARD" status --json --state "$work/state"
	else
		not_ok "a running enforcement publishes its status"
	fi
fi
# Each command that prints JSON is checked: here, or where its test needs more.
validated+=" $(sed -n 's,.*"$CGWARD" \([a-z]*\) .*--json.*,\1 ,p' "$here/probe.sh" | tr '\n' ' ')"
[ -n "${group:-}" ] || validated+=" create delete freeze kill log move run set status thaw undo "
missing=
for command in $("$CGWARD" version --json | python3 -c 'import json, sys; print(*json.load(sys.stdin)["commands"])'); do
	! "$CGWARD" help "$command" | grep -q -- --json || [[ "$validated" == *" $command "* ]] || missing+=" $command"
done
same "the documents of all commands are checked" "" "$missing"
# The test itself notices what is missing and what is not described.
echo '{"schema": 1, "cgward": "x", "running": true, "surprise": 1}' >"$work/document"
status "a member that is not described is noticed" 1 python3 "$here/validate-json.py" "$schemas/status.json" "$work/document"
echo '{"schema": 2, "cgward": "x", "running": true}' >"$work/document"
status "another version is noticed" 1 python3 "$here/validate-json.py" "$schemas/status.json" "$work/document"
