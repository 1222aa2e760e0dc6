#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# net.socket against transfers whose bytes and packets are known: TCP and UDP over loopback between two
# groups in the network namespace of the host, segments and retransmissions against what the kernel counts
# for a network namespace of their own.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/samples-lib.sh
. "$(dirname "$0")/samples-lib.sh"

reason=$("$CGWARD" doctor | sed -n 's/^sockets *//p')
case $reason in
works*) ;;
*)
	check "the reason is known" test -n "${reason#*unavailable: }"
	skip "network: ${reason#*unavailable: } (not possible here)"
	exit 0
	;;
esac
work=$(mktemp -d) && test_files+=("$work")
value() { sample_value "$1" "net.socket.$2"; }
has_value() { [ "$(value "$1" "$2")" = "$3" ]; }
lines() { wc -l <"$work/samples"; }
has_lines() { [ "$(lines)" -ge "$1" ]; }
next_samples() {
	local count
	count=$(lines)
	wait_for has_lines $((count + 3 * groups))
}

# talk.py ROLE KIND COUNT FILE: the server answers each message of 1000 bytes with 100, and the client waits for
# the answer; "bulk" is a megabyte without answer. Both close their sockets; a file FILE.ROLE.done exists then.
cat >"$work/talk.py" <<'PYTHON'
import os, socket, sys, time
role, kind, count, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
def receive(s, size):
    while size > 0: size -= len(s.recv(size))
def wait(name):
    while not os.path.exists(name): time.sleep(0.01)
family = socket.AF_INET6 if kind.endswith("6") else socket.AF_INET
udp = kind.startswith("udp")
s = socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
if role == "server":
    s.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    if not udp: s.listen()
    open(path + ".new", "w").write(str(s.getsockname()[1]))
    os.rename(path + ".new", path)
    peer = None if udp else s.accept()[0]
    if kind == "bulk":
        while peer.recv(65536): pass
        count = 0
    for i in range(count):
        if udp:
            s.recv(1000, socket.MSG_PEEK)
            address = s.recvfrom(1000)[1]
            s.sendto(bytes(100), address)
        else:
            peer.recv(1000, socket.MSG_PEEK)
            receive(peer, 1000)
            peer.sendall(bytes(100))
    if not udp:
        peer.recv(1) # the end
        peer.close()
else:
    wait(path)
    s.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", int(open(path).read())))
    sendfile = open("/dev/zero", "rb") if kind == "sendfile" else None
    if sendfile:
        data = open(path + ".data", "w+b")
        data.write(bytes(1000))
        data.flush()
    if kind == "bulk":
        s.sendall(bytes(1000000))
        count = 0
    for i in range(count):
        if sendfile: os.sendfile(s.fileno(), data.fileno(), 0, 1000)
        else: s.send(bytes(1000))
        receive(s, 100)
s.close()
open(f"{path}.{role}.done", "w")
time.sleep(600)
PYTHON
# talk KIND COUNT NAME [COMMAND...]: both processes in their groups, run by COMMAND, until they have closed.
talk() {
	local kind=$1 count=$2 file=$work/$3 role started=()
	shift 3
	for role in server client; do
		(enter "$top/$role" cpu cpuacct; exec "$@" python3 "$work/talk.py" $role "$kind" "$count" "$file") &
		started+=($!)
		test_pids+=($!)
	done
	wait_for test -e "$file.server.done" && wait_for test -e "$file.client.done"
	next_samples
	kill -KILL "${started[@]}"
	wait "${started[@]}" 2>/dev/null
}
# remember: the values of both groups; since ROLE KEY: what was added.
declare -A before
remember() {
	local role key
	lost=$(value / lost)
	for role in server client; do
		for key in rx tx rx_packets tx_packets retransmits; do before[$role.$key]=$(value "$top/$role" $key); done
	done
}
# transferred NAME EXPECTED ACTUAL SIZE: every call of SIZE is counted, or as lost: from Linux 7.0 on, the kernel does not run a
# program if a task was preempted while it ran it.
transferred() {
	local missing=$((($2 - $3) / $4))
	if [ "$missing" -gt 0 ] && [ "$missing" -le $(($(value / lost) - lost)) ]; then
		ok "$1 ($missing counted as lost)"
	else
		same "$1" "$2" "$3"
	fi
}
since() { echo $(($(value "$top/$1" "$2") - ${before[$1.$2]})); }

