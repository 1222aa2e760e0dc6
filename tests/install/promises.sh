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
