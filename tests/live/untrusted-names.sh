#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Untrusted group names, groups removed while being read, unprivileged readers, other mounts and
# namespaces.
. "$(dirname "$0")/lib.sh"

group=$(make_group untrusted memory pids)
mount=$(mount_of memory)
escape=$'\033]0;owned\007\033[31mred' invalid=$'bad\xff\xfe' formula='=cmd()' long=$(printf 'x%.0s' {1..255})
for name in "$escape" "$invalid" "$formula" "$long" 'a b' '"quoted"' "\$(reboot)" $'tab\there' '-o' 'ä漢字'; do
	mkdir "$mount$group/$name" || not_ok "the kernel accepts the name"
done

no_control() { ! LC_ALL=C grep -qP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]'; }
for format in --tree -r -P --csv --json --ndjson --openmetrics; do
	check "$format: no control characters in the output" sh -c '"$@"' - bash -c \
		'"$0" dump "$1" --below "$2" 2>&1 | { ! LC_ALL=C grep -qP "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"; }' "$CGWARD" "$format" "$group"
done
check "json: untrusted names give valid JSON and UTF-8" sh -c '"$1" dump --json -o group,name --below "$2" | python3 -c "
import json, sys
d = json.loads(sys.stdin.buffer.read().decode(\"utf-8\"))
names = [g[\"name\"] for g in d[\"groups\"]]
assert len(names) == 11, names
raw = [bytes.fromhex(g[\"bytes\"][\"name\"]) for g in d[\"groups\"] if \"bytes\" in g]
assert b\"bad\xff\xfe\" in raw and any(r.startswith(b\"\x1b]0;\") for r in raw), raw
assert \"ä漢字\" in names
"' - "$CGWARD" "$group"
check "csv: a name is not interpreted as a formula" sh -c '"$1" dump --csv -n -o name --below "$2" | grep -q "^'"'"'=cmd"' - "$CGWARD" "$group"
check "export: a name is not run by the shell" sh -c '"$1" dump -P -o name --below "$2" | grep -qF "NAME=\"\\x24(reboot)\""' - "$CGWARD" "$group"
same "raw: each cell is one word" 11 "$("$CGWARD" dump -r -n -o name,depth --below "$group" | awk 'NF == 2' | wc -l)"
depth=$("$CGWARD" get "$group" depth)
same "a group with an untrusted name can be selected" $((depth + 1)) "$("$CGWARD" get "$group/$escape" depth)"
find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} +

# Deep nesting; fewer levels on emulated machines.
levels=${CGWARD_TEST_LEVELS:-1500}
# The shell's cd would resolve the whole path each time.
python3 -c '
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
	os.mkdir("d")
	os.chdir("d")' "$mount$group" "$levels"
same "all of $levels levels are found" $((levels + 1)) "$("$CGWARD" dump -r -n -o depth --below "$group" | wc -l)"
same "the deepest group has the right depth" $((depth + levels)) "$("$CGWARD" dump -r -n -o depth --below "$group" | sort -n | tail -n 1)"
find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
while [ -n "$(find "$mount$group" -mindepth 1 -maxdepth 1 -type d -print -quit)" ]; do
	find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || break
done

# Groups created and removed while being read.
(for i in $(seq 400); do mkdir "$mount$group/churn$((i % 20))" && rmdir "$mount$group/churn$((i % 20))"; done) 2>/dev/null &
test_pids+=($!)
churn=ok
for _ in $(seq 15); do "$CGWARD" dump --json --below "$group" -o group,memory.current,memory.anon | python3 -m json.tool >/dev/null || churn=bad; done
same "dump succeeds while groups come and go" ok "$churn"
"$CGWARD" dump --interval 20ms --count 40 --csv --below "$group" >/dev/null
same "repeated dump succeeds while groups come and go" 0 $?
wait "${test_pids[-1]}"

# Descriptors of removed groups are closed.
"$CGWARD" dump --collector files --interval 100ms --csv -o memory.current,memory.anon --below "$group" >/dev/null &
watcher=$!
test_pids+=("$watcher")
mkdir "$mount$group"/removed{1..50}
has_opened() { find "/proc/$watcher/fd" -lname "*$group/removed*" | grep -q .; }
check "descriptors of groups are kept open" wait_for has_opened
rmdir "$mount$group"/removed{1..50}
check "descriptors of removed groups are closed" wait_for is_not has_opened
kill "$watcher"
wait "$watcher" 2>/dev/null

# Unprivileged: readable values are printed, others are marked, the exit status is 0.
unprivileged=(setpriv --reuid=65534 --regid=65534 --clear-groups)
copy=$(mktemp -d) && test_files+=("$copy") && chmod 755 "$copy" && cp "$CGWARD" "$copy/cgward"
if may "${unprivileged[@]}" true; then
	check "an unprivileged user can run dump" sh -c '"$@" dump >/dev/null' - "${unprivileged[@]}" "$copy/cgward"
	denied=$mount$group/memory.usage_in_bytes
	if [ "$(version_of "$mount")" = 1 ]; then
		chmod 000 "$denied"
		same "unreadable values are marked" "!" \
			"$("${unprivileged[@]}" "$copy/cgward" dump -r -n -o memory.current --match "$group")"
		chmod 444 "$denied"
	fi
	# Without a runtime directory there is no place for the user's journal: the error must name
	# the remedy.
	own=$(make_group own pids)
	chown -R 65534:65534 "$(mount_of pids)$own"
	status "without a directory for the journal, a change fails with the permission status" 4 \
		"${unprivileged[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set "$own" pids.max=7
	check "the error names the remedy" grep -q -- "XDG_RUNTIME_DIR.*--journal" \
		<<<"$("${unprivileged[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set "$own" pids.max=7 2>&1)"
	same "the limit is not changed" max "$(file_of pids "$own" pids.max)"
	install -d -o 65534 -g 65534 "$copy/journal"
	status "with a writable journal directory the change succeeds" 0 \
		"${unprivileged[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set --journal "$copy/journal" "$own" pids.max=7
	same "the kernel has the new limit" 7 "$(file_of pids "$own" pids.max)"
else
	skip "unprivileged user: requires root (not possible here)"
fi

# The host's hierarchies mounted at another path; a cgroup namespace.
top=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) { sub(/\/[^\/]*$/, "", $5); print $5 } }' /proc/self/mountinfo | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
[ "$(version_of "$mount")" = 1 ] || top=$mount
if may unshare -C -m true; then
	same "--cgroup-root selects another mount point" max "$(unshare -m sh -c 'mkdir -p "$3/host" && mount --rbind "$2" "$3/host" && exec "$1" --cgroup-root "$3/host" get "$4" memory.max' - \
		"$CGWARD" "$top" "$copy" "$group")"
	same "the root of a cgroup namespace is shown as /" / "$(sh -c 'echo $$ >"$2/cgroup.procs" && exec unshare -C -m sh -c "
		mount --make-rprivate / && mkdir -p \"\$2/ns\" && mount -t tmpfs none \"\$2/ns\" && mkdir \"\$2/ns/memory\" &&
		if [ -e \"\$3/cgroup.controllers\" ]; then mount -t cgroup2 none \"\$2/ns/memory\"; else mount -t cgroup -o memory none \"\$2/ns/memory\"; fi &&
		exec \"\$1\" --cgroup-root \"\$2/ns\" dump -r -n -o group --depth 1 | head -n 1" - "$1" "$3" "$4"' - "$CGWARD" "$mount$group" "$copy" "$mount")"
else
	skip "other mounts and namespaces: requires root (not possible here)"
fi
