# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the live tests that read what a sampler in the background writes to $work/samples, one line of
# JSON for each group. The last line may be incomplete.

# sample_value GROUP KEY [HOW]: the value in the last sample, the last one that is "known", or the
# "largest" one; "-": none.
sample_value() {
	python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1]) if line.endswith("\n")]
values = [row.get(sys.argv[3]) for row in rows if row.get("group") == sys.argv[2]]
known = [value for value in values if value is not None]
value = (max(known, default=None) if sys.argv[4] == "largest" else
         next(iter((known if sys.argv[4] == "known" else values)[-1:]), None))
print("-" if value is None else value)' "${work:?}/samples" "$1" "$2" "${3:-last}"
}
# Each sample begins with the root: that before the last one is complete.
samples() { grep -c '^{"group":"/",' "$work/samples"; }
has_samples() { [ "$(samples)" -ge "$1" ]; }
# All that was counted so far is in the samples.
settle() { wait_for has_samples $(($(samples) + 3)); }
