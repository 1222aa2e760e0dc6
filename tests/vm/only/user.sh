#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The session of an unprivileged user: the whole machine is read, units of the user's manager are
# found by name.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
check "the whole tree is read without root" test \
	"$("$CGWARD" dump -r -n -o group | grep -c '^/system.slice/')" -gt 2
systemd-run --user --quiet --unit=cgward-fake --property=MemoryMax=64M sleep 1000
has_one() { [ "$("$CGWARD" get cgward-fake.service cgroup.procs)" = 1 ]; }
wait_for has_one
same "a unit of the user's manager is found by its name" 1 "$("$CGWARD" get cgward-fake.service cgroup.procs)"
same "the limit of a user's unit is read" $((64 << 20)) "$("$CGWARD" get --bytes cgward-fake.service memory.max)"
same "the path of a user's unit is below the user's manager" /user.slice/user-1000.slice/user@1000.service/app.slice/cgward-fake.service \
	"$("$CGWARD" dump -r -n -o group --match '/**/cgward-fake.service')"
systemctl --user stop cgward-fake.service
check "a system unit cannot be changed" sh -c '! echo 1G 2>/dev/null >"$1/system.slice/memory.max"' - "$mount"
