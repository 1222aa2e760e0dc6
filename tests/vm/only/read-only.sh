#!/usr/bin/env bash
# In a container whose cgroupfs is mounted read-only, as engines do: all is read, nothing is changed.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

mount=$(mount_of memory)
same "our own group is the top" / "$("$CGWARD" dump -r -n -o group --match /)"
check "the top has its own figures" test "$("$CGWARD" get --bytes / memory.current)" -gt 0
sleep 60 &
test_pids+=("$!")
sleep 60 &
test_pids+=("$!")
# Whoever asks is there as well, and so is a shell that waits for it, or not.
mapfile -t processes <"$mount/cgroup.procs"
counted=$("$CGWARD" dump -r -n -o cgroup.procs --match /)
check "the container's processes are counted" test "$counted" -gt ${#processes[@]} -a "$counted" -le $((${#processes[@]} + 2))
same "its limit is the file's" "$(cat "$mount/memory.max")" "$("$CGWARD" get / memory.max)"
same "layout is v2" v2 "$("$CGWARD" dump --json -o group | python3 -c 'import json, sys; print(json.load(sys.stdin)["layout"]["kind"])')"
check "nothing can be made here" sh -c '! mkdir "$1/x" 2>/dev/null' - "$mount"
