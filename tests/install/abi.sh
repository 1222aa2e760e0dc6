#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares the library's ABI with the recorded one, using libabigail: programs compiled against the
# recorded library must continue to work. Functions and enumerators may be added.
# RECORD=1 updates the record: after an addition, or after an intended break (src/library.cmake).
set -uo pipefail
# shellcheck source=tests/live/results-lib.sh
. "$(dirname "$0")/../live/results-lib.sh"
cd "$(dirname "$0")/../.." || exit 1
record=tests/compatibility/libcgward.abi
symbols=packaging/debian/libcgward0.symbols

if ! command -v abidw >/dev/null || ! command -v abidiff >/dev/null; then
	skip "ABI: abigail-tools is not installed"
	exit 0
fi
machine=$(sed -nE "s/.*architecture='([^']*)'.*/\1/p" "$record" 2>/dev/null | head -n 1)
case ${RECORD:-} in
"") [ "$machine" = "elf-$(uname -m | sed 's/x86_64/amd-x86_64/; s/aarch64/arm-aarch64/')" ] ||
	{ skip "ABI: the record is for $machine (not possible here)" && exit 0; } ;;
esac

mkdir -p build
# Types are read from debugging information, which a release build does not have. The build path is
# not recorded.
if ! { cmake -S . -B build/abi -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF -DWITH_TUI=OFF \
	-DCMAKE_C_FLAGS="-ffile-prefix-map=$PWD/=" &&
	cmake --build build/abi --target cgward_shared; } >build/abi.log 2>&1; then
	tail -n 20 build/abi.log
	not_ok "the library builds with debugging information"
	exit 1
fi
now=build/abi/libcgward.abi
if ! abidw --exported-interfaces-only --headers-dir include/cgward --drop-private-types --no-show-locs --no-comp-dir-path --no-corpus-path \
	--type-id-style hash --out-file "$now" build/abi/src/libcgward.so.0; then
	not_ok "abidw reads the ABI"
	exit 1
fi
# Other options of ccache than here change the paths.
sed -i -E "s,(<abi-instr .* path=')(\.\./)+,\1," "$now"
if [ "${RECORD:-}" = 1 ]; then
	cp "$now" "$record"
	echo "recorded: $record, $(wc -c <"$record") bytes"
	# Debian's symbols file: the version that each symbol is in since.
	version=$(packaging/version)
	{
		echo "libcgward.so.0 libcgward0 #MINVER#"
		nm -D --defined-only build/abi/src/libcgward.so.0 | sed 's/.* //; s/@@/@/; s/^CGWARD_0$/&@&/' | LC_ALL=C sort |
			while read -r symbol; do
				grep -F " $symbol " "$symbols" || echo " $symbol $version"
			done
	} >"$symbols.new" && mv "$symbols.new" "$symbols"
	echo "recorded: $symbols, $(grep -c '^ ' "$symbols") symbols"
	exit 0
fi

soname() { sed -nE "1s/.* soname='([^']*)'.*/\1/p" "$1"; }
# A newer abidiff reads an older format, but reports false changes.
format() { sed -nE "1s/^<abi-corpus version='([^']*)'.*/\1/p" "$1"; }
if [ "$(format "$record")" != "$(format "$now")" ]; then
	skip "ABI: the record has format $(format "$record") of abidw, the installed one writes $(format "$now") (not possible here)"
	exit 0
fi

work=$(mktemp -d) && test_files+=("$work")
without_enumerators() { sed '/<enumerator /d' "$1"; }
enumerators() { sed -nE "s/.*<enumerator name='([^']*)' value='([^']*)'.*/\1 \2/p" "$1" | grep -v '_COUNT ' | sort -u; }
# compare NAME FILE: the ABI is that of FILE, or an extension. Enumerations grow with their tables, so their values are
# compared separately, except *_COUNT.
compare() {
	local changed status
	without_enumerators "$2" >"$work/record.abi"
	without_enumerators "$now" >"$work/now.abi"
	abidiff --no-added-syms "$work/record.abi" "$work/now.abi" >"$work/difference" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then ok "functions and types equal $1"; else
		head -n 40 "$work/difference"
		not_ok "functions and types equal $1 (abidiff status $status); see the head of $0"
	fi
	changed=$(comm -23 <(enumerators "$2") <(enumerators "$now"))
	if [ -n "$changed" ]; then
		head -n 20 <<<"$changed"
		not_ok "enumerators have the values of $1: the ones above have changed"
	elif [ "$(enumerators "$2" | wc -l)" -lt 100 ]; then
		not_ok "enumerators have the values of $1: it has too few"
	else
		ok "enumerators have the values of $1"
	fi
}
compare "the record" "$record"
# Programs depend on releases.
release=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null)
if [ -n "$release" ] && git show "$release:$record" >"$work/release.abi" 2>/dev/null &&
	[ "$(soname "$work/release.abi")" = "$(soname "$now")" ]; then
	compare "$release, which has the same SONAME" "$work/release.abi"
fi
# The comparison must detect breaks: a removed function, and a structure with another size.
sed '0,/<elf-symbol name=.cgw_/{/<elf-symbol name=.cgw_/d}' "$work/now.abi" >"$work/function.abi"
sed -E "s/(<class-decl name='cgw_diag' size-in-bits=')[0-9]*/\132/" "$work/now.abi" >"$work/size.abi"
for broken in function size; do
	if abidiff "$work/now.abi" "$work/$broken.abi" >/dev/null 2>&1; then
		not_ok "a break is detected: $broken"
	else
		ok "a break is detected: $broken"
	fi
done
