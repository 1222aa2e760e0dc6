/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* microhttpd.c - load libmicrohttpd at run time. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "cgward/base.h"
#include "cmd/serve/microhttpd.h"
#include "lib/base/cleanup.h"

/* Symbol names in the order of the fields of struct microhttpd. */
#define MICROHTTPD_NAME(function) "MHD_" #function,
static const char *const names[] = {MICROHTTPD_FUNCTIONS(MICROHTTPD_NAME)};
#undef MICROHTTPD_NAME
_Static_assert(sizeof(struct microhttpd) == ARRAY_SIZE(names) * sizeof(void *),
	       "each function has a name and a field");

int microhttpd_load(struct microhttpd *http, struct cgw_diag *diag)
{
	/* Never dlclose()d: GnuTLS does not support being loaded twice. */
	void *library = dlopen(MICROHTTPD_SONAME, RTLD_NOW | RTLD_LOCAL);
	void *functions[ARRAY_SIZE(names)];

	if (library == NULL)
		return cgw_diag_set(diag, -ENOPKG, "cannot load %s: %s (install libmicrohttpd)",
				    MICROHTTPD_SONAME, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		functions[i] = dlsym(library, names[i]);
		if (functions[i] == NULL)
			return cgw_diag_set(diag, -ENOPKG,
					    "%s does not provide %s (incompatible version)",
					    MICROHTTPD_SONAME, names[i]);
	}
	/* POSIX allows function pointers in a void *, but ISO C has no cast between them. */
	memcpy(http, functions, sizeof(*http));
	return 0;
}
