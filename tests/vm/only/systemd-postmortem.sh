#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# [postmortem] in the packaged unit: pages of an OOM kill with the kernel's report, also of a unit that
# is gone at once, in the state directory of the unit.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if [ ! -e root/usr/lib/systemd/system/cgward.service ]; then
	skip "the packaged unit: cgward is built without systemd (not possible here)"
	exit 0
fi
if [ "$(version_of "$(mount_of memory)")" = 1 ]; then
	skip "post-mortem pages of the packaged unit: tested on v2"
	exit 0
fi
pages=/var/lib/cgward/postmortem
stop_units() {
	systemctl stop cgward.service cgward-hungry.service 2>/dev/null
	rm -rf /etc/cgward/cgward.conf "$pages"
}
test_at_exit+=(stop_units)
cp -a root/usr/bin/cgward /usr/bin/cgward
cp root/usr/lib/systemd/system/cgward.service /usr/lib/systemd/system/
mkdir -p /etc/cgward
printf '[policy]\ninterval = 200ms\n[postmortem]\ninterval = 500ms\n' >/etc/cgward/cgward.conf
systemctl daemon-reload
check "the unit starts" systemctl start cgward.service
# page_of UNIT: the file of the newest page about an OOM kill in the group of the unit.
page_of() {
	python3 -c 'import glob, json, sys
for name in sorted(glob.glob("/var/lib/cgward/postmortem/*.json"), reverse=True):
    page = json.load(open(name))
    if page["event"] == "oom-kill" and page["group"].endswith("/" + sys.argv[1]):
        print(name)
        sys.exit(0)
sys.exit(1)' "$1"
}
# report FILE: the pid and the name that the kernel reported, or why there is no report.
report() {
	python3 -c 'import json, sys
log = json.load(open(sys.argv[1]))["kernel_log"]
print(log.get("killed_name"), log.get("missing"))' "$1"
}
eat='import time
data = bytearray(8 << 20)
time.sleep(3)
blocks = []
while True: blocks.append(b"x" * (1 << 20))'
# Removed with its group at once; and with a second process, which keeps the group.
systemd-run --quiet --collect --unit=cgward-gone --property=MemoryMax=64M --property=MemorySwapMax=0 python3 -c "$eat"
systemd-run --quiet --unit=cgward-hungry --property=MemoryMax=64M --property=MemorySwapMax=0 --property=OOMPolicy=continue \
	sh -c "sleep 3000 & exec python3 -c '$eat'"
for unit in cgward-hungry.service cgward-gone.service; do
	check "$unit has a page" wait_for page_of "$unit"
	same "the page of $unit has the report of the kernel" "python3 None" "$(report "$(page_of "$unit")")"
done
same "the unit logs no problem with pages" "" \
	"$(journalctl -q -o cat -u cgward.service | grep -E 'cannot (write|open|sample)')"
