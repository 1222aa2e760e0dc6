#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The [record] and [metrics] sections of a policy: samples and actions are recorded, Prometheus is
# served, a reload changes both, and rules continue if either fails.
# shellcheck source=tests/live/enforce-lib.sh
. "$(dirname "$0")/enforce-lib.sh"

group=$(make_group k pids)
has_http=true
"$CGWARD" serve --help >/dev/null 2>&1 || has_http=false

rule="[rule often]
match = $group
when = pids.current >= 0
then = limit pids.max 77
hold = 1s
max_hold = 1s
cooldown = 1s"
write_policy <<END
[record]
to = $state/recording/
interval = 300ms
match = $group
[metrics]
listen = unix:$state/metrics
match = $group
$rule
END
start_daemon
check "the rule acts" wait_for log_has "often: restore"

ask() { curl -s --max-time "$CGWARD_TEST_DEADLINE" --unix-socket "$state/metrics" "http://localhost/$1"; }
exposes() { ask metrics | grep -qE "$1"; }
if $has_http && ! command -v curl >/dev/null; then
	skip "the endpoint: curl is not installed"
elif $has_http; then
	check "the endpoint exposes the policy's actions" wait_for exposes '^cgward_policy_actions_total [1-9]'
	check "the endpoint exposes the selected groups" exposes "^cgward_pids_current.*group=\"$group\""
	check "the endpoint exposes no other groups" is_not exposes 'group="/"'
	same "the health check succeeds" ok "$(ask healthz)"
else
	check "missing HTTP support is logged" log_has "built without libmicrohttpd"
fi

# Reload a policy with another recording and without an endpoint.
write_policy <<END
[record]
to = $state/second.cgwr
interval = 300ms
size = 1G
$rule
END
kill -HUP "$daemon"
check "the reloaded policy writes to its own recording" wait_for test -s "$state/second.cgwr"
check "the reloaded policy closes the endpoint" is_not ask metrics
: >"$state/log"
check "the reloaded rules act" wait_for log_has "often: restore"

# Failures of the recording and of the endpoint do not stop the rules.
write_policy <<END
[record]
to = /proc/nowhere/x
[metrics]
listen = unix:/proc/nowhere/metrics
$rule
END
kill -HUP "$daemon"
check "a recording that cannot be created is logged" wait_for log_has "recording to /proc/nowhere/x: "
if $has_http; then check "an endpoint that cannot be opened is logged" wait_for log_has "cannot serve metrics: "; fi
: >"$state/log"
check "the rules still act" wait_for log_has "often: limit"
stop_daemon
same "the daemon exits with status 0" 0 $?

events() { "$CGWARD" diff --events "$state/recording" | grep -q "action  $group  $1 .*by rule often"; }
check "the recording contains the action" events "limit pids.max 77"
check "the recording contains the restored value" events "restore pids.max max"
same "the recording contains samples" "$group" "$("$CGWARD" dump --replay "$state/recording" --raw --noheadings -o group --match "$group" | head -n 1)"
restored=$("$CGWARD" diff --events "$state/second.cgwr" | grep -c "restore pids.max")
check "the second recording contains the restores of the first policy" test "$restored" -gt 0
