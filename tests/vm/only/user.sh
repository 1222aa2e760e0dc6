#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The session of an unprivileged user: the whole machine is read, units of the user's manager are
# found by name.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
check "the whole tree is read without root" test \
	"$("$CGWARD" dump -r --noheadings -o group | grep -c '^/system.slice/')" -gt 2
systemd-run --user --quiet --unit=cgward-fake --property=MemoryMax=64M sleep 1000
has_one() { [ "$("$CGWARD" get cgward-fake.service cgroup.procs)" = 1 ]; }
wait_for has_one
same "a unit of the user's manager is found by its name" 1 "$("$CGWARD" get cgward-fake.service cgroup.procs)"
same "the limit of a user's unit is read" $((64 << 20)) "$("$CGWARD" get --bytes cgward-fake.service memory.max)"
same "the path of a user's unit is below the user's manager" /user.slice/user-1000.slice/user@1000.service/app.slice/cgward-fake.service \
	"$("$CGWARD" dump -r --noheadings -o group --match '/**/cgward-fake.service')"

# --- Units of this user's manager are changed through it.
for command in "set cgward-fake.service pids.max=30" "freeze cgward-fake.service" "thaw cgward-fake.service" \
	"kill --signal USR1 cgward-fake.service" "run memory.max=64M -- true" "doctor" "top --batch --count 1" \
	"record --count 1 /tmp/$$.cgwr"; do
	# shellcheck disable=SC2086
	logged "a user may: cgward $command" "$CGWARD" $command
done
rm -f "/tmp/$$.cgwr"
systemctl --user stop cgward-fake.service

# refused NAME TEXT COMMAND...: an exit status for missing rights, and the reason.
refused() {
	local refused_name=$1 text=$2 output got
	shift 2
	output=$("$CGWARD" "$@" 2>&1)
	got=$?
	if [ "$got" = 4 ] && grep -q -- "$text" <<<"$output"; then ok "$refused_name"; else
		echo "status $got: $output"
		not_ok "$refused_name"
	fi
}
for group in /system.slice/cgward-system.service /user.slice/user-65534.slice/cgward-other.service; do
	refused "set: systemd does not allow it ($group)" "not allow it to this user; root may" set "$group" memory.max=64M
	refused "freeze: D-Bus or systemd does not allow it ($group)" "not allow it to this user; root may" freeze "$group"
	refused "set --direct: whose file it is ($group)" "belongs to user 0" set --direct "$group" memory.max=64M
	refused "kill: the signal ($group)" "user 1000 may not signal" kill "$group"
	refused "kill --dry-run: the signal ($group)" "user 1000 may not signal" kill --dry-run "$group"
	refused "create: whose group it is ($group)" "parent group belongs to user 0" create "$group/x"
done
check "doctor names the controllers of this user's manager" \
	grep -q "units of this user's service manager can be limited, with .*memory" <<<"$("$CGWARD" doctor 2>&1)"
check "a system unit cannot be changed" sh -c '! echo 1G 2>/dev/null >"$1/system.slice/memory.max"' - "$mount"
