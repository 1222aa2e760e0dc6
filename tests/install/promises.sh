#!/usr/bin/env bash
# What programs rely on is still there, and the manual of the metrics is that of the tables.
set -uo pipefail
: "${ROOT:?where the package was installed to}"
cd "$(dirname "$0")/../.." || exit 1
tests/compatibility/run "$ROOT/usr/bin/cgward"
if docs/man/cgward-metrics.generate "$ROOT/usr/bin/cgward" | cmp -s - docs/man/cgward-metrics.7; then
	echo "ok cgward-metrics(7) is that of the tables"
else
	docs/man/cgward-metrics.generate "$ROOT/usr/bin/cgward" | diff docs/man/cgward-metrics.7 - | head -n 10
	echo "not ok cgward-metrics(7) is that of the tables: generate it again"
fi
if "$ROOT/usr/bin/cgward" doctor | grep -q '^layout  *works'; then echo "ok doctor finds the layout"; else
	"$ROOT/usr/bin/cgward" doctor
	echo "not ok doctor finds the layout"
fi

# Every control, key of the policy file, exit status, and field of the journal has its place in a manual.
named() { # NAME FILE...: each word of standard input stands in one of them
	local name=$1 word text missing=()
	shift
	text=$(sed 's/\\//g' "$@")
	while IFS= read -r word; do
		grep -qE -- "(^|[^A-Za-z0-9_.])${word//./\\.}([^A-Za-z0-9_]|$)" <<<"$text" || missing+=("$word")
	done
	if [ ${#missing[@]} -eq 0 ]; then echo "ok $name"; else
		echo "missing: ${missing[*]}"
		echo "not ok $name"
	fi
}
column() { python3 -c 'import json, sys; print(*(row[sys.argv[1]] for row in json.load(sys.stdin)), sep="\n")' "$1"; }
"$ROOT/usr/bin/cgward" set --list-controls --json | column key |
	named "the manuals name every control" docs/man/cgward-metrics.7
if "$ROOT/usr/bin/cgward" check --help >/dev/null 2>&1; then
	"$ROOT/usr/bin/cgward" check --list-keys | awk '{ print $2 }' | sort -u |
		grep -vxF -f <("$ROOT/usr/bin/cgward" set --list-controls --json | column key) |
		named "cgward.conf(5) names every key" docs/man/cgward.conf.5
fi
awk '{ print $1 }' tests/compatibility/exit-statuses.txt | named "cgward(1) names every exit status" \
	<(sed -n '/^.Sh EXIT STATUS/,/^.Sh [^E]/p' docs/man/cgward.1)
grep -rhoE '"CGWARD_[A-Z_]+=' src | tr -d '"=' | sort -u |
	named "the manuals name every field of the journal" docs/man/cgward-enforce.8 docs/man/cgward-set.1
