#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The packaged units under a real systemd: readiness notification, reload, watchdog, crash, stop,
# journal fields, and the exposure level of systemd-analyze security.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if [ ! -e root/usr/lib/systemd/system/cgward.service ]; then
	skip "the packaged unit: cgward is built without systemd (not possible here)"
	exit 0
fi
pids=$(mount_of pids)
property() { systemctl show -P "$2" "$1"; }
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
# journal PATTERN: whether the unit logged a matching line.
journal() { journalctl -q -o cat -u cgward.service --grep="$1" >/dev/null 2>&1; }

cp -a root/usr/bin/cgward /usr/bin/cgward
cp root/usr/lib/systemd/system/cgward*.{service,socket} /usr/lib/systemd/system/
mkdir -p /etc/cgward /run/systemd/system/cgward.service.d
stop_units() {
	systemctl stop cgward.service cgward-target.service cgward-serve.socket cgward-serve.service 2>/dev/null
	rm -rf /etc/cgward/cgward.conf /run/systemd/system/cgward.service.d
}
test_at_exit+=(stop_units)
# Shorter watchdog timeouts than packaged, and no core dump when the watchdog aborts the daemon.
printf '[Service]\nWatchdogSec=4s\nTimeoutAbortSec=4s\nLimitCORE=0\n' >/run/systemd/system/cgward.service.d/test.conf
systemctl daemon-reload
same "systemd-analyze verify accepts the unit" "" "$(systemd-analyze verify --man=no /usr/lib/systemd/system/cgward.service 2>&1 | grep -i cgward)"
# cgward.service needs the network namespace of the machine for process events, the loopback interface and the
# kernel log.
for bound in cgward:2.6 cgward-serve:2.0; do
	unit=${bound%:*} most=${bound#*:}
	exposure=$(systemd-analyze security --no-pager "$unit.service" | awk '/Overall exposure level/ {print $(NF - 2)}')
	check "$unit.service has an exposure level of $exposure (at most $most)" awk -v e="$exposure" -v m="$most" 'BEGIN { exit !(e != "" && e <= m) }'
done

systemctl start cgward.service
same "without a policy the unit is skipped by its condition" "inactive no" \
	"$(property cgward.service ActiveState) $(property cgward.service ConditionResult)"

systemd-run --quiet --unit=cgward-target --property=TasksAccounting=yes sleep 3000
target=$(property cgward-target.service ControlGroup)
policy() { # PIDS_MAX
	cat <<END
[policy]
interval = 200ms
[rule hold]
match = $target
when = pids.current > 0
then = limit pids.max $1
hold = 1h
END
}
# What the sandbox must not prevent: metrics at the default address, and process events (from 6.6 on).
also() {
	printf '[metrics]\n[place nothing]\ncommand = cgward-test-none\nto = /cgward-test-none\n'
}
limit() { cat "$pids$target/pids.max"; }
original=$(limit)
policy 33 >/etc/cgward/cgward.conf
check "the unit starts" systemctl start cgward.service
same "the unit notifies systemd when ready" "notify active running" \
	"$(property cgward.service Type) $(property cgward.service ActiveState) $(property cgward.service SubState)"
main=$(property cgward.service MainPID)
check "the rule sets the limit of a unit" wait_for is 33 limit
check "status prints the rule and the group" grep -q "hold on $target" <<<"$("$CGWARD" status)"
same "the journal fields have the rule, the group and the values" "hold $target pids.max 33" "$(
	journalctl -q -o json MESSAGE_ID=6f1c9d3a0f7e4b5e9a2c71d84f6b02ce _SYSTEMD_UNIT=cgward.service | head -n 1 |
		python3 -c 'import json, sys
entry = json.loads(sys.stdin.readline())
print(*[entry.get("CGWARD_" + field) for field in ("RULE", "GROUP", "KEY", "KEPT")])'
)"

# --- Reload: an invalid policy changes nothing.
echo "nonsense" >>/etc/cgward/cgward.conf
systemctl reload cgward.service
check "an invalid policy is refused" wait_for journal "the old one stays in effect"
same "the same process continues with the old policy" "$main active" \
	"$(property cgward.service MainPID) $(property cgward.service ActiveState)"
same "the limit of the old policy still applies" 33 "$(limit)"
{ policy 44 && also; } >/etc/cgward/cgward.conf
systemctl reload cgward.service
same "a valid policy is reloaded by the same process" "$main" "$(property cgward.service MainPID)"

serves() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=20).read().decode())' 2>/dev/null | grep -q '^cgward_policy_sections'; }
check "[metrics] answers at its default address" wait_for serves
if [ "$(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1)" = 6.6 ]; then
	check "the kernel reports processes for [place]" is "" journalctl -q -o cat -u cgward.service --grep="process events are unavailable"
fi

# --- systemd restarts the daemon after a watchdog timeout and after SIGKILL.
restarted() { # MORE_THAN
	[ "$(property cgward.service NRestarts)" -gt "$1" ] && [ "$(property cgward.service ActiveState)" = active ]
}
kill -STOP "$main"
check "a stopped daemon is restarted by the watchdog" wait_for restarted 0
check "the watchdog timeout is logged" grep -qi "watchdog timeout" <<<"$(journalctl -q -o cat -u cgward.service)"
check "the limit applies after the restart" wait_for is 44 limit
before=$(property cgward.service NRestarts)
kill -KILL "$(property cgward.service MainPID)"
check "a killed daemon is restarted" wait_for restarted "$before"
check "the limit applies after the second restart" wait_for is 44 limit

# --- Stop.
systemctl stop cgward.service
same "the unit stops without failure" "inactive success" "$(property cgward.service ActiveState) $(property cgward.service Result)"
same "stopping restores the original limit" "$original" "$(limit)"
same "stopping leaves no drop-in of the limit" "" "$(find /run/systemd/{system.control,transient} -path '*/cgward-target.service.d/*TasksMax*')"
same "no process is left after stopping" "" "$(pgrep -x cgward)"

echo 'no section' >/etc/cgward/cgward.conf
systemctl start cgward.service 2>/dev/null
same "an invalid policy is not tried again" "failed 0" "$(property cgward.service ActiveState) $(property cgward.service NRestarts)"
systemctl reset-failed cgward.service

# --- The endpoint for Prometheus.
if systemctl start cgward-serve.service; then
	scrape() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=20).read().decode())'; }
	answers() { scrape 2>/dev/null | grep -q '^cgward_.*system.slice'; }
	check "the unprivileged endpoint answers" wait_for answers
	systemctl stop cgward-serve.service
	# Socket activation: systemd listens, and starts the service on the first request.
	systemctl start cgward-serve.socket
	same "the socket is active, and the service is not" "active inactive" \
		"$(property cgward-serve.socket ActiveState) $(property cgward-serve.service ActiveState)"
	check "the first scrape starts the service" answers
	same "the service uses the passed socket" "active socket passed by systemd" \
		"$(property cgward-serve.service ActiveState) $(journalctl -q -o cat -u cgward-serve.service | tail -n 1)"
	systemctl stop cgward-serve.service
	check "a scrape after a stop starts the service again" wait_for answers
	systemctl stop cgward-serve.socket cgward-serve.service
else
	not_ok "the endpoint starts"
fi
