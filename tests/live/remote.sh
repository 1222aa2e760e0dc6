#!/usr/bin/env bash
# Other machines over ssh: an sshd of our own on the loopback, with keys and a configuration of its own. What
# the other side does stands in its authorized_keys: a key a way to behave.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)

sshd=$(command -v sshd || echo /usr/sbin/sshd)
if [ ! -x "$sshd" ] || ! command -v ssh-keygen >/dev/null; then
	skip "remote: sshd is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
chmod 700 "$work"
mkdir "$work/bin" && ln -s "$(realpath "$CGWARD")" "$work/bin/cgward"
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

cat >"$work/far" <<EOF
#!/bin/bash
# far MODE: what runs on the other side.
export PATH=$work/bin:\$PATH
echo "\$1 \$SSH_ORIGINAL_COMMAND" >>"$work/commands"
echo "\$\$" >>"$work/pids.\$1"
case \$1 in
good) exec bash -c "\$SSH_ORIGINAL_COMMAND" ;;
stuck) bash -c "\$SSH_ORIGINAL_COMMAND --count 1"; exec sleep 1000 ;;
newer) bash -c "\$SSH_ORIGINAL_COMMAND" | sed -u 's/"stream":1/"stream":7/' ;;
old) echo "cgward dump: unrecognized option '--stream'" >&2; exit 2 ;;
missing) exec bash -c 'cgwardd dump' ;;
hostile) printf '\033]0;owned\007%s\n' '{"stream":1'; printf '\033[2J you are owned\n' >&2; exit 1 ;;
endless) tr '\0' x </dev/zero ;;
torrent) bash -c "\$SSH_ORIGINAL_COMMAND --count 1" | head -n 1; yes '{"sample":1,"realtime_ns":1,"boottime_ns":1,"monotonic_ns":1,"cost_ns":1}
{"group":"/","id":1}' ;;
escape) bash -c "\$SSH_ORIGINAL_COMMAND --count 1" | sed 's#"group":"/[^"]\+"#"group":"/../../etc"#' ;;
esac
EOF
chmod 700 "$work/far"
modes=(good stuck newer old missing hostile endless torrent escape)
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
	echo "restrict,command=\"$work/far $mode\" $(cat "$work/key.$mode.pub")" >>"$work/authorized"
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
for _ in $(seq 50); do
	ssh -F "$work/ssh_config" -o BatchMode=yes good true 2>/dev/null && break
	sleep 0.2
done
if ! ssh -F "$work/ssh_config" -o BatchMode=yes good true 2>"$work/why"; then
	skip "remote: $(tail -n 1 "$work/why") (not possible here)"
	exit 0
fi
: >"$work/commands"
far() { timeout 60 "$CGWARD" dump --ssh "ssh -F $work/ssh_config" "$@"; }

