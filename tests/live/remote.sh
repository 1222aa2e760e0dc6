#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Remote hosts over ssh: a separate sshd on the loopback interface. Each key in authorized_keys
# selects a behaviour of the remote side.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)

sshd=$(command -v sshd || echo /usr/sbin/sshd)
if [ ! -x "$sshd" ] || ! command -v ssh-keygen >/dev/null; then
	skip "remote hosts: sshd is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
chmod 700 "$work"
mkdir "$work/bin" && ln -s "$(realpath "$CGWARD")" "$work/bin/cgward"
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

cat >"$work/remote" <<EOF
#!/bin/bash
# remote MODE: runs on the remote side.
export PATH=$work/bin:\$PATH
echo "\$1 \$SSH_ORIGINAL_COMMAND" >>"$work/commands"
echo "\$\$" >>"$work/pids.\$1"
case \$1 in
good) exec bash -c "\$SSH_ORIGINAL_COMMAND" ;;
stuck) bash -c "\$SSH_ORIGINAL_COMMAND --count 1"; exec sleep 1000 ;;
newer) bash -c "\$SSH_ORIGINAL_COMMAND" | LC_ALL=C sed -u '1s/stream 1/stream 7/' ;;
old) echo "cgward dump: unrecognized option '--stream'" >&2; exit 2 ;;
missing) exec bash -c 'cgwardd dump' ;;
malicious) printf '\033]0;owned\007%s\n' 'cgward stream 1'; printf '\033[2J you are owned\n' >&2; exit 1 ;;
endless) tr '\0' x </dev/zero ;;
flood) bash -c "\$SSH_ORIGINAL_COMMAND --count 1" >"$work/flood"; head -n 1 "$work/flood"
	tail -n +2 "$work/flood" >"$work/sample"; while cat "$work/sample"; do :; done ;;
damaged) bash -c "\$SSH_ORIGINAL_COMMAND --count 1" | head -c -1; echo x ;;
esac
EOF
chmod 700 "$work/remote"
modes=(good stuck newer old missing malicious endless flood damaged)
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/sshd_config" <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
MaxStartups 100
EOF
for mode in "${modes[@]}"; do
	ssh-keygen -q -t ed25519 -N '' -C "$mode" -f "$work/key.$mode"
	echo "restrict,command=\"$work/remote $mode\" $(cat "$work/key.$mode.pub")" >>"$work/authorized"
	printf 'Host %s\n\tHostName 127.0.0.1\n\tIdentityFile %s\n' "$mode" "$work/key.$mode" >>"$work/ssh_config"
done
cat >>"$work/ssh_config" <<EOF
Host closed
	HostName 127.0.0.1
	Port 1
Host *
	Port $port
	User $(id -un)
	IdentitiesOnly yes
	UserKnownHostsFile $work/known
	StrictHostKeyChecking no
	LogLevel ERROR
EOF
"$sshd" -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
test_pids+=($!)
connects() { ssh -F "$work/ssh_config" -o BatchMode=yes good true 2>"$work/why"; }
connects_or_ended() { connects || ! kill -0 "${test_pids[-1]}"; }
wait_for connects_or_ended
if ! connects; then
	skip "remote hosts: $(tail -n 1 "$work/why") (not possible here)"
	exit 0
fi
: >"$work/commands"
dump_hosts() { within_deadline "$CGWARD" dump --ssh "ssh -F $work/ssh_config" "$@"; }

