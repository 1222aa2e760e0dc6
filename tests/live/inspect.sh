#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `cgward inspect` on processes with namespaces, chroots, seccomp filters and reduced capabilities,
# compared with lsns, getpcaps, ip and /proc.
. "$(dirname "$0")/lib.sh"

group=$(make_group inspect memory pids cpu cpuacct freezer)
other=$(make_group other memory)
child=$group/child
for controller in memory pids cpu; do mkdir -p "$(mount_of $controller)$child" 2>/dev/null; done
directory=$(mktemp -d) && test_files+=("$directory")
chmod 755 "$directory"

# inspect OPTION... GROUP: stores the output for facts.
inspect() { "$CGWARD" inspect --json "$@" >"$directory/inspect.json"; }
# facts: tests from lines "NAME | EXPECTED | EXPRESSION"; EXPRESSION is Python over the last output,
# with d (all of it), p(PID), n(KIND, INODE) and i(INODE, NAME).
facts() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = lambda pid: next(p for p in d["processes"] if p["pid"] == pid)
n = lambda kind, inode: next(n for n in d["namespaces"] if n["kind"] == kind and n["inode"] == inode)
i = lambda inode, name: next(i for x in d["networks"] if x["inode"] == inode for i in x["interfaces"] if i["name"] == name)
for line in sys.stdin:
	name, expected, expression = (part.strip() for part in line.rstrip("\n").split(" | ", 2))
	try: got = eval(expression)
	except Exception as error: got = repr(error)
	got = " ".join(map(str, got)) if isinstance(got, (list, tuple)) else str(got)
	if got != expected: print(f"expected: {expected}\ngot:      {got}")
	print(("ok " if got == expected else "not ok ") + name)' "$directory/inspect.json" |
		while IFS= read -r line; do
			case $line in "not ok "*) not_ok "${line#not ok }" ;; *) echo "$line" ;; esac
		done
}

# start COMMAND...: runs it in the group in the background; sets $started to its PID.
start() {
	(enter "$group" memory pids cpu cpuacct freezer && exec "$@") &
	started=$!
	test_pids+=("$started")
}
runs() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
inode_of() { readlink "/proc/$1/ns/$2" | tr -dc 0-9; }
# lsns reads all of /proc and fails if a process exits meanwhile: retry.
lsns_of() {
	local found
	for _ in 1 2 3 4 5; do
		found=$(lsns -n -r -o "$1" -t "$2" -p "$3" 2>/dev/null | head -n 1)
		[ -z "$found" ] || break
	done
	echo "$found"
}
child_of() { ps -o pid=,stat=,args= --ppid "$1" | awk -v pattern="$2" '($2 " " $3) ~ pattern { print $1; exit }' | grep .; }
differs() { [ -n "$(inode_of "$1" "$2")" ] && [ "$(inode_of "$1" "$2")" != "$(inode_of $$ "$2")" ]; }
root_is() { [ "$(readlink "/proc/$1/root")" = "$2" ]; }

