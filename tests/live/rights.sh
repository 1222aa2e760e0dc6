#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rights.sh: changes by a user without rights are refused before anything is changed, and a dry run refuses what the
# change itself refuses; those on groups that belong to the user are made.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

if ! is_root || ! may setpriv --reuid 65534 --regid 65534 --clear-groups true; then
	skip "requires root to become another user (not possible here)"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
chown 65534:65534 "$work"
user() { setpriv --reuid 65534 --regid 65534 --clear-groups env XDG_RUNTIME_DIR="$work" "$@"; }
controllers=()
for controller in cpu memory pids freezer; do
	[ -z "$(mount_of "$controller")" ] || controllers+=("$controller")
done
group=$(make_group rights "${controllers[@]}")/mine
for controller in "${controllers[@]}"; do
	for below in leaf source other/below; do make_below "${group%/mine}" "$controller" "mine/$below"; done
done
start_in() { # GROUP COMMAND...: a process there; its PID is in $!
	local at=$1
	shift
	(
		enter "$at" "${controllers[@]}"
		exec "$@"
	) &
	test_pids+=("$!")
	wait_for is_in_group "$!" pids "$at"
}

# outcome COMMAND...: whether it was refused, and why; a change that was made is 0, one that would be 11.
outcome() {
	user "$CGWARD" "$@" >"$work/out" 2>&1
	case $? in
	0 | 11) echo "done" ;;
	*) sed 's/^cgward [a-z]*: //' "$work/out" ;;
	esac
}
# Both print the same.
agree() { # NAME DONE|TEXT COMMAND ARGUMENT...
	local name=$1 expected=$2 command=$3 dry real
	shift 3
	dry=$(outcome "$command" --dry-run "$@")
	real=$(outcome "$command" "$@")
	same "$name: the dry run and the change agree" "$real" "$dry"
	check "$name: $expected" grep -qF "$expected" <<<"$real"
}
pids_max() { cat "$(mount_of pids)$1/pids.max"; }

### Groups of root
agree "set" "permission denied: pids.max of the group belongs to user 0" set "$group" pids.max=7
agree "several controls" "permission denied" set "$group" memory.max=1G pids.max=7
same "nothing is set" max "$(pids_max "$group")"
agree "freeze" "permission denied" freeze "$group"
agree "create" "permission denied: the parent group belongs to user 0" create "$group/new"
agree "delete" "permission denied: the parent group belongs to user 0" delete "$group/leaf"
agree "delete --recursive" "permission denied" delete --recursive "$group/other"
start_in "$group/source" setpriv --reuid 65534 --regid 65534 --clear-groups sleep 1000
mover=$!
agree "move" "permission denied: moving requires write access to the group" move "$mover" "$group/leaf"
check "the groups still exist" test -d "$(mount_of pids)$group/other/below" -a -d "$(mount_of pids)$group/leaf"

### Only one of two files belongs to the user: the other is refused, so neither is written
chown 65534 "$(mount_of pids)$group/pids.max"
agree "one of two controls" "permission denied" set "$group" pids.max=7 memory.max=1G
same "the permitted one is not written" max "$(pids_max "$group")"
agree "the permitted control alone" "done" set "$group" pids.max=7
same "it is set" 7 "$(pids_max "$group")"

### A process of another user
start_in "$group/other/below" sleep 1000
theirs=$!
agree "kill" "may not signal" kill --yes "$group/other"
check "the process lives" kill -0 "$theirs"

### All belongs to the user, but for one group below
for controller in "${controllers[@]}"; do
	at=$(mount_of "$controller")$group
	chown 65534 "$at" "$at"/cgroup.procs "$at"/{leaf,source,other} "$at"/{leaf,source,other}/cgroup.procs
done
if [ "$(version_of "$(mount_of pids)")" = 1 ]; then
	agree "move a process of another user" "and a process of the same user" move "$theirs" "$group/leaf"
fi
kill -KILL "$theirs" && wait "$theirs" 2>/dev/null
chown 0 "$(mount_of pids)$group/other"
agree "delete --recursive" "permission denied: a group to delete from belongs to user 0" delete --recursive "$group/other"
check "the groups still exist" test -d "$(mount_of pids)$group/other/below"
chown 65534 "$(mount_of pids)$group/other"
agree "move" "done" move "$mover" "$group/leaf"
check "the process is moved" is_in_group "$mover" pids "$group/leaf"
for name in new other; do
	[ "$name" = other ] || agree "create" "done" create "$group/$name"
	agree "delete" "done" delete --recursive "$group/$name"
	check "it is deleted" test ! -d "$(mount_of pids)$group/$name"
done
