#!/usr/bin/env bash
# keeps.sh: what enforcement does beside its rules: [record] keeps samples and actions, [metrics] answers
# Prometheus, a new policy changes both, and neither holds up a rule when it cannot work.
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
check "a rule acts" wait_for 20 says "often: restore"

ask() { curl -s --max-time 10 --unix-socket "$state/metrics" "http://localhost/$1"; }
exposes() { ask metrics | grep -qE "$1"; }
if $has_http && ! command -v curl >/dev/null; then
	skip "the endpoint: no curl to ask it"
elif $has_http; then
	check "the endpoint answers with the policy's own work" wait_for 5 exposes '^cgward_policy_actions_total [1-9]'
	check "and with the groups" exposes "^cgward_pids_current.*group=\"$group\""
	check "of the machine only what is wanted" is_not exposes 'group="/"'
	same "it is well" ok "$(ask healthz)"
else
	check "without HTTP it says so" says "built without libmicrohttpd"
fi

# A policy that wants other things.
write_policy <<END
[record]
to = $state/second.cgwr
interval = 300ms
size = 1G
$rule
END
kill -HUP "$daemon"
check "the new policy records elsewhere" wait_for 20 test -s "$state/second.cgwr"
check "and serves no longer" is_not ask metrics
: >"$state/log"
check "its rules act" wait_for 20 says "often: restore"

# What cannot work holds up nothing.
write_policy <<END
[record]
to = /proc/nowhere/x
[metrics]
listen = unix:/proc/nowhere/metrics
$rule
END
kill -HUP "$daemon"
check "a recording that cannot be made is said" wait_for 20 says "recording to /proc/nowhere/x: "
if $has_http; then check "so is an endpoint that cannot be" wait_for 20 says "cannot serve metrics: "; fi
: >"$state/log"
check "rules go on" wait_for 20 says "often: limit"
stop_daemon
same "it ends in order" 0 $?

events() { "$CGWARD" diff --events "$state/recording" | grep -q "action  $group  $1 .*by rule often"; }
check "the recording holds what was done" events "limit pids.max 77"
check "and what was given back" events "restore pids.max max"
same "it can be read as samples" "$group" "$("$CGWARD" dump --replay "$state/recording" --raw -n -o group --match "$group" | head -n 1)"
restored=$("$CGWARD" diff --events "$state/second.cgwr" | grep -c "restore pids.max")
check "the end of the one is in it as well" test "$restored" -gt 0
