#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Units are changed through systemd and keep their limits over a reload; other groups are written
# directly; units of a user are changed through the user's manager.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -d /run/systemd/system ]; then
	skip "limits through systemd: systemd is not running (not possible here)"
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	skip "limits through systemd: requires root (not possible here)"
	exit 0
fi
journal=$(mktemp -d)
test_files+=("$journal")
quietly() { "$@" >/dev/null; }
cg() { local verb=$1; shift; "$CGWARD" "$verb" --journal "$journal" "$@"; }
get() { "$CGWARD" get -b "$1" "$2" 2>/dev/null; }
v2=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo | head -n 1)
units=()
stop_units() {
	for unit in "${units[@]}"; do
		systemctl thaw "$unit" 2>/dev/null
		systemctl stop "$unit" 2>/dev/null
		systemctl reset-failed "$unit" 2>/dev/null
		rm -rf "/run/systemd/system.control/$unit.d"
	done
}
test_at_exit+=(stop_units)

# service NAME OPTION... COMMAND...: starts a transient unit; prints its group.
service() {
	local unit=$test_name-$1.service
	shift
	systemd-run --quiet --unit="$unit" "$@" >&2 || echo "systemd-run failed" >&2
	systemctl show -P ControlGroup "$unit"
}

a=$(service a sleep 1000)
units+=("$test_name-a.service")
same "a unit has its own group" "/system.slice/$test_name-a.service" "$a"

# --- set: the property, the kernel's file, a reload, undo ---
output=$(cg set --dry-run "$test_name-a.service" memory.max=64M)
same "a dry run has its own exit status" 11 $?
check "a dry run prints the call" grep -q "SetUnitProperties.*$test_name-a.service.*MemoryMax t 67108864" <<<"$output"
check "set goes through systemd" quietly cg set "$test_name-a.service" memory.max=64M
same "systemd has the limit" 67108864 "$(systemctl show -P MemoryMax "$test_name-a.service")"
same "the kernel has the limit" 67108864 "$(get "$a" memory.max)"
systemctl daemon-reload
same "the limit persists over daemon-reload" 67108864 "$(get "$a" memory.max)"
check "undo goes through systemd" quietly cg undo
same "systemd has the previous value after undo" infinity "$(systemctl show -P MemoryMax "$test_name-a.service")"
same "the kernel has the previous value after undo" max "$(get "$a" memory.max)"
check "cpu.max is set" quietly cg set "$a" cpu.max=50%
same "cpu.max is CPUQuota" 500ms "$(systemctl show -P CPUQuotaPerSecUSec "$test_name-a.service")"
check "pids.max is set" quietly cg set "$a" pids.max=50
same "pids.max is TasksMax" 50 "$(systemctl show -P TasksMax "$test_name-a.service")"
if [ -z "$(mount_of devices)" ]; then
	check "devices.allow is set through systemd on v2" quietly cg set "$a" devices.allow="c 1:3 rw"
	check "devices.allow is DeviceAllow" grep -q "/dev/char/1:3 rw" <<<"$(systemctl show -P DeviceAllow "$test_name-a.service")"
fi

# --- direct: only the file ---
check "--direct writes the file" quietly cg set --direct "$a" memory.max=96M
same "the kernel has the direct value" 100663296 "$(get "$a" memory.max)"
same "systemd does not have the direct value" infinity "$(systemctl show -P MemoryMax "$test_name-a.service")"
cg undo --direct >/dev/null

# --- freeze, thaw: FreezeUnit on v2; on v1 a unit cannot be frozen ---
main=$(systemctl show -P MainPID "$test_name-a.service")
if [ -n "$v2" ]; then
	check "freeze of a unit" quietly cg freeze "$a"
	same "the kernel reports the unit as frozen" 1 "$(get "$a" frozen)"
	[ "$v2" != /sys/fs/cgroup ] ||
		same "systemd reports the unit as frozen" frozen "$(systemctl show -P FreezerState "$test_name-a.service")"
	check "thaw of a unit" quietly cg thaw "$a"
	same "the kernel reports the unit as thawed" 0 "$(get "$a" frozen)"
else
	cg freeze "$a" >"$journal/output" 2>&1
	check "freeze of a unit fails on v1" [ $? -ne 0 ]
	check "freeze of a unit on v1 reports a reason" [ -s "$journal/output" ]
	check "the unit still runs" kill -0 "$main"
fi

# --- kill: KillUnit ---
check "kill sends a signal to the unit" quietly cg kill --signal TERM "$a"
check "the process of the unit is dead" dead "$main"

# --- below a delegated unit: written directly ---
d=$(service d -p Delegate=yes sleep 1000)
units+=("$test_name-d.service")
pids=$(mount_of pids)
mkdir -p "$pids$d/own"
if [ "$(version_of "$pids")" = 2 ]; then
	# Controllers can be enabled only in groups without processes.
	mkdir -p "$pids$d/main"
	while read -r pid; do echo "$pid" >"$pids$d/main/cgroup.procs"; done <"$pids$d/cgroup.procs"
	echo +pids >"$pids$d/cgroup.subtree_control"
