# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # the benchmark sets mounts and name
# Sourced by the benchmarks: creates and removes their groups, below $name in the hierarchies
# $mounts.

# hierarchies CONTROLLER...: prints the mount points of v1 hierarchies with one of these
# controllers, or else of v2.
hierarchies() {
	local found
	found=$(awk -v controllers="$*" 'BEGIN { n = split(controllers, c, " "); for (j = 1; j <= n; j++) is[c[j]] = 1 }
		{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup") { n = split($(i + 3), o, ",");
		for (j = 1; j <= n; j++) if (o[j] in is) print $5 } }' /proc/self/mountinfo | sort -u)
	[ -n "$found" ] || found=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo)
	echo "$found"
}

# make_groups COUNT [PARTS]: creates b1 to bCOUNT below g0 to g49 (or PARTS groups) in each of
# $mounts.
make_groups() {
	local mount
	for mount in $mounts; do
		seq "$1" | awk -v top="$mount/$name" -v parts="${2:-50}" '{ print top "/g" $1 % parts "/b" $1 }' | xargs mkdir -p
	done
}

# remove_groups: fails if a group contains processes.
remove_groups() {
	local mount
	for mount in $mounts; do
		[ ! -d "$mount/$name" ] || find "$mount/$name" -depth -type d -exec rmdir {} + || return 1
	done
}
