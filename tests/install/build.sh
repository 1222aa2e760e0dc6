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

configure() { # DIRECTORY OPTION...
	cmake -S "$top" -B "$@" -DCMAKE_BUILD_TYPE=Debug
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
cp -p "$top/include/cgward/metrics.def" "$work/metrics.def"
touch "$top/include/cgward/metrics.def"
rebuilt=$(cmake --build "$work/ninja" -- -v | grep -c ' -c .*\.c$')
touch -r "$work/metrics.def" "$top/include/cgward/metrics.def"
check "a change of a metric rebuilds at most 20 objects ($rebuilt)" test "$rebuilt" -gt 0 -a "$rebuilt" -le 20

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
