#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cgward log` reads changes from systemd journals; here from one written by systemd-journal-remote,
# as on a host that collects the journals of a fleet.
. "$(dirname "$0")/lib.sh"

remote=$(command -v systemd-journal-remote || echo /usr/lib/systemd/systemd-journal-remote)
[ -x "$remote" ] || remote=/lib/systemd/systemd-journal-remote
if ! "$CGWARD" enforce --help >/dev/null 2>&1; then
	skip "journal: cgward is built without systemd (not possible here)"
	exit 0
fi
if [ ! -x "$remote" ]; then
	skip "journal: systemd-journal-remote is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
entry() { # SECOND HOST FIELD=VALUE...
	local second=$1 host=$2
	shift 2
	printf '__REALTIME_TIMESTAMP=%s\n__MONOTONIC_TIMESTAMP=%s\n' "$((1700000000 + second))000000" "${second}000000"
	printf '_BOOT_ID=%s\n_MACHINE_ID=%s\n_HOSTNAME=%s\n' "$(echo "$host" | md5sum | cut -c1-32)" \
		"$(echo "m$host" | md5sum | cut -c1-32)" "$host"
	printf '%s\n' "$@"
	echo
}
change=MESSAGE_ID=53eb8f971d994d8faa493f23c806dc50 action=MESSAGE_ID=6f1c9d3a0f7e4b5e9a2c71d84f6b02ce
{
	entry 10 web1 "$change" MESSAGE=x CGWARD_ACTION=set CGWARD_GROUP=/shop.slice CGWARD_KEY=memory.max CGWARD_OLD=max \
		CGWARD_NEW=2G CGWARD_KEPT=2147483648 "CGWARD_WHO=cgward set" "CGWARD_REASON=it grew" ERRNO=0
	entry 20 web2 "$action" MESSAGE=y CGWARD_ACTION=freeze CGWARD_GROUP='/a\x0ab' CGWARD_KEY= CGWARD_RULE=runaway \
		"CGWARD_REASON=cpu 310 % > 300 %" ERRNO=0 CGWARD_DRY_RUN=1
	entry 30 web1 MESSAGE_ID=00000000000000000000000000000001 MESSAGE=other CGWARD_GROUP=/not-ours
	entry 40 web1 "$change" MESSAGE=z CGWARD_ACTION=kill CGWARD_GROUP=/shop.slice $'CGWARD_WHO=\x1b[31mnobody' ERRNO=1
} >"$work/export"
check "systemd-journal-remote writes a journal" sh -c '"$1" -o "$2" "$3" >/dev/null 2>&1' - "$remote" "$work/fleet.journal" "$work/export"
log() { "$CGWARD" log --journal "systemd:$work/fleet.journal" "$@"; }
cell() { python3 -c 'import json, sys; print(*(r[sys.argv[1]] for r in json.load(sys.stdin)["changes"]), sep="|")' "$1"; }
log --json >"$work/json"
same "entries of cgward only, newest first" "/shop.slice|/a\\x0ab|/shop.slice" "$(cell group <"$work/json")"
same "each entry has its host" "web1|web2|web1" "$(cell host <"$work/json")"
same "each entry has its action or key" "kill|freeze|memory.max" "$(cell what <"$work/json")"
same "each entry has its author, with control characters escaped" '\x1b[31mnobody|runaway|cgward set' "$(cell who <"$work/json")"
same "the value that the kernel set" "||2147483648" "$(cell new <"$work/json")"
same "failures and dry runs are marked" "failed|would|" "$(cell state <"$work/json")"
same "each entry has its reason" "|cpu 310 % > 300 %|it grew" "$(cell why <"$work/json")"
same "each entry has its time" "2023-11-14T22:14:00.000Z|2023-11-14T22:13:40.000Z|2023-11-14T22:13:30.000Z" "$(cell time <"$work/json")"
same "entries of one group" 2 "$(log --json /shop.slice | cell group | tr '|' '\n' | wc -l)"
same "-n 1 prints the newest entry" kill "$(log -n 1 --json | cell what)"
check "the entries as a table" sh -c 'grep -q "^2023-11-14T22:13:30.000Z *web1 */shop.slice *memory.max *max *2147483648 *cgward set" "$1"' - <(log)
same "a directory of journals is read" 3 "$("$CGWARD" log --journal "systemd:$work" --json | cell what | tr '|' '\n' | wc -l)"
status "a journal that does not exist" 1 "$CGWARD" log --journal "systemd:$work/none"
