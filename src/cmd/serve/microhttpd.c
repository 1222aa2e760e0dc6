/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* microhttpd.c - libmicrohttpd, loaded by those who serve. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "cgward/base.h"
#include "cmd/serve/microhttpd.h"
#include "lib/base/cleanup.h"

/* Where a function's pointer goes: one entry per field, in the order of the fields. */
#define MICROHTTPD_NAME(function) "MHD_" #function,
static const char *const names[] = {MICROHTTPD_FUNCTIONS(MICROHTTPD_NAME)};
#undef MICROHTTPD_NAME
_Static_assert(sizeof(struct microhttpd) == ARRAY_SIZE(names) * sizeof(void *),
	       "each function has a name and a field");

int microhttpd_load(struct microhttpd *http, struct cgw_diag *diag)
{
	/* Never closed: GnuTLS does not take well to being loaded a second time. */
	void *library = dlopen(MICROHTTPD_SONAME, RTLD_NOW | RTLD_LOCAL);
	void *functions[ARRAY_SIZE(names)];

	if (library == NULL)
		return cgw_diag_set(diag, -ENOPKG,
				    "%s cannot be loaded (%s): install libmicrohttpd",
				    MICROHTTPD_SONAME, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		functions[i] = dlsym(library, names[i]);
		if (functions[i] == NULL)
			return cgw_diag_set(diag, -ENOPKG,
					    "%s has no %s: another version is wanted",
					    MICROHTTPD_SONAME, names[i]);
	}
	/* POSIX lets a function's pointer be kept in a void *; ISO C has no cast between them. */
	memcpy(http, functions, sizeof(*http));
	return 0;
}
