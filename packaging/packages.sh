# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced: the Debian packages that cgward needs, and a function that installs missing ones.

# What each part of tests/run, and each of the tests named here, needs besides what builds cgward ("build"). Checked with
# docs/TESTING.md by tests/lint/run.
# shellcheck disable=SC2034
declare -A packages_of=(
	[build]="gcc libc6-dev cmake ninja-build pkg-config libncurses-dev libsystemd-dev libinih-dev
		libsmartcols-dev libjansson-dev libzstd-dev libmicrohttpd-dev"
	[unit]="libcmocka-dev"
	[clang]="clang libcmocka-dev"
	[lint]="binutils clang clang-format clang-tidy git libbpf-dev libcmocka-dev llvm mandoc shellcheck"
	[fuzz]="clang libclang-rt-dev libcmocka-dev llvm"
	[install]="abigail-tools binutils clang fish g++ git libcgroup-dev libcmocka-dev make python3
		python3-yaml shellcheck systemd zsh"
	[fixtures]=""
	[live]="cgroup-tools curl iproute2 libcap2-bin make openssh-client openssh-server procps prometheus
		prometheus-node-exporter python3 python3-yaml systemd systemd-journal-remote tmux util-linux zsh"
	[tui]="procps python3 tmux util-linux"
	[bench]="valgrind"
	[smoke]="crun e2fsprogs fdisk mmdebstrap patchelf python3 python3-yaml qemu-system-x86 tmux"
	[fault]="libcmocka-dev util-linux"
	[churn]="procps tmux util-linux"
	[packages]="debhelper dpkg-dev fakeroot git libarchive-tools libcmocka-dev lintian makepkg rpm systemd"
)
packages_of[vm]=${packages_of[smoke]}

# install_packages NAME...: install missing packages, quietly, without starting or enabling a service of theirs.
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
	if ! (
		apt-get -q update || exit
		policy=/usr/sbin/policy-rc.d enabled=$(enabled_services)
		# Debian's scripts start nothing, and stop nothing that runs, while this exits with status 101.
		trap : INT TERM # until apt-get has ended
		trap 'rm -f "$policy"; [ ! -e "$policy.cgward" ] || mv "$policy.cgward" "$policy"' EXIT
		[ ! -e "$policy" ] || grep -q '^# cgward' "$policy" || mv "$policy" "$policy.cgward"
		printf '#!/bin/sh\n# cgward/packaging/packages.sh\nexit 101\n' >"$policy" && chmod 755 "$policy" || exit
		DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
		status=$?
		comm -13 <(echo "$enabled") <(enabled_services) | while IFS= read -r name; do
			case $name in
			/etc/rc*) update-rc.d "${name#*/[SK][0-9][0-9]}" disable ;;
			*) rm "$name" ;;
			esac
		done
		exit "$status"
	) >"$log" 2>&1; then
		tail -n 5 "$log" >&2
		rm -f "$log"
		echo "cannot install: ${missing[*]}" >&2
		return 1
	fi
	rm -f "$log"
}

# enabled_services: print the links that start services: those of systemd, except for targets, and of the run levels.
enabled_services() {
	find /etc/systemd/system /etc/systemd/user /etc/rc?.d -type l ! -name '*.target' ! -name 'K*' 2>/dev/null | LC_ALL=C sort
}

# debian_mirror: print the URL of this machine's Debian mirror, for mmdebstrap.
debian_mirror() {
	apt-get indextargets --format "\$(REPO_URI) \$(CODENAME) \$(COMPONENT)" 'Created-By: Packages' |
		awk '$2 ~ /^[a-z]+$/ && $3 == "main" && $1 ~ /debian\/?$/ {print $1; exit}'
}
