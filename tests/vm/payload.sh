# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by scripts that copy programs of this machine into a test machine, to /payload.

# copy_libraries PAYLOAD PROGRAM...: copies the libraries of the programs into PAYLOAD/lib, because
# those of a test machine may be older, newer or missing. glibc and its loader are copied only if
# newer than that of Debian 12, the oldest test machine. A PROGRAM may also be a library that is
# loaded with dlopen().
copy_libraries() {
	local payload=$1 ours oldest=2.36 libraries loader program
	shift
	mkdir -p "$payload/lib"
	ours=$(getconf GNU_LIBC_VERSION)
	libraries=$(ldd "$@" | awk '$2 == "=>" {print $3}' | sort -u)
	if [ "$(printf '%s\n' "$oldest" "${ours#glibc }" | sort -V | tail -n 1)" = "$oldest" ]; then
		libraries=$(grep -vE '/lib(c|m|dl|rt|pthread)\.so\.[0-9]+$' <<<"$libraries")
	else
		loader=$(ldd "$1" | awk '$1 ~ /^\// {print $1}')
		libraries+=$'\n'$loader
	fi
	xargs cp -Lt "$payload/lib" <<<"$libraries" || return 1
	for program in "$@"; do
		if [[ $program == *.so* ]]; then
			cp -L "$program" "$payload/lib/" || return 1
			continue
		fi
		patchelf --force-rpath --set-rpath /payload/lib \
			${loader:+--set-interpreter "/payload/lib/${loader##*/}"} "$program" || return 1
	done
}
