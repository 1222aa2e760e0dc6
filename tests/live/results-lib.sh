# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the scripts that test: one line for each test, "ok NAME", "not ok NAME" or
# "skip NAME: REASON", and exit status 1 if a test failed. What a script needs to do at its end goes
# into test_files, test_at_exit or test_cleanup(): a trap of its own would lose that status.

test_files=() # removed at the end
# A file, because tests also fail in subshells.
test_failures=$(mktemp)

ok() { echo "ok $*"; }
not_ok() {
	echo "not ok $*"
	echo "$*" >>"$test_failures"
}
skip() { echo "skip $*"; }

# check NAME COMMAND...: ok if COMMAND succeeds.
check() {
	# Not `name`: the command may be a function that uses a variable of the script.
	local check_name=$1
	shift
	if "$@"; then ok "$check_name"; else not_ok "$check_name"; fi
}

# logged NAME COMMAND...: check, with the end of the output only if COMMAND fails.
logged() {
	local logged_name=$1 log
	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then ok "$logged_name"; else
		tail -n 20 "$log"
		not_ok "$logged_name"
	fi
	rm -f "$log"
}

# same NAME EXPECTED ACTUAL
same() {
	if [ "$2" = "$3" ]; then ok "$1"; else
		echo "expected: $2"
		echo "got:      $3"
		not_ok "$1"
	fi
}

# status NAME EXPECTED COMMAND...: compares the exit status of COMMAND.
status() {
	local check_name=$1 check_expected=$2 got
	shift 2
	"$@" >/dev/null 2>&1
	got=$?
	same "$check_name" "$check_expected" "$got"
}

# Functions of the script that run before the cleanup.
test_at_exit=()
# test_end: exits with status 1 if a test failed.
test_end() {
	local end_status=$? function
	for function in "${test_at_exit[@]}"; do "$function"; done
	! declare -F test_cleanup >/dev/null || test_cleanup
	[ ${#test_files[@]} -eq 0 ] || rm -rf "${test_files[@]}"
	if [ -s "$test_failures" ]; then
		[ "$end_status" -ne 0 ] || end_status=1
	elif [ "$end_status" -ne 0 ]; then
		not_ok "ended with status $end_status"
	fi
	rm -f "$test_failures"
	exit "$end_status"
}
trap test_end EXIT
trap 'exit 1' INT TERM
