#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Stable interfaces are unchanged, and manuals are complete: metrics, controls, policy keys, exit
# statuses, journal fields. ROOT: the installation root.
set -uo pipefail
# shellcheck source=tests/live/results-lib.sh
. "$(dirname "$0")/../live/results-lib.sh"
: "${ROOT:?requires the installation root}"
cd "$(dirname "$0")/../.." || exit 1
tests/compatibility/run "$ROOT/usr/bin/cgward" || echo "tests/compatibility/run" >>"$test_failures"
work=$(mktemp -d)
docs/man/cgward-commands.generate "$ROOT/usr/bin/cgward" "$work"
for page in "$work"/*; do
	[ -s "docs/man/${page##*/}" ] && cmp -s "$page" "docs/man/${page##*/}" && continue
	diff "docs/man/${page##*/}" "$page" 2>&1 | head -n 10
	echo "${page##*/}" >>"$work/differing"
done
if [ "$(find "$work" -name 'cgward-*' | wc -l)" -gt 20 ] && [ ! -e "$work/differing" ]; then
	ok "the manuals of the commands match their help"
else
	not_ok "the manuals of the commands match their help: run docs/man/cgward-commands.generate"
fi
rm -rf "$work"
if docs/man/cgward-metrics.generate "$ROOT/usr/bin/cgward" | cmp -s - docs/man/cgward-metrics.7; then
	ok "cgward-metrics(7) matches the tables"
else
	docs/man/cgward-metrics.generate "$ROOT/usr/bin/cgward" | diff docs/man/cgward-metrics.7 - | head -n 10
	not_ok "cgward-metrics(7) matches the tables: run docs/man/cgward-metrics.generate"
fi
if "$ROOT/usr/bin/cgward" doctor | grep -q '^layout  *works'; then ok "doctor detects the layout"; else
	"$ROOT/usr/bin/cgward" doctor
	not_ok "doctor detects the layout"
fi

# Every control, policy key, exit status and journal field is documented in a manual.
documented() { # NAME FILE...: each word of standard input is in one of the files
	local name=$1 word text missing=()
	shift
	text=$(sed 's/\\//g' "$@")
	while IFS= read -r word; do
		grep -qE -- "(^|[^A-Za-z0-9_.])${word//./\\.}([^A-Za-z0-9_]|$)" <<<"$text" || missing+=("$word")
	done
	if [ ${#missing[@]} -eq 0 ]; then ok "$name"; else
		echo "missing: ${missing[*]}"
		not_ok "$name"
	fi
}
column() { python3 -c 'import json, sys; print(*(row[sys.argv[1]] for row in json.load(sys.stdin)), sep="\n")' "$1"; }
"$ROOT/usr/bin/cgward" set --list-controls --json | column key |
	documented "cgward-metrics(7) documents every control" docs/man/cgward-metrics.7
if "$ROOT/usr/bin/cgward" check --help >/dev/null 2>&1; then
	"$ROOT/usr/bin/cgward" check --list-keys | awk '{ print $2 }' | sort -u |
		grep -vxF -f <("$ROOT/usr/bin/cgward" set --list-controls --json | column key) |
		documented "cgward.conf(5) documents every key" docs/man/cgward.conf.5
fi
awk '{ print $1 }' tests/compatibility/exit-statuses.txt | documented "cgward(1) documents every exit status" \
	<(sed -n '/^.Sh EXIT STATUS/,/^.Sh [^E]/p' docs/man/cgward.1)
grep -rhoE '"CGWARD_[A-Z_]+=' src | tr -d '"=' | sort -u |
	documented "the manuals document every journal field" docs/man/cgward-enforce.8 docs/man/cgward-set.1
