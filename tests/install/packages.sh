#!/usr/bin/env bash
# Debian and RPM packages are built from the checkout, checked, unpacked and run; Debian's twice, byte for byte.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
CGWARD=$top/packaging/debian/build
# shellcheck source=tests/live/lib.sh
. "$top/tests/live/lib.sh"
work=$(mktemp -d) && test_files+=("$work")

# logged NAME COMMAND...: what it printed is shown when it fails.
logged() {
	local name=$1
	shift
	if "$@" >"$work/log" 2>&1; then ok "$name"; else
		tail -n 20 "$work/log"
		not_ok "$name"
	fi
}

if command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null; then
	export DEB_BUILD_OPTIONS=nocheck
	logged "Debian packages are built" "$top/packaging/debian/build" "$work/one" -b
	logged "and built again elsewhere" "$top/packaging/debian/build" "$work/other/place" -b
	for package in cgward libcgward0 libcgward-dev; do
		same "$package has the same bytes both times" "$(cd "$work/one" && sha256sum "$package"_*.deb)" \
			"$(cd "$work/other/place" && sha256sum "$package"_*.deb)"
		dpkg-deb -x "$work"/one/"$package"_*.deb "$work/root"
	done
	same "no path of the builder is left in them" "" "$(grep -rl "$work" "$work/root")"
	if command -v lintian >/dev/null; then
		same "lintian has neither error nor warning" "" "$(lintian --fail-on error,warning "$work"/one/*.changes 2>&1)"
	else
		skip "lintian: it is not installed"
	fi
	check "the packaged program runs" "$work/root/usr/bin/cgward" --version
	check "the unit is one that systemd takes" sh -c \
		'! systemd-analyze verify --root="$1" cgward-serve.service 2>&1 | grep -E "cgward-serve.service:[0-9]+:|Unknown"' - "$work/root"
else
	skip "Debian packages: debhelper is not installed"
fi

if command -v rpmbuild >/dev/null; then
	logged "RPM packages are built" "$top/packaging/rpm/build" "$work/rpm" --nodeps
	same "three of them, and debugging symbols aside" 3 \
		"$(find "$work/rpm/RPMS" -name '*.rpm' ! -name '*debug*' | wc -l)"
	check "the program is in the first" sh -c 'rpm -qlp "$1"/RPMS/*/cgward-0*.rpm | grep -qx /usr/bin/cgward' - "$work/rpm"
else
	skip "RPM packages: rpmbuild is not installed"
fi