group=$(make_group remote pids)
echo 41 >"$(mount_of pids)$group/pids.max"
same "a figure of another machine is the kernel's" 41 "$(far --host good -n -r -o pids.max --match "$group")"
same "only dump runs there" "good cgward dump --ndjson --stream 1 --interval 1000000us --count 1 -o group,id,pids.max" "$(cat "$work/commands")"
mkdir -p "$(mount_of pids)$group/x/y" "$(mount_of pids)$group/z"
same "all groups are there, in their order" "$("$CGWARD" dump -n -r -o group --match "$group/**")" \
	"$(far --host good -n -r -o group --match "$group/**")"
weird=$group/$'a\x1b[1m b'
mkdir "$(mount_of pids)$weird"
same "a hostile name comes as it is" "$("$CGWARD" dump --csv -n -o group --match "$group/*")" \
	"$(far --host good --csv -n -o group --match "$group/*")"
same "limits above bind there too" 41 "$(far --host good -n -r -o pids.max.effective --match "$group")"
check "rates are taken" sh -c 'echo "$1" | grep -qE "^[0-9.]+%?$"' - "$(far --host good --rates=1s -n -r -o cpu --match /)"

# Several, of which some are lost.
far --host good --host closed --host missing --host old --host newer -o group,pids.max >"$work/out" 2>"$work/err"
same "a look that did not reach all says so" 5 $?
check "those that were reached are there" grep -q "^/good$group  *41" "$work/out"
check "those that were not, too" grep -q '^/closed  *-' "$work/out"
for words in 'closed: lost: .*refused' 'missing: lost: cgward not found on the host' 'old: lost: incompatible cgward' 'newer: lost: stream schema 7 is not'; do
	check "why: $words" grep -q "$words" "$work/err"
done
far --host closed >/dev/null 2>&1
same "one that cannot be reached fails" 1 $?

# What is sent to do harm.
far --host hostile >"$work/out" 2>"$work/err"
same "hostile output fails" 1 $?
quiet() { ! grep -q $'\033' "$work/out" "$work/err"; }
check "and no terminal gets to see it" quiet
far --host endless >"$work/out" 2>"$work/err"
same "a line without end fails" 1 $?
check "and says so" grep -q 'line longer than' "$work/err"
far --host escape >"$work/out" 2>"$work/err"
same "a path out of the tree fails" 1 $?
far --host=-oProxyCommand=touch\ "$work/owned" >/dev/null 2>"$work/err"
same "a host that is an option is refused" 2 $?
check "and runs nothing" test ! -e "$work/owned"

# A slow one does not hold up the other.
started=$SECONDS
far --host good --host stuck --interval 300ms --count 20 -n -r -o group,pids.max --match "/*$group" >"$work/out" 2>"$work/err"
check "all samples came" test "$(grep -c " /good$group 41\$" "$work/out")" -ge 10
# The stuck one would hold it up for a thousand seconds.
check "the stuck one holds up nobody" test $((SECONDS - started)) -lt 200
check "and the other is called slow" grep -q 'stuck: slow: no sample for' "$work/err"

# A lost one is tried again, and goes on.
: >"$work/pids.good" && rm -f "$work/out"
far --host good --interval 300ms --count 16 -n -r -o group,pids.max --match "$group" >"$work/out" 2>"$work/err" &
watcher=$!
check "samples come" wait_for 60 test -s "$work/out"
kill -KILL "$(tail -n 1 "$work/pids.good")"
wait "$watcher"
same "a connection that broke is made again" 0 $?
check "that it was lost is said" grep -q 'good: lost: connection ended' "$work/err"
same "by two connections" 2 "$(wc -l <"$work/pids.good")"
same "all samples came" 16 "$(wc -l <"$work/out")"

# Who sends without end has a share of a CPU, not all of it: after the burst that anyone may take.
"$CGWARD" dump --ssh "ssh -F $work/ssh_config" --host torrent --interval 1s -o group,id >/dev/null 2>&1 &
watcher=$!
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$watcher/stat"; }
sleep 15
before=$(cpu_ticks)
sleep 5
after=$(cpu_ticks)
kill "$watcher"
wait "$watcher" 2>/dev/null
check "a host that floods has less than half a CPU ($(((after - before) / 5)) %)" test $((after - before)) -lt 250

# The dashboard tells a host what to do: asked with its name, done by a verb over there.
if command -v tmux >/dev/null && "$CGWARD" top --help >/dev/null 2>&1 && [ -n "$(mount_of pids)" ]; then
	# shellcheck source=tests/tui/terminal.sh
	. "$top/tests/tui/terminal.sh"
	trap 'terminal_cleanup; test_cleanup' EXIT
	acted=$(make_group acted pids)
	: >"$work/commands"
	terminal_open 100 30
	type_line "clear; $(realpath "$CGWARD") top --ssh 'ssh -F $work/ssh_config' --host good --host closed"
	check "a lost host is marked" screen_shows 'closed lost' 60
	check "the screen shows the groups of the other" screen_shows "${acted##*/}" 60
	press '/'
	terminal send-keys -l "${acted##*/}"
	press Enter F8
	terminal send-keys -l 'pids.max=33'
	press Enter
	check "the question names the host" screen_shows 'On host good:' 30
	check "and says what the verb there would do" screen_shows 'pids.max would become 33' 60
	same "nothing is done before the answer" max "$(file_of pids "$acted" pids.max)"
	press Enter
	check "it is done" wait_for 60 sh -c '[ "$(cat "$1")" = 33 ]' - "$(mount_of pids)$acted/pids.max"
	check "and said" screen_shows 'good: ' 30
	id=$("$CGWARD" dump -n -r -o id --match "$acted")
	same "by a verb over ssh" "good cgward set --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id $id --enable -- $acted pids.max\\=33" \
		"$(grep -v -e dump -e dry-run "$work/commands")"
	press u
	check "taking back is asked too" screen_shows 'On host good:' 30
	check "with what it would do" screen_shows "${acted##*/}: pids.max" 60
	press Enter
	check "and done" wait_for 60 sh -c '[ "$(cat "$1")" = max ]' - "$(mount_of pids)$acted/pids.max"
	# Processes over there are moved and signalled, and a group is removed.
	sleep 600 &
	victim=$!
	test_pids+=("$victim")
	press m
	terminal send-keys -l "$victim"
	press Enter
	check "moving is asked" screen_shows 'On host good:' 30
	press Enter
	check "and done there" wait_for 60 grep -qx "$victim" "$(mount_of pids)$acted/cgroup.procs"
	check "and said" screen_shows 'moved into the group' 30
	press k
	check "signals are offered" screen_shows '15 TERM' 30
	press Enter
	check "the signal is asked about" screen_shows 'On host good:' 30
	press Enter
	check "and sent there" wait_for 60 dead "$victim"
	check "and said" screen_shows 'sent signal' 30
	mkdir "$(mount_of pids)$acted/inner"
	check "it is on the screen" screen_shows "─inner" 60
	press Down D
	check "removing it is asked" screen_shows 'inner: would be deleted' 60
	rmdir "$(mount_of pids)$acted/inner"
	mkdir "$(mount_of pids)$acted/inner"
	press Enter
	check "another group that took its name is spared" screen_shows 'another group now has this name' 60
	check "and is there" test -d "$(mount_of pids)$acted/inner"
	press /
	terminal send-keys -l inner
	press Enter
	sleep 2 # it is on the screen as itself
	press D
	check "removing it is asked again" screen_shows 'On host good:' 30
	press Enter
	check "and done there" wait_for 60 test ! -d "$(mount_of pids)$acted/inner"
	press q
	terminal_close
else
	skip "the dashboard's actions: no tmux, no dashboard, or no pids controller (not possible here)"
fi
sleep 0.5
same "no ssh is left" "" "$(pgrep -f "ssh -F $work/ssh_config" | xargs)"