fi
output=$(cg set --dry-run "$d/own" pids.max=30)
check "below a delegated unit a file is written" grep -q pids.max <<<"$output"
check "below a delegated unit systemd is not called" [ "$(grep -c SetUnitProperties <<<"$output")" = 0 ]
check "set below a delegated unit" quietly cg set "$d/own" pids.max=30
same "the kernel has the limit below a delegated unit" 30 "$(cat "$pids$d/own/pids.max")"

# --- a new group below a unit: systemd removes it with the unit, unless it is delegated ---
output=$(cg create --dry-run "$d/new" 2>&1)
check "a new group below a delegated unit needs no warning" [ "$(grep -c Delegate= <<<"$output")" = 0 ]
e=$(service e sleep 1000)
units+=("$test_name-e.service")
output=$(cg create "$e/new" 2>&1)
check "a new group below another unit is created with a warning" \
	grep -q "$test_name-e.service is a systemd unit without Delegate=yes" <<<"$output"
systemctl stop "$test_name-e.service"
check "systemd removes it with the unit" [ ! -e "$pids$e/new" ]

# --- a group without unit, for which systemd answers with its root slice ---
g=$(make_group unmanaged pids)
output=$(cg set --dry-run "$g" pids.max=31)
check "a group without unit is written directly" [ "$(grep -c SetUnitProperties <<<"$output")" = 0 ]
check "set on a group without unit" quietly cg set "$g" pids.max=31
same "the kernel has the limit of a group without unit" 31 "$(file_of pids "$g" pids.max)"

# --- run: a scope with limits ---
scope=$test_name-run
"$CGWARD" run --name "$scope" memory.max=48M pids.max=40 -- sh -c "
	systemctl show -P MemoryMax -P TasksMax $scope.scope; cat /proc/self/cgroup" >"$journal/run"
same "run returns the exit status of its command" 0 $?
check "run creates a scope" grep -q "/$scope.scope\$" "$journal/run"
check "the scope has its limits" grep -q 50331648 "$journal/run"
has_no_scope() { [ "$(systemctl show -P LoadState "$scope.scope")" = not-found ]; }
check "the scope is removed when the command exits" wait_for has_no_scope

# --- a user's manager, only in a test machine because it is stopped below ---
user=$(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 { print $3; exit }')
if [ -z "${CGWARD_LAYOUT:-}" ] || [ -z "$user" ]; then
	skip "a user's manager: only in a test machine (not possible here)"
	exit 0
fi
systemctl start "user@$user.service"
as_user() {
	setpriv --reuid="$user" --regid="$user" --clear-groups env XDG_RUNTIME_DIR="/run/user/$user" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$user/bus" "$@"
}
top=$(systemctl show -P ControlGroup "user@$user.service")
if [ ! -S "/run/user/$user/systemd/private" ]; then
	not_ok "a user's manager starts"
	exit 0
fi
mkdir -p "/run/user/$user/systemd/user"
cat >"/run/user/$user/systemd/user/$test_name-u.service" <<'UNIT'
[Service]
ExecStart=/bin/sleep 1000
UNIT
chown -R "$user:$user" "/run/user/$user/systemd/user"
manager() { as_user systemctl --user "$@"; }
manager daemon-reload 2>/dev/null
if ! manager start "$test_name-u.service" 2>"$journal/output"; then
	cat "$journal/output"
	not_ok "a user's manager starts a unit"
	exit 0
fi
u=$(manager show -P ControlGroup "$test_name-u.service")
check "a user's unit is below its manager" [ "${u#"$top"/}" != "$u" ]
output=$(cg set --dry-run "$u" pids.max=32)
[ -z "$v2" ] || [ "$(mount_of pids)" != "$v2" ] ||
	check "a user's unit is changed through the user's manager" grep -q -- "--user --machine=$user@.host" <<<"$output"
if cg set "$u" pids.max=32 >"$journal/output" 2>&1; then
	same "the user's manager has the limit" 32 "$(manager show -P TasksMax "$test_name-u.service")"
	same "the kernel has the limit of a user's unit" 32 "$(get "$u" pids.max)"
else
	cat "$journal/output"
	# systemd does not delegate v1 controllers to users, so units of users have no limits there.
	if [ "$v2" = /sys/fs/cgroup ]; then not_ok "a user's unit is limited"; else
		ok "limiting a user's unit on v1 is an error"
	fi
fi
if [ "$v2" = /sys/fs/cgroup ]; then
	check "freeze of a user's unit" quietly cg freeze "$u"
	same "a user's unit is frozen" 1 "$(get "$u" frozen)"
	check "thaw of a user's unit" quietly cg thaw "$u"
fi
systemctl kill --kill-whom=main -s STOP "user@$user.service"
status "a user's manager that does not answer is an error" 1 cg set "$u" pids.max=33
check "nothing is written if the user's manager does not answer" [ "$(get "$u" pids.max)" != 33 ]
systemctl kill --kill-whom=main -s CONT "user@$user.service"
manager stop "$test_name-u.service"