top=$(make_group top cpu cpuacct)
mount=$(mount_of cpuacct)
for group in server client; do
	make_below "$top" cpu $group
	[ -z "$mount" ] || mkdir -p "$mount$top/$group"
done
links() { grep -h '^link_type' "/proc/$1/fdinfo/"* 2>/dev/null | grep -vc iter; }
keys=group$(printf ,net.socket.%s rx tx rx_packets tx_packets retransmits lost)
"$CGWARD" dump --interval 0.3 --ndjson -o "$keys" --match / --match "$top" --match "$top/*" >"$work/samples" &
sampler=$!
test_pids+=("$sampler")
check "groups without traffic have 0" wait_for has_value "$top/client" rx 0
same "the programs are attached while a metric is read" 4 "$(links $sampler)"
groups=4

# In the network namespace of the host.
for kind in tcp tcp6 udp udp6 sendfile; do
	[ $kind != sendfile ] || python3 -c 'import os, sys; sys.exit(tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2]) < (6, 5))' ||
		{ skip "sendfile: before Linux 6.5 the kernel does not report it (not possible here)"; continue; }
	[[ $kind != *6 ]] || grep -qs '^0*1 ' /proc/net/if_inet6 || { skip "$kind: no IPv6 (not possible here)"; continue; }
	remember
	talk $kind 500 $kind
	transferred "$kind: the client sent what it sent" 500000 "$(since client tx)" 1000
	transferred "$kind: the server received that" 500000 "$(since server rx)" 1000
	transferred "$kind: the server sent its answers" 50000 "$(since server tx)" 100
	transferred "$kind: the client received them" 50000 "$(since client rx)" 100
	case $kind in udp*)
		transferred "$kind: each datagram is a packet (client out)" 500 "$(since client tx_packets)" 1
		transferred "$kind: each datagram is a packet (server in)" 500 "$(since server rx_packets)" 1
		transferred "$kind: each datagram is a packet (server out)" 500 "$(since server tx_packets)" 1
		transferred "$kind: each datagram is a packet (client in)" 500 "$(since client rx_packets)" 1
		;;
	esac
