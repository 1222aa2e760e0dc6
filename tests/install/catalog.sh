#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The installed message catalogue has an entry for each journal message of cgward, and journalctl
# accepts it. ROOT: the installation root.
set -uo pipefail
# shellcheck source=tests/live/results-lib.sh
. "$(dirname "$0")/../live/results-lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
catalog=$(find "$ROOT" -path '*/lib/systemd/catalog/cgward.catalog')
if [ -z "$catalog" ]; then
	if "$ROOT/usr/bin/cgward" enforce --help >/dev/null 2>&1; then
		not_ok "the catalogue is installed"
	else
		skip "catalogue: cgward is built without systemd (not possible here)"
	fi
	exit 0
fi
ids=$(sed -nE 's/^MESSAGE\([A-Z_]+, +"([0-9a-f]{32})"\).*/\1/p' "$top/src/shared/cli/journal-messages.def" | sort)
check "message ids are found in the source" test "$(wc -l <<<"$ids")" -ge 4
check "the catalogue has exactly these message ids" test "$ids" = "$(sed -n 's/^-- //p' "$catalog" | sort)"
check "no message id is duplicated" test -z "$(uniq -d <<<"$ids")"
if ! command -v journalctl >/dev/null; then
	skip "journalctl: not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
mkdir -p "$work/usr/lib/systemd/catalog" "$work/var/lib/systemd/catalog"
cp "$catalog" "$work/usr/lib/systemd/catalog/"
check "journalctl accepts the catalogue" journalctl --root="$work" --update-catalog
for id in $ids; do
	text=$(journalctl --root="$work" --dump-catalog "$id")
	check "$id has a subject" grep -q '^Subject: .' <<<"$text"
	check "$id has a description and a manual" sh -c 'echo "$1" | grep -q "^Documentation: man:" && test "$(echo "$1" | sed "1,/^$/d" | wc -w)" -gt 20' - "$text"
done
