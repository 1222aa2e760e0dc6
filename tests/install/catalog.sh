#!/usr/bin/env bash
# Each kind of entry that cgward writes into the journal is explained by the installed catalogue, which journalctl
# takes. ROOT: where it was installed.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
catalog=$(find "$ROOT" -path '*/lib/systemd/catalog/cgward.catalog')
if [ -z "$catalog" ]; then
	if "$ROOT/usr/bin/cgward" enforce --help >/dev/null 2>&1; then
		echo "not ok the catalogue is installed"
	else
		echo "skip catalogue: built without systemd (not possible here)"
	fi
	exit 0
fi
check() {
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name"; fi
}
ids=$(sed -nE 's/^MESSAGE\([A-Z_]+, +"([0-9a-f]{32})"\).*/\1/p' "$top/src/shared/cli/journal-messages.def" | sort)
check "there are kinds of entries" test "$(wc -l <<<"$ids")" -ge 4
check "each is explained, and nothing else" test "$ids" = "$(sed -n 's/^-- //p' "$catalog" | sort)"
check "none stands there twice" test -z "$(uniq -d <<<"$ids")"
if ! command -v journalctl >/dev/null; then
	echo "skip journalctl: it is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/usr/lib/systemd/catalog" "$work/var/lib/systemd/catalog"
cp "$catalog" "$work/usr/lib/systemd/catalog/"
check "journalctl takes the catalogue" journalctl --root="$work" --update-catalog
for id in $ids; do
	text=$(journalctl --root="$work" --dump-catalog "$id")
	check "$id has a subject" grep -q '^Subject: .' <<<"$text"
	check "$id has a text and a manual" sh -c 'echo "$1" | grep -q "^Documentation: man:" && test "$(echo "$1" | sed "1,/^$/d" | wc -w)" -gt 20' - "$text"
done
