#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container of systemd-nspawn, from a root file system built here: `cgward inspect` compared with
# machinectl and /proc.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

directory=$(mktemp -d -p /var/tmp) && test_files+=("$directory")
system=$directory/system
mkdir -p "$system"/{bin,dev,etc,proc,run,sys,tmp,usr/bin,var}
cp "$(command -v busybox)" "$system/bin/"
for applet in sh sleep hostname; do ln -s busybox "$system/bin/$applet"; done
printf 'ID=cgward-test\n' >"$system/etc/os-release"

inspect() { "$CGWARD" inspect --json --rates 0 "$1" >"$directory/inspect.json"; }
# fact NAME EXPECTED EXPRESSION: EXPRESSION is Python over the last output, with d (all of it), p
# (the container's init) and n (its namespaces).
fact() {
	same "$1" "$2" "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = next((p for p in d["processes"] if p["init"]), None)
n = {n["kind"]: n for n in d["namespaces"] if p and n["inode"] == p["namespaces"][n["kind"]]}
print(*eval(sys.argv[2]))' "$directory/inspect.json" "$3" 2>&1 | tail -n 1)"
}
inode_of() { readlink "/proc/$1/ns/$2" | tr -dc 0-9; }

systemd-nspawn --quiet --machine=cgbox --directory="$system" --private-network --private-users=65536:65536 \
	--private-users-ownership=map --property=MemoryMax=64M --property=TasksMax=20 /bin/sleep 2000 \
	>"$directory/nspawn" 2>&1 &
test_pids+=($!)
leader() { machinectl show --value --property=Leader cgbox; }
if wait_for leader && wait_for pgrep -f '^/bin/sleep 2000'; then
	pid=$(leader)
	unit=$(machinectl show --value --property=Unit cgbox)
	inspect "$unit"
	fact "nspawn: the machine has its name" "machine cgbox" 'd["identity"]["kind"], d["identity"]["name"]'
	fact "nspawn: the init process is machined's leader" "$pid 1" 'p["pid"], p["inner_pid"]'
	fact "nspawn: the hostname" cgbox '[n["uts"]["hostname"]]'
	fact "nspawn: the UIDs outside and inside" "65536 0" 'p["uid"], p["inner_uid"]'
	for kind in mnt pid net ipc uts user cgroup; do
		fact "nspawn: the $kind namespace is not the host's, and equals that in /proc" "$(inode_of "$pid" "$kind") False" \
			"n['$kind']['inode'], n['$kind']['host']"
	done
	fact "nspawn: the root directory after pivot_root()" / '[p["confinement"]["root"]]'
	fact "nspawn: system calls are filtered" filtered '[p["confinement"]["seccomp"]]'
	fact "nspawn: the effective limits" "$((64 << 20)) 20" '[d["limits"][k]["bound"] for k in ("memory", "pids")]'
	fact "nspawn: only the loopback interface" lo '[i["name"] for x in d["networks"] if not x["host"] for i in x["interfaces"]]'
	fact "nspawn: only the time namespace is the host's" "time" 'd["verdict"]["host_namespaces"]'
	machinectl terminate cgbox
else
	cat "$directory/nspawn"
	if [ -x /usr/bin/systemd-nspawn ]; then not_ok "nspawn starts a container"; else
		skip "nspawn: systemd-container is not installed (not possible here)"
	fi
fi
