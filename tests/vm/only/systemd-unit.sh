#!/usr/bin/env bash
# The unit as it is packaged, under a real systemd: start with notification, reload, a watchdog that bites, a
# crash, the end in order, the journal's fields, and how exposed systemd thinks that it is.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if [ ! -e root/usr/lib/systemd/system/cgward.service ]; then
	skip "the packaged unit: cgward was built without systemd (not possible here)"
	exit 0
fi
pids=$(mount_of pids)
property() { systemctl show -P "$2" "$1"; }
is() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
# journal PATTERN: whether the unit said so since it was installed here.
journal() { journalctl -q -o cat -u cgward.service --grep="$1" >/dev/null 2>&1; }

cp -a root/usr/bin/cgward /usr/bin/cgward
cp root/usr/lib/systemd/system/cgward*.{service,socket} /usr/lib/systemd/system/
mkdir -p /etc/cgward /run/systemd/system/cgward.service.d
stop_units() {
	systemctl stop cgward.service cgward-held.service cgward-serve.socket cgward-serve.service 2>/dev/null
	rm -rf /etc/cgward/cgward.conf /run/systemd/system/cgward.service.d
	test_cleanup
}
trap stop_units EXIT
# A minute for what takes half of one as packaged; what is aborted leaves no core here.
printf '[Service]\nWatchdogSec=4s\nTimeoutAbortSec=4s\nLimitCORE=0\n' >/run/systemd/system/cgward.service.d/test.conf
systemctl daemon-reload
same "the unit has no mistakes" "" "$(systemd-analyze verify --man=no /usr/lib/systemd/system/cgward.service 2>&1 | grep -i cgward)"
# cgward.service needs the network namespace of the machine for process events, and the loopback interface.
for bound in cgward:2.3 cgward-serve:2.0; do
	unit=${bound%:*} most=${bound#*:}
	exposure=$(systemd-analyze security --no-pager "$unit.service" | awk '/Overall exposure level/ {print $(NF - 2)}')
	check "$unit.service is exposed by $exposure, $most at most" awk -v e="$exposure" -v m="$most" 'BEGIN { exit !(e != "" && e <= m) }'
done

systemctl start cgward.service
same "without a policy it does not start, and that is no failure" "inactive no" \
	"$(property cgward.service ActiveState) $(property cgward.service ConditionResult)"

systemd-run --quiet --unit=cgward-held --property=TasksAccounting=yes sleep 3000
held=$(property cgward-held.service ControlGroup)
policy() { # PIDS_MAX
	cat <<END
[policy]
interval = 200ms
[rule hold]
match = $held
when = pids.current > 0
then = limit pids.max $1
hold = 1h
END
}
# What the sandbox must not prevent: metrics at the default address, and process events (from 6.6 on).
also() {
	printf '[metrics]\n[place nothing]\ncommand = cgward-test-none\nto = /cgward-test-none\n'
}
limit() { cat "$pids$held/pids.max"; }
original=$(limit)
policy 33 >/etc/cgward/cgward.conf
check "it starts, and says so by itself" systemctl start cgward.service
same "ready, by notification" "notify active running" \
	"$(property cgward.service Type) $(property cgward.service ActiveState) $(property cgward.service SubState)"
main=$(property cgward.service MainPID)
check "the rule holds a unit" wait_for 60 is 33 limit
check "status tells" grep -q "hold on $held" <<<"$("$CGWARD" status)"
same "the journal has the rule, the group and the values in fields" "hold $held pids.max 33" "$(
	journalctl -q -o json MESSAGE_ID=6f1c9d3a0f7e4b5e9a2c71d84f6b02ce _SYSTEMD_UNIT=cgward.service | head -n 1 |
		python3 -c 'import json, sys
entry = json.loads(sys.stdin.readline())
print(*[entry.get("CGWARD_" + field) for field in ("RULE", "GROUP", "KEY", "KEPT")])'
)"

# --- Reload: mistakes change nothing.
echo "nonsense" >>/etc/cgward/cgward.conf
systemctl reload cgward.service
check "a policy with mistakes is refused" wait_for 30 journal "the old one stays in effect"
same "the old one goes on in the same process" "$main active" \
	"$(property cgward.service MainPID) $(property cgward.service ActiveState)"
same "with its limit" 33 "$(limit)"
{ policy 44 && also; } >/etc/cgward/cgward.conf
systemctl reload cgward.service
same "a good one is taken by the same process" "$main" "$(property cgward.service MainPID)"

serves() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=20).read().decode())' 2>/dev/null | grep -q '^cgward_policy_sections'; }
check "[metrics] answers at its default address" wait_for 30 serves
if [ "$(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1)" = 6.6 ]; then
	check "the kernel reports processes for [place]" is "" journalctl -q -o cat -u cgward.service --grep="process events are unavailable"
fi

# --- A process that stands still is ended by the watchdog and started anew; so is one that dies.
restarted() { # MORE_THAN
	[ "$(property cgward.service NRestarts)" -gt "$1" ] && [ "$(property cgward.service ActiveState)" = active ]
}
kill -STOP "$main"
check "the watchdog starts it anew" wait_for 60 restarted 0
check "because it stood still" grep -qi "watchdog timeout" <<<"$(journalctl -q -o cat -u cgward.service)"
check "the limit holds again" wait_for 30 is 44 limit
before=$(property cgward.service NRestarts)
kill -KILL "$(property cgward.service MainPID)"
check "after a kill it is started anew" wait_for 60 restarted "$before"
check "and holds the limit again" wait_for 30 is 44 limit

# --- The end.
systemctl stop cgward.service
same "it ends in order" "inactive success" "$(property cgward.service ActiveState) $(property cgward.service Result)"
same "and gives back what was there before it" "$original" "$(limit)"
same "no process is left" "" "$(pgrep -x cgward)"

# --- What Prometheus asks.
if systemctl start cgward-serve.service; then
	ask() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=20).read().decode())'; }
	answers() { ask 2>/dev/null | grep -q '^cgward_.*system.slice'; }
	check "the endpoint's unit answers as a user of its own" wait_for 30 answers
	systemctl stop cgward-serve.service
	# By its socket: systemd listens, and starts it when somebody asks.
	systemctl start cgward-serve.socket
	same "the socket listens, and nothing runs" "active inactive" \
		"$(property cgward-serve.socket ActiveState) $(property cgward-serve.service ActiveState)"
	check "the first scrape starts the service, and is answered" answers
	same "by the socket that was passed" "active socket passed by systemd" \
		"$(property cgward-serve.service ActiveState) $(journalctl -q -o cat -u cgward-serve.service | tail -n 1)"
	systemctl stop cgward-serve.service
	check "and the next one again" wait_for 30 answers
	systemctl stop cgward-serve.socket cgward-serve.service
else
	not_ok "the endpoint's unit starts"
fi
