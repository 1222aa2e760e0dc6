/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-identity.c - untrusted paths: no part of an identity is longer than the path. */
#include "fuzz.h"
#include <cgward/model.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = fuzz_text(data, size);
	struct cgw_identity identity;

	cgw_identity_from_path(path, &identity);
	FUZZ_CHECK((unsigned)identity.kind < CGW_IDENTITY_KIND_COUNT);
	for (int i = 0; i < CGW_PART_COUNT; i++) {
		FUZZ_CHECK(memchr(identity.text[i], '\0', sizeof(identity.text[i])) != NULL);
		FUZZ_CHECK(strlen(identity.text[i]) <= strlen(path) || i == CGW_PART_ENGINE ||
			   i == CGW_PART_QOS);
	}
	free(path);
	return 0;
}
