/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-membership.c - parse any text as /proc/PID/cgroup. */
#include "fuzz.h"
#include "lib/kernel/membership.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char docker[] = "/docker/abc", top[] = "/", systemd[] = "systemd";
	const struct cgw_layout layout = {
		.hierarchy_count = 3,
		.hierarchies = {{.version = 1,
				 .controllers = CGW_CONTROLLER_BIT(CGW_CPU) |
						CGW_CONTROLLER_BIT(CGW_CPUACCT),
				 .root = docker},
				{.version = 1, .name = systemd, .root = top},
				{.version = 2, .root = top}},
	};
	struct cgw_membership membership = {0};
	char *text = fuzz_text(data, size);

	if (membership_parse(&layout, text, size, &membership) == 0)
		FUZZ_CHECK(membership.count == 3);
	cgw_membership_done(&membership);
	free(text);
	return 0;
}