done
remember
python3 -c 'import socket
a, b = socket.socketpair()
for i in range(100): a.send(bytes(1000)); b.recv(1000)' # in the group of this test
same "a group includes its descendants" $(($(value "$top/client" tx) + $(value "$top/server" tx))) "$(value "$top" tx)"
(enter "$top/client" cpu cpuacct; python3 -c 'import socket
a, b = socket.socketpair()
for i in range(100): a.send(bytes(1000)); b.recv(1000)')
next_samples
same "sockets of other families do not count" 0 "$(since client tx)"
same "only the root counts what was lost" - "$(value "$top" lost)"
check "the root has a number" grep -q '"net.socket.lost":[0-9]' <<<"$("$CGWARD" dump --ndjson -o group,net.socket.lost --match /)"

# Removed groups: what they sent remains in the sum of the group above.
sum=$(value "$top" tx)
for controller in cpu cpuacct; do rmdir "$(mount_of $controller)$top/server" "$(mount_of $controller)$top/client" 2>/dev/null; done
next_samples
next_samples
same "the parent keeps what removed groups sent" "$sum" "$(value "$top" tx)"
for group in server client; do
	mkdir -p "$(mount_of cpu)$top/$group"
	[ -z "$mount" ] || mkdir -p "$mount$top/$group"
done

# In a network namespace of their own the kernel counts their segments, and nothing else.
if ! is_root || ! may unshare -n ip link set lo up; then
	skip "segments: requires ip, and a new network namespace (not possible here)"
else
	unshare -n sleep 600 &
	namespace=$!
	test_pids+=("$namespace")
	is_ready() { [ "$(readlink "/proc/$namespace/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for is_ready
	inside() { nsenter -t $namespace -n "$@"; }
	# counted NAME: a counter of TCP.
	counted() {
		inside awk -v name="$1" '/^Tcp:/ { if (!n) n = split($0, names); else for (i in names) if (names[i] == name) print $i }' /proc/self/net/snmp
	}
	all() { echo $(($(since client "$1") + $(since server "$1"))); }
	inside ip link set lo mtu 1500 up
	check "groups with the same names begin at 0" wait_for has_value "$top/client" tx 0
	remember
	talk tcp 500 segments nsenter -t $namespace -n
	# The kernel answers a SYN, and a FIN after the socket was closed, for no socket.
	echo "kernel: $(counted OutSegs) out, $(counted InSegs) in; net.socket: $(all tx_packets) out, $(all rx_packets) in"
	check "the segments sent are those of the kernel" test $(($(counted OutSegs) - $(all tx_packets))) -ge 0 -a $(($(counted OutSegs) - $(all tx_packets))) -le 3
	check "the segments received are those of the kernel" test $(($(counted InSegs) - $(all rx_packets))) -ge 0 -a $(($(counted InSegs) - $(all rx_packets))) -le 3
	same "nothing was sent again" 0 "$(all retransmits)"

	# A queue that drops what it has no room for; then an address where nothing answers.
	if inside tc qdisc add dev lo root tbf rate 8mbit burst 3kb limit 6kb 2>/dev/null; then
		remember
		repeated=$(counted RetransSegs)
		talk bulk 1 bulk nsenter -t $namespace -n
		inside tc qdisc del dev lo root
		repeated=$(($(counted RetransSegs) - repeated))
		check "segments were lost ($repeated)" test "$repeated" -gt 0
		same "retransmissions are those of the kernel" "$repeated" "$(all retransmits)"
	else
		skip "lost segments: no tc, or a kernel without tbf (not possible here)"
	fi
	if inside ip link add one type veth peer name other 2>/dev/null; then
		for link in one other; do inside ip link set $link up; done
		inside ip address add 198.18.0.1/24 dev one
		inside ip neighbour add 198.18.0.2 lladdr 02:00:00:00:00:02 dev one
		remember
		repeated=$(counted RetransSegs)
		(enter "$top/client" cpu cpuacct; exec nsenter -t $namespace -n python3 -c 'import socket
s = socket.socket()
s.settimeout(4)
try: s.connect(("198.18.0.2", 1))
except OSError: pass')
		next_samples
		repeated=$(($(counted RetransSegs) - repeated))
		check "a connection attempt was repeated ($repeated)" test "$repeated" -gt 0
		same "it counts for the group that connects" "$repeated" "$(since client retransmits)"
		same "and so does the first one" $((repeated + 1)) "$(since client tx_packets)"
	else
		skip "a connection without answer: no veth (not possible here)"
	fi
fi

# A rule asks for a rate, and the exports have families.
if [ "$(id -u)" = 0 ] && "$CGWARD" enforce --help >/dev/null 2>&1; then
	printf '[policy]\ninterval = 200ms\nstate = %s/run\n[rule sends]\nmatch = %s\nwhen = net.socket.tx.rate > 10k\nthen = log\n' \
		"$work" "$top/client" >"$work/policy.conf"
	"$CGWARD" enforce --policy "$work/policy.conf" 2>"$work/log" &
	daemon=$!
	test_pids+=("$daemon")
	has_links() { [ "$(links "$daemon")" = "$1" ]; }
	check "a rule attaches the programs" wait_for has_links 4
	(enter "$top/client" cpu cpuacct; exec python3 -c 'import socket, time
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
while True:
    s.sendto(bytes(1000), s.getsockname())
    s.recv(1000)
    time.sleep(0.01)') &
	sender=$!
	test_pids+=("$sender")
	has_acted() { grep -q sends "$work/log"; }
	check "it acts on the rate" wait_for has_acted
	kill -TERM $daemon
	kill -KILL $sender
	wait $daemon $sender 2>/dev/null
fi
check "the exports have a family" grep -q '^# TYPE cgward_net_socket_rx_bytes_total counter' <<<"$("$CGWARD" dump --prometheus \
	-o net.socket.rx --below "$top")"
