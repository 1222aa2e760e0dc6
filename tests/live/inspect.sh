#!/usr/bin/env bash
# What is in a group and what isolates it, with namespaces, chroots, filters and capabilities made here,
# against lsns, getpcaps, ip and /proc.
. "$(dirname "$0")/lib.sh"

group=$(make_group inspect memory pids cpu cpuacct freezer)
other=$(make_group other memory)
child=$group/child
for controller in memory pids cpu; do mkdir -p "$(mount_of $controller)$child" 2>/dev/null; done
directory=$(mktemp -d) && test_files+=("$directory")
chmod 755 "$directory"

# look OPTION... GROUP: one reading, kept for facts.
look() { "$CGWARD" inspect --json "$@" >"$directory/look.json"; }
# facts: lines "NAME | WANTED | EXPRESSION" of python over the last look: d, p(PID), n(KIND, INODE), i(INODE, NAME).
facts() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = lambda pid: next(p for p in d["processes"] if p["pid"] == pid)
n = lambda kind, inode: next(n for n in d["namespaces"] if n["kind"] == kind and n["inode"] == inode)
i = lambda inode, name: next(i for x in d["networks"] if x["inode"] == inode for i in x["interfaces"] if i["name"] == name)
for line in sys.stdin:
	name, wanted, expression = (part.strip() for part in line.rstrip("\n").split(" | ", 2))
	try: got = eval(expression)
	except Exception as error: got = repr(error)
	got = " ".join(map(str, got)) if isinstance(got, (list, tuple)) else str(got)
	if got != wanted: print(f"wanted: {wanted}\ngot:    {got}")
	print(("ok " if got == wanted else "not ok ") + name)' "$directory/look.json"
}

# start COMMAND...: in the group, in the background; $started is its pid.
start() {
	(enter "$group" memory pids cpu cpuacct freezer && exec "$@") &
	started=$!
	test_pids+=("$started")
}
runs() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
inode_of() { readlink "/proc/$1/ns/$2" | tr -dc 0-9; }
# lsns reads all of /proc and gives up on a line that goes away meanwhile.
lsns_of() {
	local found
	for _ in 1 2 3 4 5; do
		found=$(lsns -n -r -o "$1" -t "$2" -p "$3" 2>/dev/null | head -n 1)
		[ -z "$found" ] || break
	done
	echo "$found"
}
child_of() { ps -o pid=,stat=,args= --ppid "$1" | awk -v want="$2" '($2 " " $3) ~ want { print $1; exit }' | grep .; }
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
	nobody=$started
	# Namespaces of all kinds, made by an unprivileged user.
	start setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U -r -m -p -n -i -u -C -T --monotonic 1000 \
		--fork --kill-child sh -c 'hostname inside-box; exec sleep 2000'
	maker=$started
	for pid in "$alone" "$bounded" "$nobody"; do wait_for 30 runs "$pid" sleep; done
	wait_for 30 root_is "$jailed" "$directory"
	wait_for 30 child_of "$maker" ' sleep'
	(enter "$other" memory && exec nsenter -t "$alone" -n sleep 1000) &
	guest=$!
	test_pids+=("$guest")
	wait_for 30 runs "$guest" sleep
fi
for pid in "$plain" "$limited"; do wait_for 30 runs "$pid" sleep; done
wait_for 30 child_of "$parent" '^Z'
wait_for 30 grep -q 2J "/proc/$filtered/comm"

look --rates 0 "$group"
facts <<-END
	a process is in its group | $group | p($plain)["group"]
	its command line | sleep 1000 | p($plain)["command"]
	its parent | $$ | p($plain)["parent"]
	in our own namespaces it has one number | $plain | p($plain)["inner_pid"]
	no rate is told of one look | None | p($plain)["cpu_percent"]
	a child that nobody reaped | Z $parent | p($(child_of "$parent" '^Z'))["state"], p($(child_of "$parent" '^Z'))["parent"]
	filters of system calls are counted | filtered 2 True | [p($filtered)["confinement"][k] for k in ("seccomp", "seccomp_filters", "no_new_privs")]
	without one there is none | off 0 False | [p($plain)["confinement"][k] for k in ("seccomp", "seccomp_filters", "no_new_privs")]
	a hostile name breaks no parser | $$ | p($filtered)["parent"]
	limits of open files, and the OOM score | 123 456 321 | p($limited)["confinement"]["rlimits"]["nofile"] + [p($limited)["confinement"]["oom_score_adj"]]
