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
same "--count limits the number of samples" 3 "$("$CGWARD" dump --interval 100ms --count 3 --csv -n "${match[@]}" | wc -l)"
same "the first sample has no rates" "" "$("$CGWARD" dump --interval 100ms --count 1 --csv -n -o cpu "${match[@]}" | tr -d '\r' | cut -d, -f2)"
same "two samples give a rate" 0 "$("$CGWARD" dump --rates=200ms --csv -n -o cpu "${match[@]}" | tr -d '\r')"
check "--tree draws lines" sh -c '"$@" | grep -q "─'"$test_name"'"' - env LC_ALL=C.UTF-8 "$CGWARD" dump --tree
check "--sort puts the largest value first" sh -c '"$@" | grep -v "^-" | sort -c -rn' - "$CGWARD" dump -n -r -o memory.current --sort memory.current
same "--depth 1 excludes grandchildren" 0 "$("$CGWARD" dump -n -r -o depth --depth 1 | awk '$1 > 1' | wc -l)"

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
	table) option=(-n) columns=group ;;
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