start sleep 1000
plain=$started
start python3 -c '
import os, time
if os.fork() == 0: os._exit(0)
time.sleep(1000)'
parent=$started
start python3 -c '
import ctypes, struct, time
libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000)) # BPF_RET ALLOW
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
program = Program(1, ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0 # PR_SET_NO_NEW_PRIVS
for _ in range(2): assert libc.prctl(22, 2, ctypes.byref(program)) == 0, ctypes.get_errno() # PR_SET_SECCOMP
libc.prctl(15, b"x\x1b[2J) R 1", 0, 0, 0) # PR_SET_NAME
time.sleep(1000)'
filtered=$started
start sh -c 'ulimit -S -n 123; ulimit -H -n 456; echo 321 >/proc/self/oom_score_adj; exec sleep 1000'
limited=$started
if is_root; then
	start unshare -n sleep 1000
	alone=$started
	start python3 -c 'import os, time; os.chroot("'"$directory"'"); os.chdir("/"); time.sleep(1000)'
	jailed=$started
	start setpriv --bounding-set=-all,+chown,+net_raw --inh-caps=-all sleep 1000
	bounded=$started
	start setpriv --reuid 65534 --regid 65534 --clear-groups sleep 1000
	user_process=$started
	# Namespaces of all kinds, created by an unprivileged user.
	start setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r -m -p -n -i -u -C -T --monotonic 1000 \
		--fork --kill-child sh -c 'hostname inside-box; exec sleep 2000'
	creator=$started
	for pid in "$alone" "$bounded" "$user_process"; do wait_for runs "$pid" sleep; done
	wait_for root_is "$jailed" "$directory"
	wait_for child_of "$creator" ' sleep'
	(enter "$other" memory && exec nsenter -t "$alone" -n sleep 1000) &
	guest=$!
	test_pids+=("$guest")
	wait_for runs "$guest" sleep
fi
for pid in "$plain" "$limited"; do wait_for runs "$pid" sleep; done
wait_for child_of "$parent" '^Z'
wait_for grep -q 2J "/proc/$filtered/comm"

inspect --rates 0 "$group"
facts <<-END
	the group of a process | $group | p($plain)["group"]
	the command line of a process | sleep 1000 | p($plain)["command"]
	the parent of a process | $$ | p($plain)["parent"]
	the PID in the initial namespace | $plain | p($plain)["inner_pid"]
	a single sample has no rates | None | p($plain)["cpu_percent"]
	a zombie | Z $parent | p($(child_of "$parent" '^Z'))["state"], p($(child_of "$parent" '^Z'))["parent"]
	seccomp filters are counted | filtered 2 True | [p($filtered)["confinement"][k] for k in ("seccomp", "seccomp_filters", "no_new_privs")]
	a process without seccomp filters | off 0 False | [p($plain)["confinement"][k] for k in ("seccomp", "seccomp_filters", "no_new_privs")]
	an untrusted process name does not break the parser | $$ | p($filtered)["parent"]
	limits of open files, and the OOM score adjustment | 123 456 321 | p($limited)["confinement"]["rlimits"]["nofile"] + [p($limited)["confinement"]["oom_score_adj"]]
END
if is_root; then
	facts <<-END
		the root directory of a chroot | $directory | p($jailed)["confinement"]["root"]
		capabilities equal those of getpcaps | $(getpcaps "$bounded" 2>&1 | sed -E 's/^[^=]*: *=? *//; s/[+=].*//') | ",".join(p($bounded)["confinement"]["capabilities"]["effective"])
		a few capabilities are some privilege | some | p($bounded)["confinement"]["privilege"]
		no capabilities are no privilege | none | p($user_process)["confinement"]["privilege"]
		all capabilities are full privilege | full | p($plain)["confinement"]["privilege"]
		a namespace shared with another group | 1 $other | [n("net", $(inode_of "$alone" net))["others"]] + n("net", $(inode_of "$alone" net))["groups"]
	END
else
	skip "chroot, capabilities, shared namespaces: requires root (not possible here)"
fi
if [ -n "${creator:-}" ] && child_of "$creator" ' sleep' >/dev/null; then
	inner=$(child_of "$creator" ' sleep')
	for kind in mnt pid net ipc uts user cgroup time; do
		cat <<-END
			the $kind namespace equals that in /proc | $(inode_of "$inner" $kind) | p($inner)["namespaces"]["$kind"]
			the $kind namespace equals that of lsns | $(lsns_of NS $kind "$inner") | p($inner)["namespaces"]["$kind"]
			the $kind namespace is not the host's | False | n("$kind", $(inode_of "$inner" $kind))["host"]
			the $kind namespace of other processes is the host's | True | n("$kind", $(inode_of "$limited" $kind))["host"]
		END
	done | facts
	facts <<-END
		the init process of a PID namespace | 1 True | p($inner)["inner_pid"], p($inner)["init"]
		the user is root only in its user namespace | 65534 0 | p($inner)["uid"], p($inner)["inner_uid"]
		root in an own user namespace is inner privilege | inner | p($inner)["confinement"]["privilege"]
		the hostname of a UTS namespace | inside-box | n("uts", $(inode_of "$inner" uts))["hostname"]
		the UID map of a user namespace | 0 65534 1 | n("user", $(inode_of "$inner" user))["uid_map"].replace("\\\\x0a", "").split()
		the offset of the clock | True | "monotonic 1000" in " ".join(n("time", $(inode_of "$inner" time))["offsets"].split())
		no other group shares the namespace | 0 0 | n("net", $(inode_of "$inner" net))["others"], n("net", $(inode_of "$inner" net))["group_count"]
	END
	same "--namespaces has the namespace with the process count of lsns" "$(lsns_of NPROCS net "$inner")" \
		"$("$CGWARD" inspect --namespaces --json | python3 -c "
import json, sys
print(next(n['processes'] for n in json.load(sys.stdin)['namespaces'] if n['inode'] == $(inode_of "$inner" net)))")"
else
	skip "namespaces of all kinds: unshare cannot create them here"
fi
inspect --threads --rates 0 --processes "pid:$plain"
facts <<-END
	pid:N finds the group | $group | d["group"]
	--threads has one row per thread | sleep $plain | p($plain)["name"], p($plain)["leader"]
END
check "untrusted names are escaped" sh -c '! "$@" | grep -q "$(printf "\033")"' - "$CGWARD" inspect --rates 0 --threads "$group"

# The effective limit: set by the parent, or none.
pids_mount=$(mount_of pids)
if [ -e "$pids_mount$group/pids.max" ]; then
	echo 777 >"$pids_mount$group/pids.max"
	inspect --limits --rates 0 "$child"
	facts <<-END
		the limit of the parent applies to the child | 777 pids.max $group | [d["limits"]["pids"][k] for k in ("bound", "by", "set_by")]
		a limited resource is not in the list of unlimited ones | False | "pids" in d["verdict"]["unlimited"]
	END
	echo max >"$pids_mount$group/pids.max"
	inspect --limits --rates 0 "$child"
	if [ -z "$test_top" ]; then
		facts <<<'a resource without limit is listed as unlimited | True | "pids" in d["verdict"]["unlimited"]'
	else
		skip "a resource without limit is listed as unlimited: an ancestor of this subtree may have a limit (not possible here)"
	fi
else
	skip "limits of pids: the group has no pids.max here"
fi
# v1: a process in different groups of different hierarchies.
if [ "$(mount_of memory)" != "$(mount_of cpu)" ] && [ -e "$(mount_of cpu)$child" ]; then
	echo "$user_process" >"$(mount_of cpu)$child/cgroup.procs"
	inspect --processes --rates 0 "$group"
	facts <<<"a process has a group per hierarchy | $child | next(g for h, g in p($user_process)['groups'].items() if 'cpu' in h.split(','))"
else
	skip "different groups in different hierarchies: there is only one hierarchy here"
fi

# Network: a veth pair behind a bridge, a VXLAN overlay, a macvlan device.
net=cgt$$
net_cleanup() {
	for link in br h; do ip link del "$net-$link" 2>/dev/null; done
	ip netns del "$net" 2>/dev/null
}
test_at_exit+=(net_cleanup)
if ip netns add "$net" 2>/dev/null && ip link add "$net-br" type bridge 2>/dev/null &&
	ip link add "$net-h" type veth peer name inner0 netns "$net" 2>/dev/null; then
	ip link set "$net-h" master "$net-br" up && ip link set "$net-br" up && ip addr add 198.51.100.1/24 dev "$net-br"
	ip -n "$net" link set inner0 up && ip -n "$net" addr add 198.51.100.7/24 dev inner0
	ip -n "$net" link add over0 type vxlan id 4242 dev inner0 dstport 4789 2>/dev/null
	ip -n "$net" link add link inner0 mac0 type macvlan 2>/dev/null
	start ip netns exec "$net" python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
	s.sendto(b"x" * 972, ("198.51.100.1", 9))
	time.sleep(0.01)'
	wired=$started
	sent() { awk '/inner0:/ { print $10 }' "/proc/$wired/net/dev"; }
	has_traffic() { differs "$wired" net && [ "$(sent)" -gt 50000 ]; }
fi
if [ -n "${wired:-}" ] && wait_for has_traffic; then
	inode=$(inode_of "$wired" net)
	before=$(sent)
	inspect --network --rates 2s "$group"
	after=$(sent)
	facts <<-END
		a veth pair behind a bridge | veth bridged $net-h $net-br | [i($inode, "inner0")[k] for k in ("kind", "mode", "on", "on_member_of")]
		the address of the interface | True | "198.51.100.7/24" in i($inode, "inner0")["addresses"]
		the bytes sent equal those in /proc | True | $before <= i($inode, "inner0")["sent_bytes"] <= $after
		the bytes sent per second | True | 0 < i($inode, "inner0")["sent_bytes_per_s"] <= $((after - before)) / 2
		the network namespace is not the host's | False | next(x["host"] for x in d["networks"] if x["inode"] == $inode)
	END
	before=$(sent)
	metric=$("$CGWARD" get -b "$group" net.tx)
	after=$(sent)
	check "net.tx counts the bytes sent from the group's network namespaces" test "$before" -le "$metric" -a "$metric" -le "$after"
	same "net.tx does not count the host's network namespace" - "$("$CGWARD" get "$child" net.tx)"
	[ -z "$(ip -n "$net" -o link show over0 2>/dev/null)" ] ||
		facts <<<"a VXLAN overlay, its number and its lower device | overlay 4242 inner0 | [i($inode, 'over0')[k] for k in ('mode', 'vni', 'on')]"
	[ -z "$(ip -n "$net" -o link show mac0 2>/dev/null)" ] ||
		facts <<<"a macvlan device and its lower device | macvlan inner0 | [i($inode, 'mac0')[k] for k in ('mode', 'on')]"
	kill "$wired"
else
	skip "network: cannot create veth pairs, bridges or named namespaces (not possible here)"
fi
net_cleanup

# Unprivileged: missing permissions are reported, and nothing is guessed.
unprivileged=(setpriv --reuid 65534 --regid 65534 --clear-groups)
copy=$directory/cgward && cp "$CGWARD" "$copy" && chmod 755 "$copy"
if "${unprivileged[@]}" "$copy" --version >/dev/null 2>&1; then
	"${unprivileged[@]}" "$copy" inspect --json --rates 0 "$group" >"$directory/inspect.json"
	facts <<-END
		namespaces of another user's process are reported as hidden | True None | "namespaces" in p($plain)["hidden"], p($plain)["namespaces"]["net"]
		the root directory of another user's process is hidden, its privilege unknown | True unknown | "root" in p($plain)["hidden"], p($plain)["confinement"]["privilege"]
		namespaces of the user's own process are read | $(inode_of "$user_process" net) none | p($user_process)["namespaces"]["net"], p($user_process)["confinement"]["privilege"]
	END
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --make-rprivate / && mount -t proc -o hidepid=2 proc /proc && exec "$@"' - \
		"${unprivileged[@]}" "$copy" inspect --json --rates 0 "$group" >"$directory/inspect.json"
	facts <<<"processes that /proc hides are counted | True False | d['out_of_view'] >= 3, any(p['pid'] == $plain for p in d['processes'])"
else
	skip "missing permissions: the program cannot be run by another user"
fi

# In a container PID 1 is the container's own: namespaces shared with the machine must still be
# recognized.
# shellcheck disable=SC2016
contained() {
	(enter "$group" memory pids cpu cpuacct freezer && exec unshare -p -m -u -i --fork sh -c \
		'mount --make-rprivate / && mount -t proc proc /proc && "$@"; exit' - \
		"$CGWARD" inspect --json --rates 0 "$group" >"$directory/inspect.json")
}
if is_root && contained; then
	net=False && [ "$(inode_of $$ net)" = 4026531833 ] && net=True
	facts <<-END
		in a container: its own namespaces | 0 0 0 | [sum(bool(n["host"]) for n in d["namespaces"] if n["kind"] == k) for k in ("pid", "uts", "ipc")]
		in a container: namespaces of the machine | True True | [any(n["host"] for n in d["namespaces"] if n["kind"] == k) for k in ("user", "cgroup")]
		in a container: the network namespace is not guessed to be the machine's | $net | any(n["host"] for n in d["namespaces"] if n["kind"] == "net")
	END
else
	skip "in a container: unshare cannot create one here"
fi

# Processes that start and exit while being read.
start sh -c 'while :; do /bin/true; done'
churn=$started
inspect_repeatedly() { for _ in $(seq 8); do "$CGWARD" inspect --json --rates 10ms "$group" | python3 -m json.tool >/dev/null || return 1; done; }
check "processes that exit while being read cause no error" inspect_repeatedly
kill "$churn"

status "inspect: no such group" 8 "$CGWARD" inspect /no-such-group-anywhere
status "inspect: missing group" 2 "$CGWARD" inspect