END
if is_root; then
	facts <<-END
		a chroot shows | $directory | p($jailed)["confinement"]["root"]
		capabilities are those of getpcaps | $(getpcaps "$bounded" 2>&1 | sed -E 's/^[^=]*: *=? *//; s/[+=].*//') | ",".join(p($bounded)["confinement"]["capabilities"]["effective"])
		a few harmless ones are some privilege | some | p($bounded)["confinement"]["privilege"]
		no capability is no privilege | none | p($nobody)["confinement"]["privilege"]
		all that this machine gives is full | full | p($plain)["confinement"]["privilege"]
		another group shares a namespace | 1 $other | [n("net", $(inode_of "$alone" net))["others"]] + n("net", $(inode_of "$alone" net))["groups"]
	END
else
	skip "chroot, capabilities, shared namespaces: only root makes them (not possible here)"
fi
if [ -n "${maker:-}" ] && child_of "$maker" ' sleep' >/dev/null; then
	inner=$(child_of "$maker" ' sleep')
	for kind in mnt pid net ipc uts user cgroup time; do
		cat <<-END
			the $kind namespace is the one of /proc | $(inode_of "$inner" $kind) | p($inner)["namespaces"]["$kind"]
			the $kind namespace is the one of lsns | $(lsns_of NS $kind "$inner") | p($inner)["namespaces"]["$kind"]
			the $kind namespace is not the host's | False | n("$kind", $(inode_of "$inner" $kind))["host"]
			the $kind namespace of others is | True | n("$kind", $(inode_of "$limited" $kind))["host"]
		END
	done | facts
	facts <<-END
		it is the first process in there | 1 True | p($inner)["inner_pid"], p($inner)["init"]
		its user is root in there alone | 65534 0 | p($inner)["uid"], p($inner)["inner_uid"]
		root of a user namespace of its own | inner | p($inner)["confinement"]["privilege"]
		the hostname in there | inside-box | n("uts", $(inode_of "$inner" uts))["hostname"]
		the map of users | 0 65534 1 | n("user", $(inode_of "$inner" user))["uid_map"].replace("\\\\x0a", "").split()
		the offset of the clock | True | "monotonic 1000" in " ".join(n("time", $(inode_of "$inner" time))["offsets"].split())
		nobody else is in there | 0 0 | n("net", $(inode_of "$inner" net))["others"], n("net", $(inode_of "$inner" net))["group_count"]
	END
	same "the list of all namespaces has it with lsns' count" "$(lsns_of NPROCS net "$inner")" \
		"$("$CGWARD" inspect --namespaces --json | python3 -c "
import json, sys
print(next(n['processes'] for n in json.load(sys.stdin)['namespaces'] if n['inode'] == $(inode_of "$inner" net)))")"
else
	skip "namespaces of all kinds: unshare cannot make them here"
fi
look --threads --rates 0 --processes "pid:$plain"
facts <<-END
	pid:N finds the group | $group | d["group"]
	threads are rows | sleep $plain | p($plain)["name"], p($plain)["leader"]
END
check "no name is obeyed by a terminal" sh -c '! "$@" | grep -q "$(printf "\033")"' - "$CGWARD" inspect --rates 0 --threads "$group"

# What bounds it: the group above, or nothing.
pids_mount=$(mount_of pids)
if [ -e "$pids_mount$group/pids.max" ]; then
	echo 777 >"$pids_mount$group/pids.max"
	look --limits --rates 0 "$child"
	facts <<-END
		the group above bounds the one beneath | 777 pids.max $group | [d["limits"]["pids"][k] for k in ("bound", "by", "set_by")]
		what is bounded is not in the verdict | False | "pids" in d["verdict"]["unlimited"]
	END
	echo max >"$pids_mount$group/pids.max"
	look --limits --rates 0 "$child"
	if [ -z "$test_top" ]; then
		facts <<<'without a limit it is | True | "pids" in d["verdict"]["unlimited"]'
	else
		skip "without a limit it is: who gave us this subtree may have bounded it (not possible here)"
	fi
else
	skip "bounds of pids: the group has no such file here"
fi
# v1: a process in different groups of different hierarchies.
if [ "$(mount_of memory)" != "$(mount_of cpu)" ] && [ -e "$(mount_of cpu)$child" ]; then
	echo "$nobody" >"$(mount_of cpu)$child/cgroup.procs"
	look --processes --rates 0 "$group"
	facts <<<"the group of each hierarchy | $child | next(g for h, g in p($nobody)['groups'].items() if 'cpu' in h.split(','))"
else
	skip "different groups in different hierarchies: one hierarchy here"
fi

# Network: a pair behind a bridge, an overlay, a device on the wire of another.
net=cgt$$
net_cleanup() {
	for link in br h; do ip link del "$net-$link" 2>/dev/null; done
	ip netns del "$net" 2>/dev/null
}
trap 'net_cleanup; test_cleanup' EXIT
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
	differs_much() { differs "$wired" net && [ "$(sent)" -gt 50000 ]; }
