#!/usr/bin/env bash
# Names that want to be obeyed, groups that go while they are read, readers without rights, other views.
. "$(dirname "$0")/lib.sh"

group=$(make_group hostile memory pids)
mount=$(mount_of memory)
escape=$'\033]0;owned\007\033[31mred' invalid=$'bad\xff\xfe' formula='=cmd()' long=$(printf 'x%.0s' {1..255})
for name in "$escape" "$invalid" "$formula" "$long" 'a b' '"quoted"' "\$(reboot)" $'tab\there' '-o' 'ä漢字'; do
	mkdir "$mount$group/$name" || not_ok "the kernel takes the name"
done

no_control() { ! LC_ALL=C grep -qP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]'; }
for format in --tree -r -P --csv --json --ndjson --openmetrics; do
	check "$format: nothing a terminal would obey" sh -c '"$@"' - bash -c \
		'"$0" dump "$1" --below "$2" 2>&1 | { ! LC_ALL=C grep -qP "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"; }' "$CGWARD" "$format" "$group"
done
check "json with all of them is JSON, and valid UTF-8" sh -c '"$1" dump --json -o group,name --below "$2" | python3 -c "
import json, sys
d = json.loads(sys.stdin.buffer.read().decode(\"utf-8\"))
names = [g[\"name\"] for g in d[\"groups\"]]
assert len(names) == 11, names
raw = [bytes.fromhex(g[\"bytes\"][\"name\"]) for g in d[\"groups\"] if \"bytes\" in g]
assert b\"bad\xff\xfe\" in raw and any(r.startswith(b\"\x1b]0;\") for r in raw), raw
assert \"ä漢字\" in names
"' - "$CGWARD" "$group"
check "csv: a name is no formula" sh -c '"$1" dump --csv -n -o name --below "$2" | grep -q "^'"'"'=cmd"' - "$CGWARD" "$group"
check "export: a name runs nothing" sh -c '"$1" dump -P -o name --below "$2" | grep -qF "NAME=\"\\x24(reboot)\""' - "$CGWARD" "$group"
same "raw: one word a cell" 11 "$("$CGWARD" dump -r -n -o name,depth --below "$group" | awk 'NF == 2' | wc -l)"
above=$("$CGWARD" get "$group" depth)
same "a hostile name can be asked for" $((above + 1)) "$("$CGWARD" get "$group/$escape" depth)"
find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} +

# Very many levels; fewer where the machine is emulated.
levels=${CGWARD_TEST_LEVELS:-1500}
# Not by the shell's cd, which looks at the whole path each time.
python3 -c '
import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
	os.mkdir("d")
	os.chdir("d")' "$mount$group" "$levels"
same "$levels levels are all found" $((levels + 1)) "$("$CGWARD" dump -r -n -o depth --below "$group" | wc -l)"
same "the deepest knows its depth" $((above + levels)) "$("$CGWARD" dump -r -n -o depth --below "$group" | sort -n | tail -n 1)"
find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
while [ -n "$(find "$mount$group" -mindepth 1 -maxdepth 1 -type d -print -quit)" ]; do
	find "$mount$group" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || break
done

# A process far below, in every hierarchy: signalled at once, and dead within a second or so.
deep=$(make_group deep memory pids freezer)
sleep 1000 &
test_pids+=($!)
far=$!
# deep_groups DIRECTORY LEVELS PID
deep_groups() {
	python3 -c '
import os, sys
mount, levels, pid = sys.argv[1:]
os.chdir(mount)
for _ in range(int(levels)):
	os.mkdir("level")
	os.chdir("level")
open("cgroup.procs", "w").write(pid)' "$@"
}
levels=$((2 * levels))
if is_root; then
	for controller in memory pids freezer; do
		[ "$controller" = memory ] || [ "$(mount_of "$controller")" != "$(mount_of memory)" ] || continue
		deep_groups "$(mount_of "$controller")$deep" "$levels" "$far"
	done
	begin=$(date +%s%N)
	same "kill at $levels levels" "$deep: sent signal KILL" "$("$CGWARD" kill --timeout 5s "$deep" 2>&1 | sed 's/ (.*//')"
	check "kill takes less than 3 s there" test $((($(date +%s%N) - begin) / 1000000)) -lt 3000
	check "it is dead" dead "$far"
	begin=$(date +%s%N)
	check "inspect" may "$CGWARD" inspect "$deep"
	check "a glob reaches all $levels levels" sh -c '"$1" set "$2/**" pids.max=99 --journal "$3" >/dev/null' - \
		"$CGWARD" "$deep" "$(mktemp -d)"
	check "both take less than 30 s" test $((($(date +%s%N) - begin) / 1000000)) -lt 30000
	same "delete --recursive" "$deep: deleted" "$("$CGWARD" delete --recursive "$deep" 2>&1 | sed 's/ (.*//')"
	check "nothing is left" test ! -e "$(mount_of freezer)$deep"
fi

# Groups that come and go while they are read.
(for i in $(seq 400); do mkdir "$mount$group/churn$((i % 20))" && rmdir "$mount$group/churn$((i % 20))"; done) 2>/dev/null &
test_pids+=($!)
churn=ok
for _ in $(seq 15); do "$CGWARD" dump --json --below "$group" -o group,memory.current,memory.anon | python3 -m json.tool >/dev/null || churn=bad; done
same "dump while groups come and go" ok "$churn"
"$CGWARD" dump --interval 20ms --count 40 --csv --below "$group" >/dev/null
same "repeated dump while groups come and go" 0 $?
wait "${test_pids[-1]}"

# Removed groups are let go: nothing dies slowly because a descriptor is held.
before=$(awk '$1 == "memory" {print $3}' /proc/cgroups)
"$CGWARD" dump --interval 100ms --count 20 --csv -o memory.current,memory.anon >/dev/null &
watcher=$!
mkdir "$mount$group"/held{1..50}
sleep 0.5
rmdir "$mount$group"/held{1..50}
sleep 0.5
after=$(awk '$1 == "memory" {print $3}' /proc/cgroups)
check "held descriptors keep no removed group alive" test "$after" -le "$((before + 2))"
wait "$watcher"

# Without rights: all that is readable is shown, the rest is marked, status 0.
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
copy=$(mktemp -d) && test_files+=("$copy") && chmod 755 "$copy" && cp "$CGWARD" "$copy/cgward"
if may "${nobody[@]}" true; then
	check "another user reads all the same" sh -c '"$@" dump >/dev/null' - "${nobody[@]}" "$copy/cgward"
	denied=$mount$group/memory.usage_in_bytes
	if [ "$(version_of "$mount")" = 1 ]; then
		chmod 000 "$denied"
		same "what may not be read is marked" "!" \
			"$("${nobody[@]}" "$copy/cgward" dump -r -n -o memory.current --match "$group")"
		chmod 444 "$denied"
	fi
	# A user without a runtime directory has no place for the journal: said, with what to do about it.
	own=$(make_group own pids)
	chown -R 65534:65534 "$(mount_of pids)$own"
	status "no place for the journal is a matter of rights" 4 \
		"${nobody[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set "$own" pids.max=7
	check "and what to do is said" grep -q -- "XDG_RUNTIME_DIR.*--journal" \
		<<<"$("${nobody[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set "$own" pids.max=7 2>&1)"
	same "nothing was changed" max "$(file_of pids "$own" pids.max)"
	install -d -o 65534 -g 65534 "$copy/journal"
	status "with a directory of one's own it is done" 0 \
		"${nobody[@]}" env -u XDG_RUNTIME_DIR "$copy/cgward" set --journal "$copy/journal" "$own" pids.max=7
	same "and the kernel has it" 7 "$(file_of pids "$own" pids.max)"
else
	skip "another user reads: becoming one wants root (not possible here)"
fi

# Other views: a host's tree mounted elsewhere; a cgroup namespace.
top=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/) { sub(/\/[^\/]*$/, "", $5); print $5 } }' /proc/self/mountinfo | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
[ "$(version_of "$mount")" = 1 ] || top=$mount
if may unshare -C -m true; then
	same "another root by --cgroup-root" max "$(unshare -m sh -c 'mkdir -p "$3/host" && mount --rbind "$2" "$3/host" && exec "$1" --cgroup-root "$3/host" get "$4" memory.max' - \
		"$CGWARD" "$top" "$copy" "$group")"
	same "in a cgroup namespace the group is the root" / "$(sh -c 'echo $$ >"$2/cgroup.procs" && exec unshare -C -m sh -c "
		mount --make-rprivate / && mkdir -p \"\$2/ns\" && mount -t tmpfs none \"\$2/ns\" && mkdir \"\$2/ns/memory\" &&
		if [ -e \"\$3/cgroup.controllers\" ]; then mount -t cgroup2 none \"\$2/ns/memory\"; else mount -t cgroup -o memory none \"\$2/ns/memory\"; fi &&
		exec \"\$1\" --cgroup-root \"\$2/ns\" dump -r -n -o group --depth 1 | head -n 1" - "$1" "$3" "$4"' - "$CGWARD" "$mount$group" "$copy" "$mount")"
else
	skip "other views: namespaces want root (not possible here)"
fi
