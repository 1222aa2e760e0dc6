#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line: help, the dashboard without its name, one meaning for each short option; and
# every example in the help works as it is.
. "$(dirname "$0")/lib.sh"
XDG_CONFIG_HOME=$(mktemp -d) && test_files+=("$XDG_CONFIG_HOME")
export XDG_CONFIG_HOME

mapfile -t commands < <("$CGWARD" version --json | python3 -c 'import json, sys; print(*json.load(sys.stdin)["commands"], sep="\n")')
check "there are commands" test "${#commands[@]}" -gt 10

same "version and --version print the same" "$("$CGWARD" --version)" "$("$CGWARD" version)"
same "version --json and --version --json print the same" "$("$CGWARD" --version --json)" "$("$CGWARD" version --json)"
same "help and --help print the same" "$("$CGWARD" --help)" "$("$CGWARD" help)"
differing=
for command in "${commands[@]}"; do
	[ "$("$CGWARD" "$command" --help)" = "$("$CGWARD" help "$command")" ] || differing+=" $command"
	"$CGWARD" help | grep -q "^  $command " || differing+=" $command is not listed"
done
same "help COMMAND prints the help of every command" "" "$differing"
same "help suggests a command" "cgward help: unknown command 'inspct'; did you mean 'inspect'? see 'cgward help --help'" "$("$CGWARD" help inspct 2>&1)"
status "help of two commands" 2 "$CGWARD" help dump get

# A letter that means different things in two commands is a trap.
letters=$(for command in "${commands[@]}"; do "$CGWARD" help "$command" | sed -nE 's/^ +-(.), --([a-z-]+).*/\1 \2/p'; done | sort -u)
same "each short option has one meaning" "" "$(cut -d ' ' -f 1 <<<"$letters" | uniq -d)"
same "no command is without examples" "" "$(for command in "${commands[@]}"; do
	"$CGWARD" help "$command" | grep -q '^Examples:$' || echo "$command"
done)"
same "no line of the help is wider than 100 columns" "" "$(for command in "${commands[@]}"; do "$CGWARD" help "$command" | grep -E '^.{101}'; done)"

if "$CGWARD" help top >/dev/null 2>&1; then
	same "options without a command are those of top" 2 "$("$CGWARD" --cgroup-root /sys/fs/cgroup --flat --batch --count 1 | head -n 2 | wc -l)"
	same "an unknown option is looked up in those of top" "cgward top: unknown option '--falt'; did you mean '--flat'? see 'cgward top --help'" "$("$CGWARD" --falt 2>&1)"
	# timeout puts itself in the background, where the kernel stops a program that changes the terminal.
	[ -z "$(command -v script)" ] || status "a dashboard in the background ends with SIGTERM" 0 \
		timeout 30 env TERM=xterm script -qec "timeout 1 '$CGWARD'; test \$? = 124" /dev/null
	same "the dashboard needs a terminal, with or without options" 2 "$({ "$CGWARD"; "$CGWARD" --flat; } 2>&1 </dev/null | grep -c "must be a terminal")"
fi

# Without an enforcement, the status reports that, also to programs.
empty=$(mktemp -d) && test_files+=("$empty")
status "status without an enforcement has its own exit status" 13 "$CGWARD" status --state "$empty"
same "status without an enforcement prints one line" "cgward status: no 'cgward enforce' is running (state directory $empty)" "$("$CGWARD" status --state "$empty" 2>&1)"
same "status --json without an enforcement is a document" "False" "$("$CGWARD" status --json --state "$empty" 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["running"])')"

# The examples, in order, in a mount namespace with its own journal of changes and state.
if ! is_root || ! may unshare -m true || [ -z "$(mount_of pids)" ] || [ -z "$(mount_of freezer cgroup)" ]; then
	skip "examples: requires root to create groups"
	exit 0
fi
if "$CGWARD" get nginx.service id >/dev/null 2>&1; then
	skip "examples: this machine has a group nginx.service"
	exit 0
fi
work=$(mktemp -d) && test_files+=("$work")
cd "$work" || exit 1
mkdir bin recordings && ln -s "$(realpath "$CGWARD")" bin/cgward
seq 100 >access.log
printf '[limit nginx]\nmatch = nginx.service\npids.max = 500\n' >new.conf
controllers=(memory pids cpu cpuacct freezer blkio)
group=$(make_group help "${controllers[@]}")
container=docker-4f2f0c3b6a5d$(printf '%052d' 0).scope
batch=$test_top/$test_name-batch
"$CGWARD" record --interval 200ms --count 5 today.cgwr >/dev/null 2>&1

# prepare COMMAND-LINE: what the example requires exists.
prepare() {
	local controller
	for controller in "${controllers[@]}"; do make_below "$group" "$controller" nginx.service; done
	make_below "$group" pids "$container"
	if [ ! -d "/proc/${service:-none}" ] || is_dead "$service"; then
		(enter "$group/nginx.service" "${controllers[@]}" && exec sleep 1000) &
		service=$!
		test_pids+=("$service")
		wait_for is_in_group "$service" freezer "$group/nginx.service"
	fi
	case $1 in
	*"create "*) "$CGWARD" delete --journal "$work" --recursive "$batch" >/dev/null 2>&1 ;;
	*)
		make_group batch "${controllers[@]}" >/dev/null && make_below "$batch" pids small && make_below "$batch" freezer small
		[[ $1 != *delete* ]] || "$CGWARD" kill --journal "$work" "$batch" >/dev/null 2>&1
		;;
	esac
	[[ $1 != *undo* ]] || change=$(run_example "cgward set --json --direct nginx.service pids.max=$((++limit))" | grep -m 1 -oE '"change": [0-9]+' | tr -cd 0-9)
}
limit=400
# run_example COMMAND-LINE: with the names of this test instead of those of the example.
run_example() {
	local line=${1//\/batch/$batch}
	line=${line//1234/$service}
	line=${line//undo 12/undo ${change:-}}
	unshare -m bash -c 'mount --make-rprivate / && mount --bind "$1" /run && cd "$2" && export PATH=$2/bin:$PATH TERM=xterm XDG_CONFIG_HOME=$2
		if [ "$4" = screen ]; then exec script -qec "${3//cgward/timeout --foreground 3 cgward}" /dev/null; fi
		set -o pipefail && eval "${3/cgward/timeout -s INT 4 cgward}"' - "$run" "$work" "$line" "${2:-}" </dev/null 2>&1
}
run=$(mktemp -d) && test_files+=("$run")
for command in "" "${commands[@]}"; do
	while read -r line; do
		screen=
		[[ ! $line =~ ^cgward(\ top.*)?$ || $line == *--batch* ]] || screen=screen
		prepare "$line"
		output=$(run_example "$line" "$screen")
		got=$?
		case $got:$line in
		# This machine may have no enforcement, or be without cgroup v2, or without DAMON that is free.
		9:*'cgward probe --damon '*) check "example: $line" grep -q 'DAMON' <<<"$output" ;;
		9:*'cgward probe '*) check "example: $line" grep -q 'requires cgroup v2' <<<"$output" ;;
		0:* | 11:*--dry-run* | 13:*'cgward status'* | 12:*'| head' | 124:*) ok "example: $line" ;;
		*)
			echo "$output" | head -n 5
			not_ok "example: $line (status $got)"
			;;
		esac
	done < <("$CGWARD" help ${command:+"$command"} | sed -n '/^Examples:$/,$s/^  cgward/cgward/p')
done
