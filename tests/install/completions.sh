#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The installed completions in real shells: commands, options, keys, groups; untrusted names are
# quoted.
set -uo pipefail
: "${ROOT:?requires the installation root}"
CGWARD=$ROOT/usr/bin/cgward
# shellcheck source=tests/live/lib.sh
. "$(cd "$(dirname "$0")" && pwd)/../live/lib.sh"
work=$(mktemp -d) && test_files+=("$work")
cd "$work" || exit 1
export PATH=$ROOT/usr/bin:$PATH

# shellcheck disable=SC2016
group=$(make_group 'x$(touch${IFS}fired)' pids)
group_start=${group%-x*}
# A unit is selected by its name, anywhere in the tree.
unit=$(make_group unit.service pids)
unit=${unit##*/}
# A container is selected by the beginning of its ID.
container=$(make_group box pids)
make_below "$container" pids "docker-4f2f0c3b6a5d$(printf '%052d' 0).scope"
# A change that can be undone, in the journal of this machine.
change=$("$CGWARD" create --json "$test_top/$test_name-undoable" 2>/dev/null | grep -m 1 -oE '"change": [0-9]+' | tr -cd 0-9)
# A view and a theme of the user.
export XDG_CONFIG_HOME=$work/config
mkdir -p "$XDG_CONFIG_HOME/cgward/themes"
cp "$ROOT/usr/share/cgward/themes/slate" "$XDG_CONFIG_HOME/cgward/themes/evening"
"$CGWARD" --flat --sort io --save-view disks
device=$(find /sys/block -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | head -n 1)

# complete_bash WORD...: prints the completions of the last word, one per line.
complete_bash() {
	bash --norc -c '
		. "$1"; shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		compopt() { :; }
		_cgward
		printf "%s\n" "${COMPREPLY[@]}"' - "$ROOT/usr/share/bash-completion/completions/cgward" cgward "$@"
}
# tab_bash LINE: prints the line in a real terminal after Tab.
tab_bash() {
	python3 - "$ROOT/usr/share/bash-completion/completions/cgward" "$1" "$CGWARD_TEST_DEADLINE" <<-'PY'
		import fcntl, os, pty, re, select, struct, sys, termios, time
		deadline = time.monotonic() + int(sys.argv[3])
		pid, terminal = pty.fork()
		if pid == 0:
		    os.environ["PS1"] = "> "
		    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
		def read_until(word):
		    text = b""
		    while (not text or word.encode() not in text) and select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
		        try:
		            text += os.read(terminal, 65536)
		        except OSError:
		            break
		    return text.decode(errors="replace")
		fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 300, 0, 0))
		read_until("> ")
		os.write(terminal, b"bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; . '%s'; PS1='RE''ADY '\n" % sys.argv[1].encode())
		read_until("READY ") # the prompt: from now on, readline and not the terminal echoes
		os.write(terminal, sys.argv[2].encode())
		text = read_until(sys.argv[2])
		# Readline inserts a Tab that is followed by more input, so wait until it has written something.
		os.write(terminal, b"\t")
		text += read_until("")
		os.write(terminal, b"#END")
		text += read_until("#END")
		print(re.sub(r"[\r\n\a]", "", text).removesuffix("#END"))
		os.write(terminal, b"\x15exit\n")
		read_until("exit\r\n")
	PY
}
complete_fish() {
	fish --no-config -c "source '$ROOT/usr/share/fish/vendor_completions.d/cgward.fish'; complete -C 'cgward $*'" | cut -f 1
}
# complete_zsh WORD...: types Tab in a pseudo-terminal of zsh and prints the listed completions.
complete_zsh() {
	within_deadline zsh -f -c '
		zmodload zsh/zpty
		zpty z zsh -f -i
		zpty -w z "PROMPT=; RPROMPT=; unset zle_bracketed_paste; LISTMAX=10000; stty -echo cols 300 rows 60"
		zpty -w z "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; zstyle \":completion:*\" list-colors"
		zpty -w z "show_end() { zle -I; print \"E\"ND; }; zle -N show_end; bindkey \"^T\" show_end"
		zpty -w z "bindkey \"^I\" list-choices; echo RE""ADY"
		zpty -r z line "*READY*"
		zpty -w -n z "$2"$'"'\t\x14'"'
		# The widget that the next key runs shows that the list is complete.
		zpty -r z all "*END*"
		print -r -- "$all"' - "$ROOT/usr/share/zsh/site-functions" "cgward $*" 2>/dev/null | tr -d '\r'
}

