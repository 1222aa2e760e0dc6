#!/usr/bin/env bash
# Debian's Prometheus scrapes a running cgward: its answers equal the kernel's files, the alerts fire where
# they should, and every query of the dashboard works.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)

if ! "$CGWARD" serve --help >/dev/null 2>&1; then
	skip "prometheus: this cgward is built without libmicrohttpd (not possible here)"
	exit 0
fi
if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
	skip "prometheus: it is not installed (not possible here)"
	exit 0
fi

work=$(mktemp -d) && test_files+=("$work")
check "promtool takes every family" sh -c '"$1" dump --prometheus -o all | promtool check metrics 2>&1 | (! grep .)' - "$CGWARD"
cp "$top"/packaging/prometheus/*.yml "$work" && mkdir "$work/rules" && cp "$work"/alerts*.yml "$work/rules"
check "promtool takes the alerts" promtool check rules "$work/alerts.yml"
check "each alert fires where it should" promtool test rules "$work/alerts-test.yml"
same "each alert is tested" "" "$(sed -n 's/^ *- alert: //p' "$work/alerts.yml" | while read -r alert; do
	grep -A1 "alertname: $alert\$" "$work/alerts-test.yml" | grep -q exp_alerts || echo "$alert"
done)"

group=$(make_group prometheus memory pids cpu cpuacct)
limit() { # CONTROLLER FILE-V1 FILE-V2 VALUE
	local mount
	mount=$(mount_of "$1")
	if [ "$(version_of "$mount")" = 1 ]; then echo "$4" >"$mount$group/$2"; else echo "$4" >"$mount$group/$3"; fi
}
limit memory memory.limit_in_bytes memory.max 268435456
limit pids pids.max pids.max 50
(enter "$group" memory pids cpu cpuacct && python3 -c '
import time
held = b"x" * 20000000
sum(range(2000000))
time.sleep(1000)') &
test_pids+=($!)

# port: one that is free now.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
"$CGWARD" serve --listen 127.0.0.1:0 --fresh 0 --match "$test_top/$test_name*" --match / >"$work/where" &
test_pids+=($!)
for _ in $(seq 200); do
	[ ! -s "$work/where" ] || break
	sleep 0.1
done
target=$(sed -E 's|^http://(.*)/metrics$|\1|' "$work/where")
check "the endpoint says where it is" test -n "$target"

cat >"$work/prometheus.yml" <<EOF
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$work/rules/alerts.yml]
scrape_configs:
  - {job_name: cgward, static_configs: [{targets: ["$target"]}]}
EOF
check "promtool takes the scrape configuration" promtool check config --lint=none "$work/prometheus.yml"
server=127.0.0.1:$(port)
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="$server" \
	--log.level=error >"$work/log" 2>&1 &
test_pids+=($!)

# query EXPRESSION: one "VALUE" a result.
query() {
	python3 - "$server" "$1" <<'EOF'
import json, sys, urllib.parse, urllib.request
url = "http://%s/api/v1/query?query=%s" % (sys.argv[1], urllib.parse.quote(sys.argv[2]))
try:
    answer = json.load(urllib.request.urlopen(url, timeout=20))
except OSError as error:
    sys.exit(str(error))
for result in answer["data"]["result"]:
    print(result["value"][1])
EOF
}
settled() { [ "$(query 'count_over_time(up{job="cgward"}[1m]) >= 4' 2>/dev/null)" != "" ]; }
for _ in $(seq 300); do
	if settled; then break; fi
	sleep 0.2
done
same "Prometheus scrapes it" 1 "$(query 'up{job="cgward"}')"

same "pids.current is the kernel's" "$(file_of pids "$group" pids.current)" "$(query "cgward_pids_current{group=\"$group\"}")"
same "pids.max is the kernel's" 50 "$(query "cgward_pids_max{group=\"$group\"}")"
same "memory.max is the kernel's" 268435456 "$(query "cgward_memory_max_bytes{group=\"$group\"}")"
same "the effective limit is that one" 268435456 "$(query "cgward_memory_max_effective_bytes{group=\"$group\"}")"
if [ "$(version_of "$(mount_of memory)")" = 1 ]; then
	near "memory.current is the kernel's" "$(file_of memory "$group" memory.usage_in_bytes)" \
		"$(query "cgward_memory_current_bytes{group=\"$group\"}")" 2
else
	near "memory.current is the kernel's" "$(file_of memory "$group" memory.current)" \
		"$(query "cgward_memory_current_bytes{group=\"$group\"}")" 2
fi
# The group sleeps by now: its CPU time stands still, to the last digit that a double holds.
if [ "$(version_of "$(mount_of cpuacct cpu)")" = 1 ]; then
	kernel_ns=$(file_of cpuacct "$group" cpuacct.usage)
else
	kernel_ns=$(file_of cpu "$group" cpu.stat | awk '/^usage_usec/ { print $2 * 1000 }')
fi
near "CPU time is the kernel's" "$(awk -v ns="$kernel_ns" 'BEGIN { printf "%.9f", ns / 1e9 }')" \
	"$(query "cgward_cpu_usage_seconds_total{group=\"$group\"}")" 0.5
same "groups are those that were chosen" 2 "$(query cgward_groups)"
same "none is left out" 0 "$(query cgward_groups_left_out)"
same "the version is told" 1 "$(query "cgward_build_info{version=\"$("$CGWARD" --version | awk '{ print $2 }')\"}")"
same "samples do not fail" 0 "$(query cgward_sample_errors_total)"

# Each query of the dashboard and each alert: no error, and a result wherever its families have samples.
python3 - "$server" "$top/packaging/grafana/cgward.json" "$work/alerts.yml" >"$work/queries" 2>&1 <<'EOF'
import json, re, sys, urllib.parse, urllib.request
server, dashboard, alerts = sys.argv[1:]

def ask(kind, **words):
    url = "http://%s/api/v1/%s?%s" % (server, kind, urllib.parse.urlencode(words, doseq=True))
    try:
        return json.load(urllib.request.urlopen(url, timeout=20))["data"]
    except urllib.error.HTTPError as error:
        print(error.read().decode()[:300])

known = set(ask("label/__name__/values"))
board = json.load(open(dashboard))
queries = [t["expr"] for p in board["panels"] for t in p.get("targets", [])]
for variable in board["templating"]["list"]:
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("query", ""))
    if found:
        series = found[1].replace("$instance", ".*")
        if not ask("label/%s/values" % found[2], **{"match[]": series}):
            print("no values:", variable["query"])
assert len(queries) > 10
for query in queries:
    full = query.replace("$__rate_interval", "20s").replace("$instance", ".*").replace("$group", ".*")
    if "$" in full:
        print("a variable is left:", full)
    data = ask("query", query=full)
    names = set(re.findall(r"\b(?:cgward|process)_\w+", full))
    # A ratio of limited groups is empty where no group ran into its limit.
    if data is not None and not data["result"] and names <= known and "> 0" not in full:
        print("nothing:", full)
    missing = [n for n in names if n not in known and "pressure" not in n and "swap" not in n]
    if missing:
        print("no such family:", missing)
EOF
same "every query of the dashboard works" "" "$(cat "$work/queries")"

"$CGWARD" dump --prometheus --output "$work/cgward.prom" --match "$test_top/$test_name*"
exporter=$(command -v prometheus-node-exporter || command -v node_exporter)
if [ -n "$exporter" ]; then
	textfile=127.0.0.1:$(port)
	"$exporter" --collector.disable-defaults --collector.textfile --collector.textfile.directory="$work" \
		--web.listen-address="$textfile" >"$work/exporter" 2>&1 &
	test_pids+=($!)
	for _ in $(seq 100); do
		python3 -c 'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen("http://%s/metrics" % sys.argv[1]).read().decode())' \
			"$textfile" >"$work/textfile" 2>/dev/null && break
		sleep 0.1
	done
	same "node_exporter takes the file" "node_textfile_scrape_error 0" "$(grep '^node_textfile_scrape_error' "$work/textfile")"
	check "and tells its figures on" grep -qF "cgward_pids_max{group=\"$group\"} 50" "$work/textfile"
else
	skip "node_exporter: it is not installed (not possible here)"
fi
