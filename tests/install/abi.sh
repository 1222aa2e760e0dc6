#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares the library's ABI with the recorded one, using libabigail: programs compiled against the
# recorded library must continue to work. Functions, and metrics at the end of the tables, may be
# added. RECORD=1 updates the record: after an addition, or after an intended break together with a
# new SONAME (src/library.cmake).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
record=tests/compatibility/libcgward.abi
symbols=packaging/debian/libcgward0.symbols

if ! command -v abidw >/dev/null || ! command -v abidiff >/dev/null; then
	echo "skip ABI: abigail-tools is not installed"
	exit 0
fi
machine=$(sed -nE "s/.*architecture='([^']*)'.*/\1/p" "$record" 2>/dev/null | head -n 1)
case ${RECORD:-} in
"") [ "$machine" = "elf-$(uname -m | sed 's/x86_64/amd-x86_64/; s/aarch64/arm-aarch64/')" ] ||
	{ echo "skip ABI: the record is for $machine (not possible here)" && exit 0; } ;;
esac

mkdir -p build
# Types are read from debugging information, which a release build does not have. The build path is
# not recorded.
if ! { cmake -S . -B build/abi -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF -DWITH_TUI=OFF \
	-DCMAKE_C_FLAGS="-ffile-prefix-map=$PWD/=" &&
	cmake --build build/abi --target cgward_shared; } >build/abi.log 2>&1; then
	tail -n 20 build/abi.log
	echo "not ok the library builds with debugging information"
	exit 1
fi
now=build/abi/libcgward.abi
if ! abidw --exported-interfaces-only --headers-dir include/cgward --drop-private-types --no-show-locs --no-comp-dir-path --no-corpus-path \
	--type-id-style hash --out-file "$now" build/abi/src/libcgward.so.0; then
	echo "not ok abidw reads the ABI"
	exit 1
fi
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

# A newer abidiff reads an older format, but reports false changes.
format() { sed -nE "1s/^<abi-corpus version='([^']*)'.*/\1/p" "$1"; }
if [ "$(format "$record")" != "$(format "$now")" ]; then
	echo "skip ABI: the record has format $(format "$record") of abidw, the installed one writes $(format "$now") (not possible here)"
	exit 0
fi

# Enumerations grow with their tables, so their values are compared separately below.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed '/<enumerator /d' "$record" >"$work/record.abi"
sed '/<enumerator /d' "$now" >"$work/now.abi"
abidiff --no-added-syms "$work/record.abi" "$work/now.abi" >"$work/difference" 2>&1
status=$?
if [ "$status" -eq 0 ]; then echo "ok functions and types equal the record"; else
	head -n 40 "$work/difference"
	echo "not ok functions and types equal the record (abidiff status $status); see the head of $0"
fi
# The comparison must detect breaks: a removed function, and a structure with another size.
sed '0,/<elf-symbol name=.cgw_/{/<elf-symbol name=.cgw_/d}' "$work/now.abi" >"$work/function.abi"
sed -E "s/(<class-decl name='cgw_diag' size-in-bits=')[0-9]*/\132/" "$work/now.abi" >"$work/size.abi"
for broken in function size; do
	if abidiff "$work/now.abi" "$work/$broken.abi" >/dev/null 2>&1; then
		echo "not ok a break is detected: $broken"
	else
		echo "ok a break is detected: $broken"
	fi
done

# Enumerators keep their values, except *_COUNT. Values of metrics and controls are stable only from
# version 1.0 on (libcgward(3)), because new rows are inserted into their families until then.
enumerators() {
	sed -nE "s/.*<enumerator name='([^']*)' value='([^']*)'.*/\1 \2/p" "$1" | grep -vE '_COUNT |^CGW_[MC]_' | sort -u
}
changed=$(comm -23 <(enumerators "$record") <(enumerators "$now"))
if [ -n "$changed" ]; then
	echo "$changed" | head -n 20
	echo "not ok enumerators keep their values: the ones above have changed"
elif [ "$(enumerators "$record" | wc -l)" -lt 100 ]; then
	echo "not ok enumerators keep their values: the record has too few"
else
	echo "ok enumerators keep their values"
fi
