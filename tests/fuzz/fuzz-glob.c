/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-glob.c - untrusted patterns (first line) and paths (second line). */
#include "fuzz.h"
#include <cgward/model.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *path = strchr(text, '\n');
	struct cgw_diag diag = {0};
	struct cgw_field field;

	if (path != NULL)
		*path++ = '\0';
	if (cgw_glob_check(text, &diag) == 0)
		(void)cgw_glob_match(text, path != NULL ? path : "/a/b");
	else
		FUZZ_CHECK(diag.text[0] != '\0');
	(void)cgw_glob_match(text, "/system.slice/nginx.service");
	if (cgw_field_parse(text, &field, &diag) < 0)
		FUZZ_CHECK(diag.text[0] != '\0');
	free(text);
	return 0;
}
