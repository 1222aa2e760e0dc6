#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Finds groups by printed names, and the groups of processes in other namespaces and beside
# similar names.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC1003,SC2016
names=('a\x2db' $'c\033[31md' 'e f' 'g\x1bh' 'i\' '"q"' '[x]' "k'l" 'ä' $'\xff\xfe' '$HOME' '`id`' 'o\$p' '\x5cx' '..x'
	'x (deleted)' '*' 'y\xc3\xa4.scope' 'a=b' 'pid:1')
group=$(make_group names pids)
mount=$(mount_of pids)
work=$(mktemp -d) && test_files+=("$work")
[ "$(version_of "$mount")" = 1 ] || echo +pids >"$mount$group/cgroup.subtree_control"
for name in "${names[@]}"; do mkdir "$mount$group/$name"; done

# is_group WHAT NAME: does it name that group?
is_group() {
	[ "$("$CGWARD" get -J "$1" group | python3 -c '
import json, sys
g = json.load(sys.stdin)
sys.stdout.buffer.write(bytes.fromhex(g["bytes"]["group"]) if "bytes" in g else g["group"].encode())')" = "$group/$2" ]
}
# The inode identifies the group of a line.
declare -A names_by_id
for name in "${names[@]}"; do names_by_id[$(stat -c %i "$mount$group/$name")]=$name; done
# all_are_found FORMAT: the lines of that dump.
all_are_found() {
	local shown line id bad='' count=0
	"$CGWARD" dump --noheadings "$1" -o id,group --match "$group/*" >"$work/dump"
	# shellcheck disable=SC2153
	case $1 in
	--csv) python3 -c 'import csv, sys; [print(*r, sep="\t") for r in csv.reader(sys.stdin)]' <"$work/dump" >"$work/lines" ;;
	-P) while read -r line; do eval "$line" && printf '%s\t%s\n' "$ID" "$GROUP"; done <"$work/dump" >"$work/lines" ;;
	*) sed -E 's/^ *([0-9]+) /\1\t/' "$work/dump" >"$work/lines" ;;
	esac
	while IFS=$'\t' read -r id shown; do
		count=$((count + 1))
		is_group "$shown" "${names_by_id[$id]}" || bad+=" $shown"
	done <"$work/lines"
	[ -z "$bad" ] || echo "not the same:$bad"
	[ -z "$bad" ] && [ "$count" = ${#names[@]} ]
}
for format in --bytes --raw --csv -P; do check "dump $format: each printed name is the group" all_are_found "$format"; done

bad=''
for name in "${names[@]}"; do
	is_group "$group/$name" "$name" || bad+=" raw:$name"
	shown=$("$CGWARD" set --journal "$work/journal" "$group/$name" pids.max=0 | sed 's/: pids.max .*//')
	is_group "$shown" "$name" || bad+=" set:$shown"
	is_group "$("$CGWARD" inspect --limits "$group/$name" | head -n 1)" "$name" || bad+=" inspect:$name"
	is_group "$("$CGWARD" explain --rates 1ms "$group/$name" | head -n 1)" "$name" || bad+=" explain:$name"
done
same "set, inspect and explain print the name of the group" "" "$bad"
"$CGWARD" export "$group/*" >"$work/policy"
status "export: the policy is valid" 0 "$CGWARD" check "$work/policy"
same "export: all but the patterns" $((${#names[@]} - 3)) "$(grep -c '^match' "$work/policy")"
check "a label of Prometheus is the kernel's path" grep -qF 'group="'"$group"'/a\\x2db"' \
	<<<"$("$CGWARD" dump --openmetrics -o pids.max --match "$group/*")"

# A remedy for the use that is there, and can be pasted.
(enter "$group/a\\x2db" pids && exec sleep 1000) &
test_pids+=($!)
wait_for grep -q . "$mount$group/a\\x2db/cgroup.procs"
remedy=$("$CGWARD" explain "$group/a\\x2db" | sed -n 's/ *remedy: *//p' | head -n 1)
same "a remedy is computed from the use" "cgward set '$group/a\\x2db' 'pids.max=2'" "$remedy"
follow_options=(--journal "$work/journal")
follow "cgward %s " "$remedy"
same "and the kernel has it" 2 "$(file_of pids "$group/a\\x2db" pids.max)"
kill "${test_pids[-1]}"

# A name like the kernel's mark.
mkdir "$mount$group/x"
(enter "$group/x (deleted)" pids && exec sleep 1000) &
deleted=$!
test_pids+=("$deleted")
wait_for grep -q . "$mount$group/x (deleted)/cgroup.procs"
"$CGWARD" set --journal "$work/journal" "pid:$deleted" pids.max=33 >/dev/null
same "a process in 'x (deleted)' is not in 'x'" "33 max" \
	"$(cat "$mount$group/x (deleted)/pids.max") $(cat "$mount$group/x/pids.max")"

# Each control in its own hierarchy.
if [ "$(version_of "$mount")" = 1 ] && [ -n "$(mount_of memory)" ]; then
	other=$(make_group other memory)
	echo "$deleted" >"$(mount_of memory)$other/cgroup.procs"
	"$CGWARD" set --journal "$work/journal" "pid:$deleted" pids.max=34 memory.max=1G >/dev/null
	same "pid:N is the group in the hierarchy of the control" "34 1073741824" \
		"$(cat "$mount$group/x (deleted)/pids.max") $(file_of memory "$other" memory.limit_in_bytes)"
	same "also where it is read" "34 1.0G" "$("$CGWARD" get "pid:$deleted" pids.max memory.max | xargs)"
else
	skip "pid:N in the hierarchy of the control: one hierarchy here (not possible here)"
fi

# The host's tree beside a cgroup namespace: as it is, from the parent of its root, and a sibling's.
if may unshare -C -m true; then
	mkdir -p "$mount$group/space/x" "$mount$group/sibling" "$mount$group/x/x"
	for place in space/x sibling; do
		(enter "$group/$place" pids && exec sleep 1000) &
		test_pids+=($!)
		wait_for grep -q . "$mount$group/$place/cgroup.procs"
	done
	views=$(sh -c 'echo $$ >"$1/space/cgroup.procs" && exec unshare -C -m sh -c "
		mount --make-rprivate / && mount -t tmpfs none \"\$2\" && mkdir \"\$2/host\" \"\$2/parent\" \"\$2/sibling\" &&
		mount --bind \"\$3\" \"\$2/host\" && mount --bind \"\$1\" \"\$2/parent\" && mount --bind \"\$1/sibling\" \"\$2/sibling\"
		for view in host parent sibling; do
			for pid in \$4 \$5; do \"\$0\" --cgroup-root \"\$2/\$view\" get pid:\$pid group || echo none; done
		done
		\"\$0\" --cgroup-root \"\$2/parent\" freeze --dry-run /space >/dev/null || echo refused
		\"\$0\" --cgroup-root \"\$2/parent\" set --journal \"\$6\" pid:\$4 pids.max=35 >/dev/null
	" "$0" "$@"' "$CGWARD" "$mount$group" "$work" "$mount" "${test_pids[-2]}" "${test_pids[-1]}" "$(mktemp -d)" 2>/dev/null | xargs)
	same "processes in a cgroup namespace, in each view" \
		"$group/space/x $group/sibling /space/x /sibling none / refused" "$views"
	same "and that group was changed" "35 max" "$(cat "$mount$group/space/x/pids.max") $(cat "$mount$group/x/x/pids.max")"
else
	skip "cgroup namespaces require root (not possible here)"
fi

# Without descriptors nothing is known of a group, whichever file is the first that cannot be opened.
missing=''
for limit in $(seq 5 40); do
	(ulimit -n "$limit" && "$CGWARD" get "$group" pids.max) >/dev/null 2>&1
	[ $? -ne 8 ] || missing+=" $limit"
done
same "no descriptors left: no missing group" "" "$missing"

# A container is found, and completed, by the name that its engine keeps in a file.
group=$(make_group engine pids)
id=$(printf 'c0ffee%058d' 1)
mkdir "$mount$group/docker-$id.scope"
if may unshare -m true && is_root; then
	mkdir "$work/containers" "$work/containers/$id"
	echo '{"Name":"/web-of-test","Config":{"Image":"test"}}' >"$work/containers/$id/config.v2.json"
	with_engine() {
		unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /var/lib && mkdir /var/lib/docker &&
			cp -r "$1" /var/lib/docker/ && shift && exec "$@"' - "$work/containers" "$CGWARD" "$@"
	}
	same "a container is found by its name" "$group/docker-$id.scope" "$(with_engine get web-of-test group)"
	same "... and completed by it" web-of-test "$(with_engine --complete get web-of | cut -f 1 | grep web-of)"
else
	skip "names of containers: unshare cannot hide those of the engine here"
fi
