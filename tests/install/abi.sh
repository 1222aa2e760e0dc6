#!/usr/bin/env bash
# The library's binary interface against the recorded one, by libabigail: a program that was compiled against
# the recorded library must go on working. Functions, and figures at the end of the tables, may be added.
# RECORD=1 writes the record anew: after an addition, so that it is kept from then on; after a wanted break
# together with a new SONAME (src/library.cmake).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
record=tests/compatibility/libcgward.abi

if ! command -v abidw >/dev/null || ! command -v abidiff >/dev/null; then
	echo "skip the binary interface: abigail-tools is not installed"
	exit 0
fi
machine=$(sed -nE "s/.*architecture='([^']*)'.*/\1/p" "$record" 2>/dev/null | head -n 1)
case ${RECORD:-} in
"") [ "$machine" = "elf-$(uname -m | sed 's/x86_64/amd-x86_64/; s/aarch64/arm-aarch64/')" ] ||
	{ echo "skip the binary interface: the record is of $machine (not possible here)" && exit 0; } ;;
esac

mkdir -p build
# Types are read from debugging information, which a release has none of; where it was built is nobody's matter.
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
	echo "not ok the binary interface is read"
	exit 1
fi
if [ "${RECORD:-}" = 1 ]; then
	cp "$now" "$record"
	echo "recorded: $record, $(wc -c <"$record") bytes"
	exit 0
fi

# Each version of the tool reads what an older one wrote, and takes some of it for changes.
format() { sed -nE "1s/^<abi-corpus version='([^']*)'.*/\1/p" "$1"; }
if [ "$(format "$record")" != "$(format "$now")" ]; then
	echo "skip the binary interface: the record is in abidw's format $(format "$record"), here it writes $(format "$now") (not possible here)"
	exit 0
fi

# Enumerations grow with the tables that they are made of: their numbers are compared below.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed '/<enumerator /d' "$record" >"$work/record.abi"
sed '/<enumerator /d' "$now" >"$work/now.abi"
abidiff --no-added-syms "$work/record.abi" "$work/now.abi" >"$work/difference" 2>&1
status=$?
if [ "$status" -eq 0 ]; then echo "ok functions and types are what was recorded"; else
	head -n 40 "$work/difference"
	echo "not ok functions and types are what was recorded (abidiff's status $status); see the head of $0"
fi
# That the comparison would see a break: a function less, a structure that has another size.
sed '0,/<elf-symbol name=.cgw_/{/<elf-symbol name=.cgw_/d}' "$work/now.abi" >"$work/less.abi"
sed -E "s/(<class-decl name='cgw_diag' size-in-bits=')[0-9]*/\132/" "$work/now.abi" >"$work/size.abi"
for broken in less size; do
	if abidiff "$work/now.abi" "$work/$broken.abi" >/dev/null 2>&1; then
		echo "not ok a break is seen: $broken"
	else
		echo "ok a break is seen: $broken"
	fi
done

# Numbers of enumerations keep their meaning; only what counts them grows. Those of metrics and controls are
# promised from version 1.0 on (libcgward(3)): a row belongs to its family until then.
enumerators() {
	sed -nE "s/.*<enumerator name='([^']*)' value='([^']*)'.*/\1 \2/p" "$1" | grep -vE '_COUNT |^CGW_[MC]_' | sort -u
}
moved=$(comm -23 <(enumerators "$record") <(enumerators "$now"))
if [ -n "$moved" ]; then
	echo "$moved" | head -n 20
	echo "not ok enumerations keep their numbers: those of the record above have others now"
elif [ "$(enumerators "$record" | wc -l)" -lt 100 ]; then
	echo "not ok enumerations keep their numbers: the record holds none"
else
	echo "ok enumerations keep their numbers"
fi
