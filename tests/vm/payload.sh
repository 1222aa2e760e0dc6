# shellcheck shell=bash
# Sourced by what takes programs of this machine into a test machine, where they lie in /payload.

# take_libraries PAYLOAD PROGRAM...: what they were linked with goes along, into PAYLOAD/lib, for a machine's own may
# be older, newer or missing. Not glibc, which is fit where it is at least as new as here; elsewhere it goes
# along with its loader. Libraries are taken likewise, for what loads them by itself.
take_libraries() {
	local payload=$1 ours oldest=2.36 taken loader program # that of Debian 12
	shift
	mkdir -p "$payload/lib"
	ours=$(getconf GNU_LIBC_VERSION)
	taken=$(ldd "$@" | awk '$2 == "=>" {print $3}' | sort -u)
	if [ "$(printf '%s\n' "$oldest" "${ours#glibc }" | sort -V | tail -n 1)" = "$oldest" ]; then
		taken=$(grep -vE '/lib(c|m|dl|rt|pthread)\.so\.[0-9]+$' <<<"$taken")
	else
		loader=$(ldd "$1" | awk '$1 ~ /^\// {print $1}')
		taken+=$'\n'$loader
	fi
	xargs cp -Lt "$payload/lib" <<<"$taken" || return 1
	for program in "$@"; do
		if [[ $program == *.so* ]]; then
			cp -L "$program" "$payload/lib/" || return 1
			continue
		fi
		patchelf --force-rpath --set-rpath /payload/lib \
			${loader:+--set-interpreter "/payload/lib/${loader##*/}"} "$program" || return 1
	done
}
