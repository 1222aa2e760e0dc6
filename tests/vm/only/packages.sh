#!/usr/bin/env bash
# The Debian packages, installed by dpkg on a machine that knows nothing of cgward: nothing runs until somebody says
# so, the program and its units work, and nothing of them stays. tests/packages/vm brings the packages.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if [ ! -d debs ]; then
	skip "packages: none were brought along (tests/packages/vm does)"
	exit 0
fi
property() { systemctl show -P "$2" "$1"; }
if ! dpkg -i debs/*.deb >out/dpkg.log 2>&1; then
	tail -n 20 out/dpkg.log
	not_ok "the packages are installed"
	exit 1
fi
ok "the packages are installed"
same "nothing is missing" "" "$(dpkg --audit)"
same "it is the packaged one" "/usr/bin/cgward cgward" "$(command -v cgward) $(dpkg -S /usr/bin/cgward | cut -d: -f1)"
if sh debs/smoke >out/smoke.log 2>&1; then ok "its own test passes"; else
	tail -n 20 out/smoke.log
	not_ok "its own test passes"
fi
for unit in cgward.service cgward-serve.service cgward-serve.socket; do
	same "$unit neither runs nor is enabled" "inactive disabled" "$(property "$unit" ActiveState) $(property "$unit" UnitFileState)"
done
group=$(make_group packaged pids)
same "it sets" "7" "$(cgward set "$group" pids.max=7 >/dev/null && file_of pids "$group" pids.max)"
same "and takes back" "max" "$(cgward undo >/dev/null && file_of pids "$group" pids.max)"
systemctl start cgward-serve.socket
answers() { python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9753/metrics", timeout=60).read().decode())' 2>/dev/null | grep -q '^cgward_groups [1-9]'; }
check "its socket starts the endpoint" answers
check "they are removed" dpkg --purge cgward libcgward0 libcgward-dev cgward-dbgsym libcgward0-dbgsym
same "and nothing of them runs" "" "$(pgrep -x cgward)"
same "or stays" "" "$(find /etc/cgward /usr/share/doc/cgward /usr/lib/systemd/system/cgward* /usr/bin/cgward 2>/dev/null)"
