#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In a container whose cgroupfs is mounted read-only, as engines do: everything can be read, nothing
# changed.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
same "the container's group is the root" / "$("$CGWARD" dump -r -n -o group --match /)"
check "the root has values" test "$("$CGWARD" get --bytes / memory.current)" -gt 0
sleep 600 &
test_pids+=("$!")
sleep 600 &
test_pids+=("$!")
# cgward itself is counted as well, and possibly a shell that waits for it.
mapfile -t processes <"$mount/cgroup.procs"
counted=$("$CGWARD" dump -r -n -o cgroup.procs --match /)
check "the container's processes are counted" test "$counted" -gt ${#processes[@]} -a "$counted" -le $((${#processes[@]} + 2))
same "memory.max equals the file" "$(cat "$mount/memory.max")" "$("$CGWARD" get / memory.max)"
same "the layout is v2" v2 "$("$CGWARD" dump --json -o group | python3 -c 'import json, sys; print(json.load(sys.stdin)["layout"]["kind"])')"
check "groups cannot be created" sh -c '! mkdir "$1/x" 2>/dev/null' - "$mount"
