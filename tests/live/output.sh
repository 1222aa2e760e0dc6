#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Interfaces for scripts: formats parsed by other programs, exit statuses, one-line errors.
. "$(dirname "$0")/lib.sh"

group=$(make_group output memory pids cpu cpuacct)
match=(--match "$test_top/$test_name*")

check "json is valid JSON" sh -c '"$@" | python3 -c "
import json, sys
d = json.load(sys.stdin)
g = d[\"groups\"][0]
assert d[\"cgward\"] and d[\"time\"].endswith(\"Z\") and d[\"layout\"][\"hierarchies\"]
assert isinstance(g[\"memory.current\"], int)
assert g[\"memory.max\"] is None and g[\"reasons\"][\"memory.max\"] == \"max\", g
"' - "$CGWARD" dump --json -o group,memory.current,memory.max "${match[@]}"
check "ndjson has one object per line" sh -c '"$@" | python3 -c "
import json, sys
lines = [json.loads(l) for l in sys.stdin]
assert len(lines) == 1 and lines[0][\"group\"] == \"'"$group"'\" and lines[0][\"time\"]
"' - "$CGWARD" dump --ndjson "${match[@]}"
check "csv has a header, and rows of the same width" sh -c '"$@" | python3 -c "
import csv, sys
rows = list(csv.reader(sys.stdin))
assert len(rows) == 2 and len(rows[0]) == len(rows[1]) and rows[0][0] == \"group\", rows
"' - "$CGWARD" dump --csv "${match[@]}"
check "export can be evaluated by a shell" sh -c 'eval "$("$@")" && [ "$GROUP" = "'"$group"'" ] && [ "$MEMORY_MAX_EFFECTIVE" = max ]' - \
	"$CGWARD" dump --export "${match[@]}"
check "raw has one word per column" sh -c '"$@" | awk "NR == 1 { n = NF } NF != n { exit 1 }"' - "$CGWARD" dump --raw
check "openmetrics ends with # EOF and declares each family once" sh -c '"$@" | awk "
/^# TYPE/ { if (seen[\$3]++) exit 1 } { last = \$0 } END { exit last != \"# EOF\" }"' - "$CGWARD" dump --openmetrics
out=$(mktemp -d) && test_files+=("$out")
check "--output writes a file" "$CGWARD" dump --prometheus --output "$out/a.prom"
same "--output leaves no temporary file" a.prom "$(ls "$out")"
same "the file mode follows the umask" "$(printf %o $((0666 & ~$(umask))))" "$(stat -c %a "$out/a.prom")"
inode=$(stat -c %i "$out/a.prom")
"$CGWARD" dump --prometheus --interval 50ms --count 3 --output "$out/a.prom"
check "each sample replaces the file" test "$inode" != "$(stat -c %i "$out/a.prom")"
same "the file contains one exposition" 1 "$(grep -c '^# TYPE cgward_groups ' "$out/a.prom")"
{ sleep 0.3 && "$CGWARD" dump --list-metrics 2>"$out/errors"; } | true
same "a closed pipe ends the program without an error message" "12 0 0" "${PIPESTATUS[*]} $(wc -c <"$out/errors")"
status "--output into a directory that does not exist" 12 "$CGWARD" dump --output "$out/none/a"
mkdir "$out/small" && if mount -t tmpfs -o size=8k,nr_inodes=8 none "$out/small" 2>/dev/null; then
	echo old >"$out/small/a.prom"
	status "a full disk" 12 "$CGWARD" dump --prometheus -o all --output "$out/small/a.prom"
	same "a full disk: the old file is unchanged" "old a.prom" "$(cat "$out/small/a.prom") $(ls "$out/small")"
	umount "$out/small"
else
	skip "a full disk: cannot mount a tmpfs (not possible here)"
fi
status "rates are not valid in OpenMetrics" 2 "$CGWARD" dump --openmetrics -o cpu
same "--groups-max limits the groups and is exposed" "3 3" "$("$CGWARD" dump --prometheus -o depth --groups-max 3 |
	awk '/^cgward_groups(_max)? / { printf "%s%s", n++ ? " " : "", $2 }')"
check "--list-metrics names the source file" sh -c '"$@" | grep -q "^memory.current .*memory.usage_in_bytes"' - "$CGWARD" dump --list-metrics
check "--list-metrics --json is valid JSON" sh -c '"$@" | python3 -m json.tool >/dev/null' - "$CGWARD" dump --list-metrics --json
same "--count limits the number of samples" 3 "$("$CGWARD" dump --interval 100ms --count 3 --csv --noheadings "${match[@]}" | wc -l)"
same "the first sample has no rates" "" "$("$CGWARD" dump --interval 100ms --count 1 --csv --noheadings -o cpu "${match[@]}" | tr -d '\r' | cut -d, -f2)"
same "two samples give a rate" 0 "$("$CGWARD" dump --rates=200ms --csv --noheadings -o cpu "${match[@]}" | tr -d '\r')"
check "--tree draws lines" sh -c '"$@" | grep -q "─'"$test_name"'"' - env LC_ALL=C.UTF-8 "$CGWARD" dump --tree
check "--sort puts the largest value first" sh -c '"$@" | grep -v "^-" | sort -c -rn' - "$CGWARD" dump --noheadings -r -o memory.current --sort memory.current
same "--depth 1 excludes grandchildren" 0 "$("$CGWARD" dump --noheadings -r -o depth --depth 1 | awk '$1 > 1' | wc -l)"

# Groups with special names, read by shells and by strict readers. The kernel refuses newlines in names.
special=$(make_group special memory)
directory=$(mount_of memory)$special
marker=$out/shell/marker
mkdir "$out/shell"
for name in "\$(>marker)" '`>marker`' '\`>marker`' '";>marker;"' "';>marker;'" 'a;>marker' 'a&>marker' 'a|>marker' '\";>marker;"' \
	"\$HOME" '$$' $'\\' $'\\\\' $'a\\' '\x41' '\n' '!' '!!' '~' '#' 'a # b' '*' '?' '[a-z]' '{a,b}' $'a\tb' ' a' 'a b' -n --help -1 \
	'a=b' '=1+1' '+1' '@SUM(1)' 'a,b' 'a"b' '%s%n' $'\x01\x1b[31m' $'\x7f' $'invalid \xff\xfe UTF-8' $'\xc3' $'\xe2\x80\xae' \
	$'\xc3\xa4\xe6\xbc\xa2' 'a="1" GROUP="2"' null NaN; do
	mkdir "$directory/$name" || not_ok "the kernel accepts the name"
done
for format in json ndjson csv raw export openmetrics prometheus table; do
	option=(--"$format") columns=all
	case $format in
	openmetrics | prometheus) columns=memory.max,group ;;
	table) option=(--noheadings) columns=group ;;
	esac
	LC_ALL=C.UTF-8 "$CGWARD" dump "${option[@]}" -o "$columns" --below "$special" >"$out/$format"
	check "$format: a strict reader restores each name" \
		python3 "$(dirname "$0")/read-output.py" "$format" "$out/$format" "$special" "$directory" "$out/$format.names"
done
for shell in sh bash dash zsh; do
	if ! command -v "$shell" >/dev/null; then
		skip "$shell evaluates --export: it is not installed (not possible here)"
		continue
	fi
	# shellcheck disable=SC2016
	(cd "$out/shell" && "$shell" -c 'while IFS= read -r line; do eval "$line" || exit 1; printf "%s\n" "$GROUP"; done') \
		<"$out/export" | grep -vxF "$special" >"$out/values"
	check "$shell evaluates --export with every column" cmp "$out/values" "$out/export.names"
	check "$shell runs no part of a name" [ ! -e "$marker" ]
done
# Each name in each form in which it was printed; a table loses blanks at the end of a line.
accepted=yes
while IFS= read -r name; do
	found=$("$CGWARD" get -J "$name" group) && [ -n "$found" ] || accepted="no: $name"
done < <(cat "$out"/{json,ndjson,csv,raw,export,openmetrics,prometheus}.names | sort -u)
same "cgward get accepts each name as it is printed" yes "$accepted"
if "$CGWARD" serve --help >/dev/null 2>&1; then
	"$CGWARD" serve --listen 127.0.0.1:0 --fresh 0 --match "$special*" --match "$special/*" >"$out/where" &
	test_pids+=($!)
	wait_for test -s "$out/where"
	scrape() { # TYPE FILE
		python3 -c 'import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept": sys.argv[2]})
sys.stdout.buffer.write(urllib.request.urlopen(request, timeout=60).read())' "$(cat "$out/where")" "$1" >"$2"
	}
	scrape application/openmetrics-text "$out/scrape"
	check "a scrape of special names is valid OpenMetrics" \
		python3 "$(dirname "$0")/read-output.py" openmetrics "$out/scrape" "$special" "$directory"
	scrape text/plain "$out/scrape"
	check "a scrape of special names is valid text" \
		python3 "$(dirname "$0")/read-output.py" prometheus "$out/scrape" "$special" "$directory"
	if command -v promtool >/dev/null; then
		same "promtool accepts a scrape of special names" "" "$(promtool check metrics <"$out/scrape" 2>&1)"
	else
		skip "promtool reads a scrape: it is not installed (not possible here)"
	fi
else
	skip "a scrape of special names: cgward serve is not available (not possible here)"
fi
find "$directory" -mindepth 1 -depth -type d -exec rmdir {} +

status "unknown command" 2 "$CGWARD" dmup
status "unknown option" 2 "$CGWARD" dump --jsno
status "unknown key" 2 "$CGWARD" dump -o memory.curent
check "the nearest key is suggested" sh -c '"$1" dump -o memory.curent 2>&1 | grep -q "did you mean '\''memory.current'\''"' - "$CGWARD"
check "the nearest command is suggested" sh -c '"$1" dmup 2>&1 | grep -qF "did you mean '\''dump'\''"' - "$CGWARD"
status "invalid pattern" 2 "$CGWARD" dump --match '/a[b'
status "invalid duration" 2 "$CGWARD" dump --interval never
status "no match" 8 "$CGWARD" dump --match '/no-such-group-anywhere'
status "no such group" 8 "$CGWARD" get /no-such-group-anywhere memory.current
status "no such process" 8 "$CGWARD" get pid:4194999 memory.current
status "a value that does not exist" 1 "$CGWARD" get "$group" rdma.max.hca_handle
status "--help exits with status 0" 0 "$CGWARD" dump --help
same "--help writes to standard output" "" "$("$CGWARD" dump --help 2>&1 >/dev/null)"
same "errors are one line" 1 "$("$CGWARD" get /no-such-group-anywhere memory.current 2>&1 | wc -l)"
"$CGWARD" dump --json >/dev/full 2>/dev/null
same "a write error has its own status" 12 $?
check "a write error is reported" sh -c '"$1" dump 2>&1 >/dev/full | grep -q "No space left"' - "$CGWARD"
# Without a standard output, its number must not become that of a kernel file that is read or set.
policy=$(mktemp) && recording=$(mktemp -u) && test_files+=("$policy" "$recording")
printf '[limit a]\nmatch = %s\npids.max = 100\n' "$group" >"$policy"
"$CGWARD" record --interval 50ms --count 2 "$recording" >/dev/null 2>&1
while read -r words; do
	read -ra arguments <<<"${words//GROUP/$group}"
	"$CGWARD" "${arguments[@]}" >&- 2>/dev/null
	same "closed standard output: $words" 12 $?
	"$CGWARD" "${arguments[@]}" >/dev/full 2>/dev/null
	same "full standard output: $words" 12 $?
done <<-END
	--help
	--version
	--version --json
	--completions bash
	dump --help
	dump
	dump --json
	dump --list-metrics
	dump --interval 50ms --count 2
	dump --replay $recording
	diff --json $recording
	get GROUP cgroup.procs
	inspect GROUP
	inspect --json GROUP
	explain GROUP
	set --list-controls
	set --dry-run GROUP pids.max=55
	kill --dry-run GROUP
	create --dry-run GROUP/below
	log
	check --list-keys
	check $policy
	check --group GROUP $policy
	doctor
	doctor --json
	top --batch -n 1
END
out=$(mktemp) && test_files+=("$out")
("$CGWARD" dump --interval 50ms --count 100 2>"$out"; echo "status $?" >>"$out") | head -n 1 >/dev/null
check "a closed pipe ends a repeated dump" grep -q 'status 12' "$out"
if may unshare -m true; then
	status "no cgroup hierarchy is mounted" 6 unshare -m sh -c 'mount --make-rprivate / && umount -l /sys/fs/cgroup && exec "$1" dump' - "$CGWARD"
else
	skip "no cgroup hierarchy is mounted: requires root (not possible here)"
fi

# At a terminal, dump answers what uses how much now, within its width; files and pipes have totals.
# in_terminal WIDTH COMMAND...: prints what COMMAND writes to a terminal.
in_terminal() {
	python3 - "$@" <<-'PY'
		import fcntl, os, pty, struct, subprocess, sys, termios
		ours, theirs = pty.openpty()
		fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
		program = subprocess.Popen(sys.argv[2:], stdout=theirs)
		os.close(theirs)
		text = b""
		try:
		    while part := os.read(ours, 65536):
		        text += part
		except OSError:
		    pass
		program.wait()
		print(text.decode().replace("\r\n", "\n"), end="")
	PY
}
unset COLUMNS
busy=$(make_group "busy-$(printf '%070d' 0)" memory pids cpu cpuacct)
make_group idle memory pids cpu cpuacct >/dev/null
(enter "$busy" memory pids cpu cpuacct && while :; do :; done) &
test_pids+=($!)
wait_for is_in_group "${test_pids[-1]}" pids "$busy"
now=$(LC_ALL=C.UTF-8 in_terminal 80 "$CGWARD" dump --match "$test_top/$test_name-*")
same "at a terminal: no line is wider than it" "" "$(LC_ALL=C.UTF-8 grep -E '^.{81}' <<<"$now")"
check "at a terminal: what is busy comes first, with its rate and a shortened name" grep -qE '^/[^ ]*…0+ +[0-9.]+%' <<<"$(sed -n 2p <<<"$now")"
check "at a terminal: idle groups are left out and counted" grep -qE '^not shown: [0-9]+ of [0-9]+ groups \(idle\)' <<<"$now"
same "at a terminal: --all shows them" 1 "$(in_terminal 80 "$CGWARD" dump --all --match "$test_top/$test_name-*" | grep -c -- '-idle ')"
same "at a terminal: --wide shows the whole name" 1 "$(in_terminal 80 "$CGWARD" dump --wide --match "$test_top/$test_name-*" | grep -c "^$busy ")"
same "to a pipe: totals by path, with whole names" "GROUP CPU TIME $busy" "$("$CGWARD" dump --match "$test_top/$test_name-*" | awk 'NR == 1 { printf "%s %s %s ", $1, $2, $3 } /-busy-/ { print $1 }')"
same "at a terminal: chosen columns are printed as they are" "$("$CGWARD" dump -o group,pids.max --match "$busy")" "$(in_terminal 200 "$CGWARD" dump -o group,pids.max --match "$busy")"
same "doctor fits the terminal" "" "$(in_terminal 60 "$CGWARD" doctor | awk 'length > 60 && NF > 1')"
tables=$(mktemp -d) && test_files+=("$tables")
"$CGWARD" record --interval 100ms --count 4 --match "$test_top/$test_name-*" "$tables/recording" >/dev/null 2>&1
# fits COMMAND...: prints a table with no row that is wider than the terminal, but for single words such as paths; and the
# same with --wide.
fits() {
	LC_ALL=C.UTF-8 in_terminal 80 "$CGWARD" "$@" >"$tables/text" 2>&1
	check "at a terminal: cgward $1 prints a table" test "$(wc -l <"$tables/text")" -gt 1
	same "at a terminal: no row of cgward $1 is wider than it" "" "$(LC_ALL=C.UTF-8 grep -E '^.{81}' "$tables/text" | awk 'NF > 1')"
	check "at a terminal: cgward $1 has --wide" may in_terminal 80 "$CGWARD" "$@" --wide
}
"$CGWARD" set --direct --journal "$tables/journal" "$busy" pids.max=7777 >/dev/null
fits log -n 20 --journal "$tables/journal"
fits diff "$tables/recording"
fits dump --list-metrics
fits set --list-controls
fits top --batch --count 1 --filter "$test_top/$test_name-*"
fits doctor
same "in a pipe: the whole key, unit, kind, files and help" "KEY UNIT KIND V2 V1 HELP" "$("$CGWARD" dump --list-metrics | awk 'NR == 1 { print $1, $2, $3, $4, $5, $6 }')"

# --- A kernel that is newer than cgward: its keys are columns, sort keys and completions. ---
machine=$(dirname "$0")/../fixtures/v2-debian-12
if [ -d "$machine" ]; then
	newer=$(mktemp -d) && test_files+=("$newer")
	cp -r "$machine/." "$newer"
	roots=(--cgroup-root "$newer/cgroup" --proc-root "$newer/proc" --sys-root "$newer/sys")
	echo "pgnew 77" >>"$newer/cgroup/system.slice/memory.stat"
	same "a key that cgward does not know is a column" 77 "$("$CGWARD" get "${roots[@]}" /system.slice memory.stat:pgnew)"
	same "... and a sort key; other groups do not have it" "/system.slice 77
/ -" "$("$CGWARD" dump "${roots[@]}" --noheadings -r -o group,memory.stat:pgnew --sort memory.stat:pgnew --depth 1 | head -n 2)"
	same "... in JSON under its own name" '"memory.stat:pgnew":77' "$("$CGWARD" dump "${roots[@]}" --ndjson -o memory.stat:pgnew --match /system.slice | grep -o '"memory.stat:pgnew":77')"
	same "... in filters" "/system.slice " "$("$CGWARD" top "${roots[@]}" --batch --count 1 --flat --filter 'memory.stat:pgnew > 70' | grep -o '/system.slice ')"
	same "... and is completed" "memory.stat:pgnew" "$("$CGWARD" --complete dump "${roots[@]}" -o memory.stat:pg | cut -f 1 | grep -F memory.stat:)"
	printf '%s\n' '8:0 rbytes=1 ionew=5' '8:16 ionew=6' >"$newer/cgroup/system.slice/io.stat"
	same "... of each device as well" 11 "$("$CGWARD" get "${roots[@]}" /system.slice io.stat:ionew)"
	same "... by device" "5 6" "$("$CGWARD" dump "${roots[@]}" --json -o io.stat.other --match /system.slice |
		python3 -c 'import json, sys; print(*json.load(sys.stdin)["groups"][0]["instances"]["io.stat.other"].values())')"
	same "... and is completed" "io.stat:ionew" "$("$CGWARD" --complete dump "${roots[@]}" -o io.stat:io | cut -f 1 | grep -F io.stat:)"
	same "a key that cgward knows is the metric that reads it" "memory.anon" "$("$CGWARD" dump "${roots[@]}" -r -o memory.stat:anon | head -n 1)"
	check "a mistyped file is corrected" grep -q "did you mean 'memory.stat:anon'" <<<"$("$CGWARD" get "${roots[@]}" / memory.stt:anon 2>&1)"
	printf '[rule new]\nmatch = /system.slice\nwhen = memory.stat:pgnew > 3/s\nfor = 5s\nstep = notify\n' >"$newer/policy"
	check "... and a key of rules" "$CGWARD" check "$newer/policy"
else
	skip "keys of newer kernels: the recorded machines are not available (not possible here)"
fi
