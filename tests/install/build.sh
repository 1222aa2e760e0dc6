#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The build system: both generators, parts that are left out, missing packages, a tree inside another
# project, an installation into another prefix, and how much a change of a metric rebuilds.
set -uo pipefail
: "${ROOT:?requires the installation root}"
top=$(cd "$(dirname "$0")/../.." && pwd)
CGWARD=$ROOT/usr/bin/cgward
# shellcheck source=tests/live/lib.sh
. "$top/tests/live/lib.sh"
# In the tree, so that ccache finds the same objects for each of these builds and in other clones.
mkdir -p "$top/build"
work=$(mktemp -d -p "$top/build") && test_files+=("$work")
jobs=$(nproc)

# A copy, because a test below adds rows to its tables.
source=$work/source
mkdir "$source" && tar -C "$top" --exclude=./build --exclude=.git -c . | tar -C "$source" -x
configure() { # DIRECTORY OPTION...
	cmake -S "$source" -B "$@" -DCMAKE_BUILD_TYPE=Debug
}
# without PACKAGE...: configures where pkg-config does not find these packages.
without() {
	local name
	rm -rf "$work/found" "$work/without" && mkdir "$work/found"
	for name in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
		ln -sf -t "$work/found" "$name"/*.pc 2>/dev/null
	done
	for name in "$@"; do rm "$work/found/$name.pc"; done
	PKG_CONFIG_LIBDIR=$work/found configure "$work/without" -DBUILD_TESTING=OFF
}

# Make, the default generator, into the default prefix; no part that is optional.
logged "make: configures" configure "$work/make" -G "Unix Makefiles" -DBUILD_TESTING=OFF -DWITH_TUI=OFF -DWITH_SYSTEMD=OFF \
	-DWITH_HTTP=OFF -DWITH_BPF=OFF
logged "make: builds" make -C "$work/make" -s -j"$jobs"
same "the version names what was left out, and why" "$("$CGWARD" --version | head -n 1)
features:
without dashboard: WITH_TUI=OFF
without enforce: WITH_SYSTEMD=OFF
without systemd: WITH_SYSTEMD=OFF
without http: WITH_HTTP=OFF
without bpf: WITH_BPF=OFF" "$("$work/make/src/cgward" --version)"
check "doctor names what was left out" sh -c '"$1" doctor | grep -q "^build *limited .*without http (WITH_HTTP=OFF)"' - "$work/make/src/cgward"
check "a build without BPF reports so" sh -c '"$1" dump --collector=bpf 2>&1 | grep -q "built without the BPF collector (WITH_BPF=OFF)"' \
	- "$work/make/src/cgward"

# Ninja, everything; installed below a staging directory as a local administrator does.
logged "ninja: configures" configure "$work/ninja" -G Ninja -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=/usr/local
logged "ninja: builds" cmake --build "$work/ninja"
same "no part is left out" "" "$("$work/ninja/src/cgward" --version | grep without)"
check "the program needs neither libbpf nor libelf" sh -c '! ldd "$1" | grep -E "libbpf|libelf"' - "$work/ninja/src/cgward"

# Rebuilt objects, after a change and after new rows.
rebuilt_objects() { cmake --build "$work/ninja" -- -v | grep -c ' -c .*\.c$'; }
include=$source/include/cgward
touch "$include/metrics.def"
rebuilt=$(rebuilt_objects)
check "a change of a metric rebuilds at most 20 objects ($rebuilt)" test "$rebuilt" -gt 0 -a "$rebuilt" -le 20
sed -i '0,/^METRIC(MEMORY_PEAK,/s//METRIC(MEMORY_TEST, "memory.test", "TEST", "", "Memory of a test", GAUGE, SCALAR,\n\
	BYTES, CHEAP, true, NONE, NONE, V2(MEMORY, "memory.test", NUMBER, NULL, 1))\n&/' "$include/metrics.def"
rebuilt=$(rebuilt_objects)
check "a new metric rebuilds at most 20 objects ($rebuilt)" test "$rebuilt" -gt 0 -a "$rebuilt" -le 20
same "the program has the metric" "memory.test" "$("$work/ninja/src/cgward" dump --list-metrics | awk '$1 == "memory.test" { print $1 }')"
sed -i '0,/^CONTROL(/s//CONTROL(MEMORY_TEST, "memory.test", AMOUNT, NONE, "SIZE", "Memory of a test")\n&/' "$include/controls.def"
rebuilt=$(rebuilt_objects)
check "a new control rebuilds at most 20 objects ($rebuilt)" test "$rebuilt" -gt 0 -a "$rebuilt" -le 20
same "the program has the control" "memory.test" "$("$work/ninja/src/cgward" set --list-controls | awk '$1 == "memory.test" { print $1 }')"
cp -p "$top"/include/cgward/{metrics,controls}.def "$include/"
# With the tests, without building them: what depends on the tables or on the numbers of new rows.
configure "$work/tests" -G Ninja -DBUILD_TESTING=ON >/dev/null 2>&1
depends=$(python3 - "$work/tests/compile_commands.json" <<-'EOT'
	import json, re, shlex, subprocess, sys
	for entry in json.load(open(sys.argv[1])):
	    command = shlex.split(re.sub(r" -o \S+ -c ", " -MM ", entry["command"]))
	    files = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True).stdout
	    if re.search(r"/(metrics|controls)\.def|/unreleased-", files):
	        print(entry["file"])
	EOT
)
check "of all objects and those of the tests, at most 20 depend on them ($(wc -l <<<"$depends"))" \
	test -n "$depends" -a "$(wc -l <<<"$depends")" -le 20

stage=$work/stage
export DESTDIR=$stage
logged "installs into /usr/local" cmake --install "$work/ninja"
for unit in cgward cgward-serve; do
	check "$unit.service starts the installed program" grep -q "^ExecStart=/usr/local/bin/cgward " \
		"$stage/usr/local/lib/systemd/system/$unit.service"
done
for file in /etc/cgward/cgward.conf /usr/local/share/bash-completion/completions/cgward \
	/usr/local/share/zsh/site-functions/_cgward /usr/local/share/fish/vendor_completions.d/cgward.fish; do
	check "$file is installed" test -s "$stage$file"
done
echo "; changed" >>"$stage/etc/cgward/cgward.conf"
logged "installs again" cmake --install "$work/ninja"
same "the configuration is kept" "; changed" "$(tail -n 1 "$stage/etc/cgward/cgward.conf")"
logged "uninstalls" cmake --build "$work/ninja" --target uninstall
same "all but the configuration is removed" /etc/cgward/cgward.conf "$(cd "$stage" && find . -type f -o -type l -o -path '*/cgward' ! -path './etc/*' | sed 's/^\.//')"
# The prefix is compiled in.
message=$(cmake --install "$work/ninja" --prefix /opt/cgward 2>&1)
check "another prefix than the configured one is refused, with the remedy" \
	grep -qzE 'cannot install into /opt/cgward:.*/usr/local.*-DCMAKE_INSTALL_PREFIX=/opt/cgward' <<<"$message"
message=$(cmake --install "$work/ninja" --prefix /opt/cgward --component development 2>&1)
check "also for one component" grep -q 'cannot install into /opt/cgward:' <<<"$message"
check "nothing is installed there" test ! -e "$stage/opt"
unset DESTDIR
logged "is configured with another prefix" cmake "$work/ninja" -DCMAKE_INSTALL_PREFIX=/opt/cgward
logged "builds again" cmake --build "$work/ninja"
logged "installs there" env DESTDIR="$stage" cmake --install "$work/ninja"
same "cgward.pc, units and the program name the new prefix" "prefix=/opt/cgward
ExecStart=/opt/cgward/bin/cgward serve
/opt/cgward/share/cgward/themes" "$(cd "$stage/opt/cgward" && grep -rh ^prefix= --include=cgward.pc . && grep -rh '^ExecStart=.* serve' . &&
	strings -a bin/cgward | grep -x '/.*/cgward/themes')"

# Missing packages.
message=$(without libsystemd jansson 2>&1)
check "a required package is named with its packages" grep -qF "jansson (Debian libjansson-dev, Fedora jansson-devel)" <<<"$message"
check "an optional one also with the option that does without" \
	grep -qF "libsystemd (Debian libsystemd-dev, Fedora systemd-devel), or without it: -DWITH_SYSTEMD=OFF" <<<"$message"
check "what is built if found is left out with its reason" grep -qF \
	"without http (not found when it was built: libmicrohttpd" <<<"$(without libmicrohttpd 2>&1)"

# Part of another project.
mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<-EOF
	cmake_minimum_required(VERSION 3.22)
	project(outer C)
	add_subdirectory($top cgward EXCLUDE_FROM_ALL)
	add_executable(list $top/docs/examples/list.c)
	target_link_libraries(list PRIVATE cgward::cgward)
EOF
logged "another project builds the library as its part" sh -c \
	'cmake -S "$1" -B "$1/build" -G Ninja && cmake --build "$1/build" && "$1/build/list"' - "$work/project"
check "it has no tests, install rules and uninstall target of cgward" sh -c \
	'! grep -qE "uninstall|tests/unit" "$1/build/build.ninja"' - "$work/project"
