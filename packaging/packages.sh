# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced: the Debian packages that cgward needs, and a function that installs missing ones.

# To build and to run.
# shellcheck disable=SC2034
packages_build=(gcc libc6-dev cmake ninja-build pkg-config libncurses-dev libsystemd-dev libinih-dev
	libsmartcols-dev libjansson-dev libzstd-dev libmicrohttpd-dev)
# To run the tests: the second compiler, checkers, and programs whose output is compared.
# shellcheck disable=SC2034
packages_test=(g++ clang llvm libbpf-dev clang-tidy clang-format libclang-rt-dev libcmocka-dev shellcheck python3 binutils
	cgroup-tools libcgroup-dev abigail-tools systemd util-linux procps curl iproute2 libcap2-bin tmux valgrind git mandoc prometheus
	prometheus-node-exporter python3-yaml openssh-client openssh-server systemd-journal-remote
	zsh fish debhelper lintian fakeroot rpm)
# To boot test machines (tests/vm/run).
# shellcheck disable=SC2034
packages_vm=(qemu-system-x86 mmdebstrap e2fsprogs fdisk patchelf crun python3-yaml tmux)

# install_packages NAME...: install missing packages, quietly.
install_packages() {
	local missing=() name log
	for name in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
			missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		echo "missing packages (not a Debian system, install them manually): ${missing[*]}" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "missing packages: ${missing[*]}; run this with sudo, or install them manually" >&2
		return 1
	fi
	echo "installing: ${missing[*]}"
	log=$(mktemp)
	if ! { apt-get -q update &&
		DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"; } \
		>"$log" 2>&1; then
		tail -n 5 "$log" >&2
		rm -f "$log"
		echo "cannot install: ${missing[*]}" >&2
		return 1
	fi
	rm -f "$log"
}

# debian_mirror: print the URL of this machine's Debian mirror, for mmdebstrap.
debian_mirror() {
	apt-get indextargets --format "\$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' |
		awk '$2 ~ /^[a-z]+$/ && $3 == "main" && $1 ~ /debian\/?$/ {print $1; exit}'
}
