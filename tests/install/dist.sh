#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The target dist: the tarball of a commit is the same in every clone, and it builds and passes unit tests.
set -uo pipefail
: "${ROOT:?requires the installation root}"
top=$(cd "$(dirname "$0")/../.." && pwd -P)
CGWARD=$ROOT/usr/bin/cgward
# shellcheck source=tests/live/lib.sh
. "$top/tests/live/lib.sh"
work=$(mktemp -d) && test_files+=("$work")
name=cgward-$("$top/packaging/version")
unset SOURCE_DATE_EPOCH

same "the program has the version of CMakeLists.txt" "cgward ${name#cgward-}" "$("$CGWARD" --version | head -n 1)"
if [ "$(git -C "$top" rev-parse --show-toplevel 2>/dev/null)" != "$top" ]; then
	skip "tarballs of clones: this is not a git checkout (not possible here)"
	exit 0
fi

(umask 022 && git clone -q --no-hardlinks "$top" "$work/one")
(umask 077 && mkdir -p "$work/other" && git clone -q --no-hardlinks "$top" "$work/other/place")
checksum() { sha256sum <"$1/$name.tar.gz" 2>&1; }
logged "cmake --build --target dist" sh -c 'cmake -S "$1" -B "$1/build" -DCMAKE_BUILD_TYPE=Debug && cmake --build "$1/build" --target dist' \
	- "$work/one"
expected=$(checksum "$work/one/build")
touch "$work/one/CMakeLists.txt" "$work/other/place/not-committed"
for clone in one other/place; do
	"$work/$clone/packaging/dist" "$work/again" >"$work/log" 2>&1
	same "the tarball of $clone is the same" "$expected" "$(checksum "$work/again")"
done
check "files that are not committed are named as left out" grep -q "not committed are left out" "$work/log"
rm -r "$work/again"

tar -C "$work" -xzf "$work/one/build/$name.tar.gz"
message=$(cd "$work/$name" && packaging/dist "$work/none" 2>&1)
check "an unpacked tarball has no commit to pack" grep -q "is not a git checkout" <<<"$message"
check "no file is written then" test ! -e "$work/none/$name.tar.gz"
"$work/$name/packaging/dist" --working-tree "$work/again" >/dev/null
same "the files of an unpacked tarball are packed to the same bytes" "$expected" "$(checksum "$work/again")"
# Also inside the work tree of another project, which ignores it.
mkdir "$work/outer" && git -C "$work/outer" init -q && echo '*' >"$work/outer/.gitignore"
mv "$work/$name" "$work/outer/"
"$work/outer/$name/packaging/dist" --working-tree "$work/again" >/dev/null
same "so they are inside another checkout" "$expected" "$(checksum "$work/again")"

targets=$(cd "$top/tests/unit" && printf '%s\n' base/test-*.c metric/test-*.c | sed 's,^,unit-,; s,/,-,; s,\.c$,,')
# shellcheck disable=SC2086
logged "the unpacked tarball builds, and the tests of base and metric pass" env CCACHE_BASEDIR="$work/outer/$name" sh -c 'cd "$1" && shift &&
	cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DWARNINGS_ARE_ERRORS=ON &&
	cmake --build build --target cgward "$@" && ctest --test-dir build --output-on-failure -L "^(base|metric)$" -R unit- --no-tests=error' \
	- "$work/outer/$name" $targets
