#!/usr/bin/env bash
# systemd.sh: what systemd manages is changed through it and stays through its reload; what it does not
# manage is written; a user's manager is asked for its own.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -d /run/systemd/system ]; then
	skip "limits through systemd: it is not the service manager here (not possible here)"
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	skip "limits through systemd: only root may have units made for it (not possible here)"
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
	test_cleanup
}
trap stop_units EXIT

# service NAME OPTION... -- COMMAND...: a transient unit; prints its group.
service() {
	local unit=$test_name-$1.service
	shift
	systemd-run --quiet --unit="$unit" "$@" >&2 || echo "systemd-run failed" >&2
	systemctl show -P ControlGroup "$unit"
}

a=$(service a sleep 1000)
units+=("$test_name-a.service")
same "a unit has its group" "/system.slice/$test_name-a.service" "$a"

# --- set: the property, the kernel's file, a reload, undo ---
said=$(cg set --dry-run "$test_name-a.service" memory.max=64M)
same "a dry run would change" 11 $?
check "a dry run says the call" grep -q "SetUnitProperties.*$test_name-a.service.*MemoryMax t 67108864" <<<"$said"
check "set goes through systemd" quietly cg set "$test_name-a.service" memory.max=64M
same "systemd knows it" 67108864 "$(systemctl show -P MemoryMax "$test_name-a.service")"
same "the kernel has it" 67108864 "$(get "$a" memory.max)"
systemctl daemon-reload
same "it stays through a reload" 67108864 "$(get "$a" memory.max)"
check "undo goes through systemd" quietly cg undo
same "systemd knows that too" infinity "$(systemctl show -P MemoryMax "$test_name-a.service")"
same "the kernel has it too" max "$(get "$a" memory.max)"
check "cpu.max is a quota" quietly cg set "$a" cpu.max=50%
same "in systemd's words" 500ms "$(systemctl show -P CPUQuotaPerSecUSec "$test_name-a.service")"
check "pids.max is TasksMax" quietly cg set "$a" pids.max=50
same "as systemd says" 50 "$(systemctl show -P TasksMax "$test_name-a.service")"
if [ -z "$(mount_of devices)" ]; then
	check "devices are systemd's on v2" quietly cg set "$a" devices.allow="c 1:3 rw"
	check "and it lists the device" grep -q "/dev/char/1:3 rw" <<<"$(systemctl show -P DeviceAllow "$test_name-a.service")"
fi

# --- direct: the file, behind systemd's back ---
check "--direct writes the file" quietly cg set --direct "$a" memory.max=96M
same "the kernel has that" 100663296 "$(get "$a" memory.max)"
same "systemd does not know" infinity "$(systemctl show -P MemoryMax "$test_name-a.service")"
cg undo --direct >/dev/null

# --- freeze, thaw: FreezeUnit on v2; what no hierarchy can freeze is said ---
main=$(systemctl show -P MainPID "$test_name-a.service")
if [ -n "$v2" ]; then
	check "freeze" quietly cg freeze "$a"
	same "the kernel says frozen" 1 "$(get "$a" frozen)"
	[ "$v2" != /sys/fs/cgroup ] ||
		same "systemd says frozen" frozen "$(systemctl show -P FreezerState "$test_name-a.service")"
	check "thaw" quietly cg thaw "$a"
	same "the kernel says thawed" 0 "$(get "$a" frozen)"
else
	cg freeze "$a" >"$journal/said" 2>&1
	check "a unit that v1 cannot freeze is said to be so" [ $? -ne 0 ]
	check "with a reason" [ -s "$journal/said" ]
	check "and it runs" kill -0 "$main"
fi

# --- kill: KillUnit ---
check "kill sends a signal to the unit" quietly cg kill --signal TERM "$a"
check "its process is gone" dead "$main"

# --- below a unit that delegates: written directly ---
d=$(service d -p Delegate=yes sleep 1000)
units+=("$test_name-d.service")
pids=$(mount_of pids)
mkdir -p "$pids$d/own"
if [ "$(version_of "$pids")" = 2 ]; then
	# Controllers go to groups without processes only.
	mkdir -p "$pids$d/main"
	while read -r pid; do echo "$pid" >"$pids$d/main/cgroup.procs"; done <"$pids$d/cgroup.procs"
	echo +pids >"$pids$d/cgroup.subtree_control"
fi
said=$(cg set --dry-run "$d/own" pids.max=30)
check "below a unit that delegates files are written" grep -q pids.max <<<"$said"
check "and no call is made" [ "$(grep -c SetUnitProperties <<<"$said")" = 0 ]
check "set below a unit that delegates" quietly cg set "$d/own" pids.max=30
same "the kernel has it there" 30 "$(cat "$pids$d/own/pids.max")"

# --- nobody's group, for which systemd answers with its root slice ---
g=$(make_group stranger pids)
said=$(cg set --dry-run "$g" pids.max=31)
check "nobody's group is written directly" [ "$(grep -c SetUnitProperties <<<"$said")" = 0 ]
check "set nobody's group" quietly cg set "$g" pids.max=31
same "the kernel has that, too" 31 "$(file_of pids "$g" pids.max)"

# --- run: a scope with its limits ---
scope=$test_name-run
"$CGWARD" run --name "$scope" memory.max=48M pids.max=40 -- sh -c "
	systemctl show -P MemoryMax -P TasksMax $scope.scope; cat /proc/self/cgroup" >"$journal/run"
same "run ends as its command" 0 $?
check "run makes a scope" grep -q "/$scope.scope\$" "$journal/run"
check "with its limits" grep -q 50331648 "$journal/run"
for _ in $(seq 50); do
	[ "$(systemctl show -P LoadState "$scope.scope")" != not-found ] || break
	sleep 0.1
done
same "the scope goes with the command" not-found "$(systemctl show -P LoadState "$scope.scope")"

# --- a user's manager: one that nobody minds to see stopped for a moment ---
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
	not_ok "a user's manager comes up"
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
if ! manager start "$test_name-u.service" 2>"$journal/said"; then
	cat "$journal/said"
	not_ok "a user's manager starts a unit"
	exit 0
fi
u=$(manager show -P ControlGroup "$test_name-u.service")
check "a user's unit is below its manager" [ "${u#"$top"/}" != "$u" ]
said=$(cg set --dry-run "$u" pids.max=32)
[ -z "$v2" ] || [ "$(mount_of pids)" != "$v2" ] ||
	check "a user's unit is its manager's" grep -q -- "--user --machine=$user@.host" <<<"$said"
if cg set "$u" pids.max=32 >"$journal/said" 2>&1; then
	same "the user's manager knows it" 32 "$(manager show -P TasksMax "$test_name-u.service")"
	same "the kernel has the user's" 32 "$(get "$u" pids.max)"
else
	cat "$journal/said"
	# v1 delegates no controllers to users: there is no group of theirs to be limited.
	if [ "$v2" = /sys/fs/cgroup ]; then not_ok "a user's unit is limited"; else
		ok "what a user's manager cannot limit on v1 is said"
	fi
fi
if [ "$v2" = /sys/fs/cgroup ]; then
	check "freeze a user's unit" quietly cg freeze "$u"
	same "it is frozen" 1 "$(get "$u" frozen)"
	check "thaw a user's unit" quietly cg thaw "$u"
fi
systemctl kill --kill-whom=main -s STOP "user@$user.service"
status "a user's manager that does not answer is an error" 1 cg set "$u" pids.max=33
check "and nothing is written behind it" [ "$(get "$u" pids.max)" != 33 ]
systemctl kill --kill-whom=main -s CONT "user@$user.service"
manager stop "$test_name-u.service"
