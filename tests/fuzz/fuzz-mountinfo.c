/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-mountinfo.c - parse any text as mountinfo. */
#include "fuzz.h"
#include "lib/kernel/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_mounts mounts = {0};
	char *text = fuzz_text(data, size);

	if (mounts_parse(text, &mounts) == 0)
		for (size_t i = 0; i < mounts.count; i++)
			FUZZ_CHECK(mounts.items[i].target != NULL && mounts.items[i].root != NULL &&
				   (mounts.items[i].version == 1 || mounts.items[i].version == 2));
	mounts_done(&mounts);
	free(text);
	return 0;
}
