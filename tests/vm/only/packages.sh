#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Debian packages, installed by dpkg on a clean machine: units are neither enabled nor started,
# the program and its units work, and purging removes everything. tests/packages/vm supplies the
# packages.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if [ ! -d debs ]; then
	skip "packages: none were supplied (run tests/packages/vm)"
	exit 0
fi
property() { systemctl show -P "$2" "$1"; }
if ! dpkg -i debs/*.deb >out/dpkg.log 2>&1; then
	tail -n 20 out/dpkg.log
	not_ok "the packages are installed"
	exit 1
fi
ok "the packages are installed"
same "dpkg --audit reports nothing" "" "$(dpkg --audit)"
same "the program is the packaged one" "/usr/bin/cgward cgward" "$(command -v cgward) $(dpkg -S /usr/bin/cgward | cut -d: -f1)"
if sh debs/smoke >out/smoke.log 2>&1; then ok "the package's own test passes"; else
	tail -n 20 out/smoke.log
	not_ok "the package's own test passes"
fi
for unit in cgward.service cgward-serve.service cgward-serve.socket; do
	same "$unit is neither active nor enabled" "inactive disabled" "$(property "$unit" ActiveState) $(property "$unit" UnitFileState)"
done
group=$(make_group packaged pids)
same "set changes a limit" "7" "$(cgward set "$group" pids.max=7 >/dev/null && file_of pids "$group" pids.max)"
same "undo restores the limit" "max" "$(cgward undo >/dev/null && file_of pids "$group" pids.max)"
systemctl start cgward-serve.socket
answers() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=60).read().decode())' 2>/dev/null | grep -q '^cgward_groups [1-9]'; }
check "the socket starts the endpoint" answers
check "the packages are purged" dpkg --purge cgward libcgward0 libcgward-dev cgward-dbgsym libcgward0-dbgsym
same "no process is left after purging" "" "$(pgrep -x cgward)"
same "no file is left after purging" "" "$(find /etc/cgward /usr/share/doc/cgward /usr/lib/systemd/system/cgward* /usr/bin/cgward 2>/dev/null)"
