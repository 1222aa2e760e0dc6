#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# CGWARD_DEBUG: each topic reports the decisions of a command, and nothing is written without it.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d) && test_files+=("$work")
# shellcheck disable=SC2069 # only standard error is captured
traced() { CGWARD_DEBUG=$1 "$CGWARD" "${@:2}" 2>&1 >/dev/null; }
has() { grep -qE -- "$1" <<<"$2"; }

same "nothing is written by default" "" "$("$CGWARD" get / cgroup.procs 2>&1 >/dev/null)"
lines=$(traced sample dump -o group,memory.current --collector files --depth 1)
check "the collector and its reason" has '^[0-9]+\.[0-9]{6} [0-9]+ sample: collector: files \(requested\)$' "$lines"
check "the file of each metric" has ' sample: memory\.current: from memory\.(current|usage_in_bytes) in hierarchy ' "$lines"
same "other topics are not written" "" "$(grep -v ' sample: ' <<<"$lines")"
status "an unknown topic is an error" 2 env CGWARD_DEBUG=smaple "$CGWARD" doctor
status "a file that cannot be created is an error" 1 env CGWARD_DEBUG=all "CGWARD_DEBUG_FILE=$work/none/x" "$CGWARD" doctor
CGWARD_DEBUG=all CGWARD_DEBUG_FILE="$work/log" "$CGWARD" dump --depth 1 >"$work/out" 2>"$work/errors"
same "with a file, standard error is empty" "" "$(cat "$work/errors")"
check "the file has the lines" grep -q ' sample: collector: ' "$work/log"
same "the file is private" 600 "$(stat -c %a "$work/log")"

group=$(make_group debug pids 2>/dev/null)
if [ ! -w "$(mount_of pids)$group/pids.max" ]; then
	skip "the limit topic: requires a group that this user may limit (not possible here)"
	exit 0
fi
lines=$(traced limit set "$group" pids.max=77)
check "the text that is written" has " limit: $group: wrote '77' to pids.max: accepted" "$lines"
check "the outcome of the step" has " limit: $group: set 77: done" "$lines"
cat >"$work/policy" <<POLICY
[policy]
state = $work/state
[rule full]
match = $group
when = cgroup.procs < 1
then = limit pids.max 50
POLICY
lines=$(traced policy enforce --once --dry-run --policy "$work/policy")
check "the phase of a rule" has " policy: rule full on $group: pending -> active" "$lines"
check "the claim on a value" has " policy: $group: claim of full on pids.max, value 50: taken" "$lines"
check "the action and its result" has " policy: $group: limit by full, 50: pending" "$lines"
