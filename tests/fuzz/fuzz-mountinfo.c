/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-mountinfo.c - parse any text as mountinfo. */
#include "fuzz.h"
#include "lib/kernel/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_mounts mounts = {0};
	char *text = fuzz_text(data, size);
	FILE *stream = size > 0 ? fmemopen(text, size, "r") : NULL;

	if (stream != NULL && mounts_parse(stream, &mounts) == 0)
		for (size_t i = 0; i < mounts.count; i++)
			FUZZ_CHECK(mounts.items[i].target != NULL && mounts.items[i].root != NULL &&
				   (mounts.items[i].version == 1 || mounts.items[i].version == 2));
	mounts_done(&mounts);
	if (stream != NULL)
		fclose(stream);
	free(text);
	return 0;
}
