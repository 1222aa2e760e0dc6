# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced after tests/live/lib.sh: runs cgward in tmux at a fixed size.
#
# Each script has its own tmux server and socket, without configuration files.

command -v tmux >/dev/null || { echo "skip tui: tmux is not installed"; exit 0; }
terminal_count=0
terminal_socket=cgward-test-tui-$$-0
terminal_home=$(mktemp -d)
export XDG_CONFIG_HOME=$terminal_home
unset NO_COLOR COLORFGBG COLUMNS LINES

terminal() { tmux -L "$terminal_socket" -f /dev/null "$@"; }

# terminal_open WIDTH HEIGHT [OPTION...]: opens a terminal with a shell.
terminal_open() {
	terminal_close
	# A server that is exiting could end a new one on the same socket: use another socket each
	# time.
	terminal_count=$((terminal_count + 1))
	terminal_socket=cgward-test-tui-$$-$terminal_count
	terminal new-session -d -x "$1" -y "$2" "${@:3}" env LC_ALL=C.UTF-8 PS1='ready$ ' bash --norc --noprofile -i
	screen_shows 'ready$' || echo "no shell in the terminal"
}
terminal_close() { terminal kill-server 2>/dev/null || true; }

type_line() { terminal send-keys -l "$1" && terminal send-keys Enter; }
# press KEY...: sends keys by their tmux names. After Escape, waits for the screen to change, if it
# does: the next key would be read as Alt with that key if the program had not read Escape yet.
press() {
	local key before
	for key in "$@"; do
		before=$(screen)
		terminal send-keys "$key"
		[ "$key" != Escape ] || CGWARD_TEST_DEADLINE=5 wait_for screen_differs "$before"
		sleep "${KEY_PAUSE:-0.15}"
	done
}
screen() { terminal capture-pane -p 2>/dev/null; }
screen_differs() { [ "$(screen)" != "$1" ]; }
screen_in_colour() { terminal capture-pane -p -e; }

# screen_shows TEXT: waits until TEXT is on the screen; screen_hides, until it is not.
has_on_screen() { screen | grep -qF -- "$1"; }
has_on_screen_or_ended() { { has_on_screen "$1" && screen_found=yes; } || ! terminal has-session; }
screen_shows() {
	# Not captured a second time: the screen may be drawn again meanwhile.
	screen_found=
	wait_for has_on_screen_or_ended "$1"
	[ -z "$screen_found" ] || return 0
	echo "'$1' is not on the screen:"
	screen
	return 1
}
screen_hides() {
	wait_for is_not has_on_screen "$1" && return 0
	echo "'$1' is on the screen:"
	screen
	return 1
}
# program_pid: prints the PID of cgward in the terminal.
program_pid() {
	local shell
	shell=$(terminal display-message -p '#{pane_pid}')
	pgrep -P "$shell" -x cgward | head -n 1
}
terminal_cleanup() {
	terminal_close
	rm -rf "$terminal_home" "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/cgward-test-tui-$$-"*
}
