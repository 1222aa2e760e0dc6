#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Changes by commands and by a policy are written to the systemd journal, read by `cgward log` and
# explained by journalctl -x.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

work=$(mktemp -d) && test_files+=("$work")
cell() { python3 -c 'import json, sys; print(*(r[sys.argv[1]] for r in json.load(sys.stdin)["changes"]), sep="|")' "$1"; }
group=$(make_group journal pids)
log() { "$CGWARD" log --journal systemd --json "$group"; }
has() { [ "$(log | cell "$1")" = "$2" ]; }
"$CGWARD" set --why "a test" "$group" pids.max=33 >/dev/null
check "a change by a command is an entry" wait_for has what pids.max
same "the entry has the old and the new value" "max 33" "$(log | cell old) $(log | cell new)"
same "the entry has the author and the reason" "cgward set a test" "$(log | cell who) $(log | cell why)"
same "the entry has the host" "$(cat /etc/hostname)" "$(log | cell host)"
"$CGWARD" set --dry-run "$group" pids.max=34 >/dev/null
"$CGWARD" set "$group" pids.max=33 >/dev/null
"$CGWARD" set "$group" nonsense=1 >/dev/null 2>&1
"$CGWARD" undo >/dev/null
check "undo is an entry; a command that changes nothing is not" wait_for has what "pids.max|pids.max"
same "the entry of undo has its author" "cgward undo|cgward set" "$(log | cell who)"

printf '[policy]\ninterval = 500ms\nstate = %s\n[limit standing]\nmatch = %s\npids.max = 55\n' "$work/run" "$group" >"$work/cgward.conf"
chmod 644 "$work/cgward.conf"
systemd-run --quiet --unit=cgward-journal "$CGWARD" enforce --policy "$work/cgward.conf"
check "a change by the policy is an entry" wait_for has who "standing|cgward undo|cgward set"
echo nonsense >>"$work/cgward.conf"
systemctl kill --signal=HUP cgward-journal.service
refused() { journalctl -q MESSAGE_ID=563affcdecd6491696435da4c5a135e0 | grep -q 'the old one stays in effect'; }
check "a refused policy is an entry" wait_for refused
systemctl stop cgward-journal.service

mkdir -p /usr/lib/systemd/catalog && cp packaging/systemd/cgward.catalog /usr/lib/systemd/catalog/
check "journalctl accepts the catalogue" journalctl --update-catalog
journalctl -x -q --no-pager MESSAGE_ID=53eb8f971d994d8faa493f23c806dc50 >"$work/explained"
check "journalctl -x names the group" grep -qF "cgward set changed the group $group" "$work/explained"
check "journalctl -x explains the change" grep -qF 'Old value: "max". Requested: "33". Reported by the kernel afterwards: "33".' "$work/explained"