# offers SHELL EXPECTED WORD...
offers() {
	local shell=$1 expected=$2 got
	shift 2
	got=$("complete_$shell" "$@")
	if grep -qF -- "$expected" <<<"$got"; then ok "$shell: '$*' is completed to $expected"; else
		head -n 5 <<<"$got"
		not_ok "$shell: '$*' is completed to $expected"
	fi
}

for shell in bash fish zsh; do
	if ! command -v "$shell" >/dev/null; then
		skip "$shell: not installed"
		continue
	fi
	offers "$shell" dump du
	offers "$shell" --json dump --js
	offers "$shell" memory.current dump -o memory.cur
	offers "$shell" "$group_start" get "$group_start"
	offers "$shell" pids.current get / pids.cur
	offers "$shell" "$unit" get "${unit%.service}"
	offers "$shell" 4f2f0c3b6a5d get 4f2f
	offers "$shell" TERM kill --signal TE
	offers "$shell" plain --theme pl
	offers "$shell" plain --flat --theme pl
	offers "$shell" --theme --th
	offers "$shell" explain help exp
	offers "$shell" evening --theme ev
	offers "$shell" disks --view di
	offers "$shell" disks top --delete-view di
	if [ -n "$change" ]; then offers "$shell" "$change" undo "${change:0:1}"; fi
	# zsh lists completions without their suffix.
	offers "$shell" "memory.swap.max$([ "$shell" = zsh ] || echo "=")" set / memory.swap.ma
	[ "$shell" = bash ] || [ -z "$device" ] || offers "$shell" "$device" set / "io.max.wbps=${device:0:1}"
	check "$shell: a group name is not run as a command" test ! -e fired
done
# Names of containers and pods that their engines keep; a name that two have selects none.
for id in 1 2 3; do
	make_below "$container" pids "cri-containerd-$(printf '%064x' $id).scope"
done
make_below "$container" pids kubepods-pod12345678-1234-1234-1234-123456789abc.slice
names=$(unshare --mount bash -c 'mount -t tmpfs tmpfs /var/log && mkdir -p /var/log/containers "/var/log/pods/default_web-0_12345678-1234-1234-1234-123456789abc" &&
	touch "/var/log/containers/a_default_only-$(printf %064x 1).log" "/var/log/containers/b_default_twice-$(printf %064x 2).log" \
		"/var/log/containers/c_default_twice-$(printf %064x 3).log" && "$1" --complete get ""' - "$CGWARD" 2>/dev/null)
if [ -z "$names" ]; then
	skip "completions of names of containers (not possible here)"
else
	same "names of containers and pods are completed" "only web-0" "$(grep -xE 'only|twice|web-0' <<<"$names" | xargs)"
fi
if [ -n "$device" ]; then
	offers bash "$device" set / io.max.wbps =
	offers bash "$device" set / io.max.wbps = "${device:0:1}"
fi
same "bash: Tab completes a control up to its value" "cgward set / memory.swap.max=" "$(tab_bash "cgward set / memory.swap.ma")"
same "bash: Tab completes a unit" "cgward get $unit " "$(tab_bash "cgward get ${unit%.service}")"
offers bash "cpu.usage,memory.current" dump -o cpu.usage,memory.cur
same "bash: an untrusted name is quoted" "$(printf %q "$group")" "$(complete_bash get "$group_start" | grep fired)"
for name in 'a\x2db.slice:docker:0123' 'c d' $'e\001f' 'g=h'; do
	made=$(make_group "$name" pids)
	line=$(tab_bash "cgward get $group_start-${name:0:1}")
	same "bash: $(printf %q "$name") is completed to the group" "$made" \
		"$(bash --norc -c "$line group" | python3 -c 'import sys; print(sys.stdin.read().strip().replace("\\x01", "\1"))')"
done
same "bash: a name with a colon is completed" "cgward get ${group_start}-a\\\\x2db.slice:docker:0123 " \
	"$(tab_bash "cgward get ${group_start}-a\\\\x2db.slice:do")"
check "bash: shellcheck accepts the script" shellcheck -s bash -e SC2207 "$ROOT/usr/share/bash-completion/completions/cgward"
check "zsh: the script parses" zsh -n "$ROOT/usr/share/zsh/site-functions/_cgward"
# Every option in --help of every command is completed.
for command in $("$CGWARD" --version --json | python3 -c 'import json, sys; print(*json.load(sys.stdin)["commands"])'); do
	same "bash: all options of $command are completed" "$("$CGWARD" "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort)" \
		"$(complete_bash "$command" -- | sort)"
done
