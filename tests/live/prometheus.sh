#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian's Prometheus scrapes a running cgward: values equal those in the kernel's files, the alerts
# fire, and every query of the Grafana dashboard works.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)

if ! "$CGWARD" serve --help >/dev/null 2>&1; then
	skip "prometheus: cgward is built without libmicrohttpd (not possible here)"
	exit 0
fi
if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then
	skip "prometheus: not installed (not possible here)"
	exit 0
fi

work=$(mktemp -d) && test_files+=("$work")
check "promtool accepts every family" sh -c '"$1" dump --prometheus -o all | promtool check metrics 2>&1 | (! grep .)' - "$CGWARD"
cp "$top"/packaging/prometheus/*.yml "$work" && mkdir "$work/rules" && cp "$work"/alerts*.yml "$work/rules"
check "promtool accepts the alerts" promtool check rules "$work/alerts.yml"
check "the alerts fire as expected" promtool test rules "$work/alerts-test.yml"
same "each alert has a test" "" "$(sed -n 's/^ *- alert: //p' "$work/alerts.yml" | while read -r alert; do
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
data = b"x" * 20000000
sum(range(2000000))
open("'"$work/idle"'", "w").close()
time.sleep(1000)') &
test_pids+=($!)

# port: prints a free port.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
"$CGWARD" serve --listen 127.0.0.1:0 --fresh 0 --match "$test_top/$test_name*" --match / >"$work/where" &
test_pids+=($!)
wait_for test -s "$work/where"
target=$(sed -E 's|^http://(.*)/metrics$|\1|' "$work/where")
check "serve prints its address" test -n "$target"

cat >"$work/prometheus.yml" <<EOF
global: {scrape_interval: 2s, evaluation_interval: 2s}
rule_files: [$work/rules/alerts.yml]
scrape_configs:
  - {job_name: cgward, static_configs: [{targets: ["$target"]}]}
EOF
check "promtool accepts the scrape configuration" promtool check config --lint=none "$work/prometheus.yml"
server=127.0.0.1:$(port)
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="$server" \
	--log.level=error >"$work/log" 2>&1 &
test_pids+=($!)

# query EXPRESSION: prints one value per result.
query() {
	python3 - "$server" "$1" <<'EOF'
import json, sys, urllib.parse, urllib.request
url = "http://%s/api/v1/query?query=%s" % (sys.argv[1], urllib.parse.quote(sys.argv[2]))
try:
    answer = json.load(urllib.request.urlopen(url, timeout=60))
except OSError as error:
    sys.exit(str(error))
for result in answer["data"]["result"]:
    print(result["value"][1])
EOF
}
# Only the scrapes after the group became idle are compared, four of which give each rate.
wait_for test -e "$work/idle"
idle=$(date +%s)
settled() { [ "$(query "sum_over_time(up{job=\"cgward\"}[$(($(date +%s) - idle))s]) >= 4" 2>/dev/null)" != "" ]; }
check "Prometheus scrapes the endpoint" wait_for settled

same "pids.current equals the kernel's value" "$(file_of pids "$group" pids.current)" "$(query "cgward_pids_current{group=\"$group\"}")"
same "pids.max equals the kernel's value" 50 "$(query "cgward_pids_max{group=\"$group\"}")"
same "memory.max equals the kernel's value" 268435456 "$(query "cgward_memory_max_bytes{group=\"$group\"}")"
same "memory.max.effective equals memory.max" 268435456 "$(query "cgward_memory_max_effective_bytes{group=\"$group\"}")"
if [ "$(version_of "$(mount_of memory)")" = 1 ]; then
	near "memory.current equals the kernel's value" "$(file_of memory "$group" memory.usage_in_bytes)" \
		"$(query "cgward_memory_current_bytes{group=\"$group\"}")" 2
else
	near "memory.current equals the kernel's value" "$(file_of memory "$group" memory.current)" \
		"$(query "cgward_memory_current_bytes{group=\"$group\"}")" 2
fi
# The group is idle by now, so its CPU time does not change.
if [ "$(version_of "$(mount_of cpuacct cpu)")" = 1 ]; then
	kernel_ns=$(file_of cpuacct "$group" cpuacct.usage)
else
	kernel_ns=$(file_of cpu "$group" cpu.stat | awk '/^usage_usec/ { print $2 * 1000 }')
fi
near "the CPU time equals the kernel's value" "$(awk -v ns="$kernel_ns" 'BEGIN { printf "%.9f", ns / 1e9 }')" \
	"$(query "cgward_cpu_usage_seconds_total{group=\"$group\"}")" 0.5
same "only the selected groups are exposed" 2 "$(query cgward_groups)"
same "no group is left out" 0 "$(query cgward_groups_left_out)"
same "the version is exposed" 1 "$(query "cgward_build_info{version=\"$("$CGWARD" --version | awk '{ print $2; exit }')\"}")"
same "there are no sample errors" 0 "$(query cgward_sample_errors_total)"

# Each query of the dashboard succeeds, and has a result if its families have samples.
cat >"$work/queries.py" <<'EOF'
import json, re, sys, urllib.parse, urllib.request
server, dashboard = sys.argv[1:]

def ask(kind, **parameters):
    url = "http://%s/api/v1/%s?%s" % (server, kind, urllib.parse.urlencode(parameters, doseq=True))
    try:
        return json.load(urllib.request.urlopen(url, timeout=60))["data"]
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
        print("unexpanded variable:", full)
    data = ask("query", query=full)
    names = set(re.findall(r"\b(?:cgward|process)_\w+", full))
    # A ratio over limited groups is empty if no group reached its limit.
    if data is not None and not data["result"] and names <= known and "> 0" not in full:
        print("empty result:", full)
    missing = [n for n in names if n not in known and "pressure" not in n and "swap" not in n]
    if missing:
        print("no such family:", missing)
EOF
all_work() { python3 "$work/queries.py" "$server" "$top/packaging/grafana/cgward.json" >"$work/queries" 2>&1 && [ ! -s "$work/queries" ]; }
# A rate needs two scrapes within its span.
wait_for all_work
same "every query of the dashboard works" "" "$(cat "$work/queries")"

"$CGWARD" dump --prometheus --output "$work/cgward.prom" --match "$test_top/$test_name*"
exporter=$(command -v prometheus-node-exporter || command -v node_exporter)
if [ -n "$exporter" ]; then
	textfile=127.0.0.1:$(port)
	"$exporter" --collector.disable-defaults --collector.textfile --collector.textfile.directory="$work" \
		--web.listen-address="$textfile" >"$work/exporter" 2>&1 &
	test_pids+=($!)
	wait_for python3 -c 'import sys, urllib.request
open(sys.argv[2], "w").write(urllib.request.urlopen("http://%s/metrics" % sys.argv[1]).read().decode())' "$textfile" "$work/textfile"
	same "node_exporter reads the text file without errors" "node_textfile_scrape_error 0" "$(grep '^node_textfile_scrape_error' "$work/textfile")"
	check "node_exporter exposes the values of the text file" grep -qF "cgward_pids_max{group=\"$group\"} 50" "$work/textfile"
else
	skip "node_exporter: not installed (not possible here)"
fi