group=$(make_group remote pids)
echo 41 >"$(mount_of pids)$group/pids.max"
same "a value of a remote host equals the kernel's" 41 "$(dump_hosts --host good --noheadings -r -o pids.max --match "$group")"
same "only dump runs on the remote host" "good cgward dump --stream 1 --interval 1000000us --count 1 -o group,id,pids.max" "$(cat "$work/commands")"
# With an ssh that knows the hosts of this test.
mkdir "$work/bin"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$work/ssh_config" >"$work/bin/ssh"
chmod +x "$work/bin/ssh"
follow_in=(env "PATH=$work/bin:$PATH")
follow "cgward dump --host '%s'" "$("$CGWARD" top --batch --host good 2>&1 </dev/null)"
follow_in=()
mkdir -p "$(mount_of pids)$group/x/y" "$(mount_of pids)$group/z"
same "a remote dump has all groups in the same order" "$("$CGWARD" dump --noheadings -r -o group --match "$group/**")" \
	"$(dump_hosts --host good --noheadings -r -o group --match "$group/**")"
untrusted=$group/$'a\x1b[1m b'
mkdir "$(mount_of pids)$untrusted"
same "an untrusted group name is transferred unchanged" "$("$CGWARD" dump --csv --noheadings -o group --match "$group/*")" \
	"$(dump_hosts --host good --csv --noheadings -o group --match "$group/*")"
same "a remote dump has effective limits" 41 "$(dump_hosts --host good --noheadings -r -o pids.max.effective --match "$group")"
check "a remote dump has rates" sh -c 'echo "$1" | grep -qE "^[0-9.]+%?$"' - "$(dump_hosts --host good --rates=1s --noheadings -r -o cpu --match /)"

# Several hosts, some of them unreachable.
dump_hosts --host good --host closed --host missing --host old --host newer -o group,pids.max >"$work/out" 2>"$work/err"
same "some hosts unreachable: exit status 5" 5 $?
check "groups of reachable hosts are printed" grep -q "^/good$group  *41" "$work/out"
check "unreachable hosts are printed" grep -q '^/closed  *-' "$work/out"
for words in 'closed: lost: .*refused' 'missing: lost: cgward not found on the host' 'old: lost: incompatible cgward' 'newer: lost: stream schema 7 is not'; do
	check "the reason is reported: $words" grep -q "$words" "$work/err"
done
dump_hosts --host closed >/dev/null 2>&1
same "all hosts unreachable: exit status 1" 1 $?

# Malicious hosts.
dump_hosts --host malicious >"$work/out" 2>"$work/err"
same "malicious output is an error" 1 $?
is_escaped() { ! grep -q $'\033' "$work/out" "$work/err"; }
check "malicious output is escaped" is_escaped
dump_hosts --host endless >"$work/out" 2>"$work/err"
same "endless output is an error" 1 $?
check "endless output is reported" grep -q 'the first line is not that of cgward' "$work/err"
dump_hosts --host damaged >"$work/out" 2>"$work/err"
same "a damaged sample is an error" 1 $?
check "a damaged sample is reported" grep -q 'invalid stream: ' "$work/err"
dump_hosts --host=-oProxyCommand=touch\ "$work/owned" >/dev/null 2>"$work/err"
same "a host name that is an ssh option is refused" 2 $?
check "a refused host name runs nothing" test ! -e "$work/owned"

# A host that is stuck for a thousand seconds does not delay the others.
dump_hosts --host good --host stuck --interval 300ms --count 60 --noheadings -r -o group,pids.max --match "/*$group" >"$work/out" 2>"$work/err"
check "a stuck host does not delay the others" test $? != 124 # the status of timeout
check "the other host delivers its samples" test "$(grep -c " /good$group 41\$" "$work/out")" -ge 10
check "a stuck host is reported as slow" grep -q 'stuck: slow: no sample for' "$work/err"

# A lost connection is re-established.
# sshd does not end a command that neither reads nor writes.
xargs kill <"$work/pids.stuck" 2>/dev/null
: >"$work/pids.good" && rm -f "$work/out"
dump_hosts --host good --interval 300ms --count 16 --noheadings -r -o group,pids.max --match "$group" >"$work/out" 2>"$work/err" &
watcher=$!
check "samples arrive before the connection breaks" wait_for test -s "$work/out"
kill -KILL "$(tail -n 1 "$work/pids.good")"
wait "$watcher"
same "a broken connection is re-established" 0 $?
check "the loss of the connection is reported" grep -q 'good: lost: connection ended' "$work/err"
same "there were two connections" 2 "$(wc -l <"$work/pids.good")"
same "all samples arrive" 16 "$(wc -l <"$work/out")"

# A host that floods gets a limited share of a CPU after its initial burst.
"$CGWARD" dump --ssh "ssh -F $work/ssh_config" --host flood --interval 1s -o group,id >/dev/null 2>&1 &
watcher=$!
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$watcher/stat"; }
uses_less_than_half() { # of a CPU in five seconds, in ticks of 10 ms
	local before
	before=$(cpu_ticks)
	sleep 5
	[ $(($(cpu_ticks) - before)) -lt 250 ]
}
check "a host that floods uses less than half a CPU" wait_for uses_less_than_half
kill "$watcher"
wait "$watcher" 2>/dev/null

# Actions of the dashboard on a remote host: confirmed with the host's name, run there as commands.
if command -v tmux >/dev/null && "$CGWARD" top --help >/dev/null 2>&1 && [ -n "$(mount_of pids)" ]; then
	# shellcheck source=tests/tui/terminal.sh
	. "$top/tests/tui/terminal.sh"
	test_at_exit+=(terminal_cleanup)
	target=$(make_group target pids)
	: >"$work/commands"
	terminal_open 130 30
	type_line "clear; $(realpath "$CGWARD") top --ssh 'ssh -F $work/ssh_config' --host good --host closed"
	check "an unreachable host is marked" screen_shows 'closed lost'
	target_name=${target##*/}
	# The column of names is narrow.
	check "groups of the reachable host are shown" screen_shows "${target_name:0:19}"
	press '/'
	terminal send-keys -l "${target##*/}"
	press Enter F8
	terminal send-keys -l 'pids.max=33'
	press Enter
	check "the confirmation names the host" screen_shows 'On host good:'
	check "the confirmation shows the change" screen_shows 'pids.max would become 33'
	same "nothing is changed before the confirmation" max "$(file_of pids "$target" pids.max)"
	press Enter
	check "the limit is changed on the host" wait_for sh -c '[ "$(cat "$1")" = 33 ]' - "$(mount_of pids)$target/pids.max"
	check "the change is reported" screen_shows 'good: '
	ids=$("$CGWARD" dump --noheadings -r -o ids --match "$target")
	same "the change is made by a command over ssh" "good cgward set --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id $ids --enable -- $target pids.max\\=33" \
		"$(grep -v -e dump -e dry-run "$work/commands")"
	press u
	check "undo asks for confirmation" screen_shows 'On host good:'
	check "undo shows the change" screen_shows "${target##*/}: pids.max"
	press Enter
	check "the change is undone on the host" wait_for sh -c '[ "$(cat "$1")" = max ]' - "$(mount_of pids)$target/pids.max"
	# Processes on the host are moved and signalled, and a group is removed.
	sleep 1000 &
	victim=$!
	test_pids+=("$victim")
	press m
	terminal send-keys -l "$victim"
	press Enter
	check "move asks for confirmation" screen_shows 'On host good:'
	press Enter
	check "the process is moved on the host" wait_for grep -qx "$victim" "$(mount_of pids)$target/cgroup.procs"
	check "the move is reported" screen_shows "move $target: done"
	press k
	check "signals are listed" screen_shows '15 TERM'
	press Enter
	check "kill asks for confirmation" screen_shows 'On host good:'
	press Enter
	check "the signal is sent on the host" dead "$victim"
	check "the signal is reported" screen_shows "kill $target: done"
	inner=inner-$$
	mkdir "$(mount_of pids)$target/$inner"
	# Its row may be below the screen, and the next one that of another process's group.
	finds_inner() {
		press / C-u
		terminal send-keys -l "$inner"
		press Enter
		sleep 0.5
		has_on_screen "/good$target/$inner"
	}
	check "a new group on the host is found" wait_for finds_inner
	press D
	check "remove asks for confirmation" screen_shows "$inner: would be deleted"
	rmdir "$(mount_of pids)$target/$inner"
	mkdir "$(mount_of pids)$target/$inner"
	press Enter
	check "a group re-created under the same name is not removed" screen_shows 'another group now has this name'
	check "the re-created group still exists" test -d "$(mount_of pids)$target/$inner"
	echo 43 >"$(mount_of pids)$target/$inner/pids.max"
	check "the re-created group is shown" screen_shows '0/43'
	asks_again() { finds_inner && press D && screen_shows "$inner: would be deleted"; }
	check "remove asks for confirmation again" asks_again
	# Not for the group of another row.
	! has_on_screen "$inner: would be deleted" || press Enter
	is_removed() { [ ! -d "$(mount_of pids)$target/$inner" ]; }
	check "the group is removed on the host when it is confirmed again" wait_for is_removed
	press q
	terminal_close
else
	skip "actions of the dashboard: no tmux, no dashboard, or no pids controller (not possible here)"
fi
has_no_ssh() { ! pgrep -f "ssh -F $work/ssh_config"; }
check "no ssh process is left" wait_for has_no_ssh
