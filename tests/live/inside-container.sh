#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In a container with its own cgroup namespace and a read-only cgroupfs, / is the container's group:
# what is not visible or not possible there is stated, and the reason is true.
. "$(dirname "$0")/lib.sh"

mount=$(mount_of pids)
if ! is_root || [ -z "$mount" ] || ! may unshare -C -m true; then
	skip "inside a container: unshare cannot create one here"
	exit 0
fi
type=cgroup options=ro,pids
[ "$(version_of "$mount")" = 1 ] || type=cgroup2 options=ro
group=$(make_group inside pids)
view=$(mktemp -d) && test_files+=("$view")
# inside COMMAND...: runs cgward in the group, as its container sees it.
inside() {
	(
		enter "$group" pids
		exec unshare -C -m sh -c 'mount --make-rprivate / && mount -t "$1" -o "$2" none "$3" && view=$3 && shift 3 && cgward=$1 command=$2 &&
			shift 2 && exec "$cgward" "$command" --cgroup-root "$view" "$@"' - "$type" "$options" "$view" "$CGWARD" "$@" 2>&1
	)
}
printf '[limit all]\nmatch = /**\npids.max = 100\n' >"$view.policy" && test_files+=("$view.policy")

same "its group is /" / "$(inside dump -r --noheadings -o group)"
same "it has values" 1 "$(inside get / pids.current)"
same "a change of / is refused for a reason that is true" \
	"cgward set: cannot set pids.max=5 on /: the root group is protected: it contains all processes that are visible here, and can be changed from outside" \
	"$(inside set / pids.max=5)"
check "a group cannot be created in a read-only file system" grep -q 'mounted read-only' <<<"$(inside create /new)"
check "explain: limits above / are not visible" grep -q 'limits of groups above / are not visible' <<<"$(inside explain --rates 100ms /)"
check "inspect: the same" grep -Eq 'not visible +limits of groups above /' <<<"$(inside inspect --rates 0 /)"
check "doctor: the same" grep -q '/ is not the root group of the machine' <<<"$(inside doctor)"
same "JSON: the same" false \
	"$(inside explain --rates 100ms --json / | python3 -c 'import json, sys; print(str(json.load(sys.stdin)["all_limits_visible"]).lower())')"
same "check: the policy is not enforced there" "not enforced here: all cgroup hierarchies are mounted read-only" \
	"$(inside check "$view.policy" | head -n 1)"
check "enforce: the same" grep -q 'all cgroup hierarchies are mounted read-only' <<<"$(inside enforce --policy "$view.policy")"
check "outside, all limits are visible" sh -c '! "$1" explain --rates 100ms / | grep -q "not visible"' - "$CGWARD"