fi
if [ -n "${wired:-}" ] && wait_for 30 differs_much; then
	inode=$(inode_of "$wired" net)
	before=$(sent)
	look --network --rates 2s "$group"
	after=$(sent)
	facts <<-END
		a pair behind a bridge | veth bridged $net-h $net-br | [i($inode, "inner0")[k] for k in ("kind", "mode", "on", "on_member_of")]
		its address | True | "198.51.100.7/24" in i($inode, "inner0")["addresses"]
		the bytes sent are those of /proc | True | $before <= i($inode, "inner0")["sent_bytes"] <= $after
		what is sent a second is of that order | True | 5000 < i($inode, "inner0")["sent_bytes_per_s"] < 110000
		the namespace is not the host's | False | next(x["host"] for x in d["networks"] if x["inode"] == $inode)
	END
	before=$(sent)
	metric=$("$CGWARD" get -b "$group" net.tx)
	after=$(sent)
	check "net.tx counts what left the group's networks" test "$before" -le "$metric" -a "$metric" -le "$after"
	same "nothing of the host's network is a group's" - "$("$CGWARD" get "$child" net.tx)"
	[ -z "$(ip -n "$net" -o link show over0 2>/dev/null)" ] ||
		facts <<<"an overlay, its number, what it is on | overlay 4242 inner0 | [i($inode, 'over0')[k] for k in ('mode', 'vni', 'on')]"
	[ -z "$(ip -n "$net" -o link show mac0 2>/dev/null)" ] ||
		facts <<<"a device on another's wire | macvlan inner0 | [i($inode, 'mac0')[k] for k in ('mode', 'on')]"
	kill "$wired"
else
	skip "network: no veth, bridge or named namespace can be made here (not possible here)"
fi
net_cleanup

# Rights that are missing are said, and nothing is guessed.
poor=(setpriv --reuid 65534 --regid 65534 --clear-groups)
copy=$directory/cgward && cp "$CGWARD" "$copy" && chmod 755 "$copy"
if "${poor[@]}" "$copy" --version >/dev/null 2>&1; then
	"${poor[@]}" "$copy" inspect --json --rates 0 "$group" >"$directory/look.json"
	facts <<-END
		another user's namespaces are hidden, not invented | True None | "namespaces" in p($plain)["hidden"], p($plain)["namespaces"]["net"]
		so is its root, and its privilege not known | True unknown | "root" in p($plain)["hidden"], p($plain)["confinement"]["privilege"]
		one's own are read | $(inode_of "$nobody" net) none | p($nobody)["namespaces"]["net"], p($nobody)["confinement"]["privilege"]
	END
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --make-rprivate / && mount -t proc -o hidepid=2 proc /proc && exec "$@"' - \
		"${poor[@]}" "$copy" inspect --json --rates 0 "$group" >"$directory/look.json"
	facts <<<"processes that /proc hides are counted | True False | d['out_of_view'] >= 3, any(p['pid'] == $plain for p in d['processes'])"
else
	skip "missing rights: the program cannot be run by another user"
fi

# Inside a container PID 1 is the container's: what is shared with the machine is still told apart.
# shellcheck disable=SC2016
contained() {
	(enter "$group" memory pids cpu cpuacct freezer && exec unshare -p -m -u -i --fork sh -c \
		'mount --make-rprivate / && mount -t proc proc /proc && "$@"; exit' - \
		"$CGWARD" inspect --json --rates 0 "$group" >"$directory/look.json")
}
if is_root && contained; then
	net=False && [ "$(inode_of $$ net)" = 4026531833 ] && net=True
	facts <<-END
		from inside a container: what is its own | 0 0 0 | [sum(bool(n["host"]) for n in d["namespaces"] if n["kind"] == k) for k in ("pid", "uts", "ipc")]
		from inside a container: what is the machine's | True True | [any(n["host"] for n in d["namespaces"] if n["kind"] == k) for k in ("user", "cgroup")]
		from inside a container: no network is called the machine's by guess | $net | any(n["host"] for n in d["namespaces"] if n["kind"] == "net")
	END
else
	skip "inside a container: unshare cannot make one here"
fi

# Processes that come and go while they are read.
start sh -c 'while :; do /bin/true; done'
churn=$started
tear() { for _ in $(seq 8); do "$CGWARD" inspect --json --rates 10ms "$group" | python3 -m json.tool >/dev/null || return 1; done; }
check "processes that exit while they are read harm nobody" tear
kill "$churn"

status "inspect: no such group" 8 "$CGWARD" inspect /no-such-group-anywhere
status "inspect: no group named" 2 "$CGWARD" inspect
