# shellcheck shell=bash
# shellcheck disable=SC2154 # mounts and name are theirs
# Sourced by the benchmarks: groups of their own in the hierarchies that carry what is measured, under $name.

# hierarchies CONTROLLER...: mount points of v1's hierarchies with one of these, else of v2's.
hierarchies() {
	local found
	found=$(awk -v wanted="$*" 'BEGIN { n = split(wanted, w, " "); for (j = 1; j <= n; j++) is[w[j]] = 1 }
		{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup") { n = split($(i + 3), o, ",");
		for (j = 1; j <= n; j++) if (o[j] in is) print $5 } }' /proc/self/mountinfo | sort -u)
	[ -n "$found" ] || found=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo)
	echo "$found"
}

# make_groups COUNT [PARTS]: b1 to bCOUNT in every one of $mounts, beneath g0 to g49, or as many as there are parts.
make_groups() {
	local mount
	for mount in $mounts; do
		seq "$1" | awk -v top="$mount/$name" -v parts="${2:-50}" '{ print top "/g" $1 % parts "/b" $1 }' | xargs mkdir -p
	done
}

# Fails where something still is in one of them.
remove_groups() {
	local mount
	for mount in $mounts; do
		[ ! -d "$mount/$name" ] || find "$mount/$name" -depth -type d -exec rmdir {} + || return 1
	done
}
