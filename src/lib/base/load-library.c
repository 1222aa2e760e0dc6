/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load-library.c - load a library at run time. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/load-library.h"

int load_library(const char *soname, const char *const *names, size_t count, void *ret_addresses,
		 struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) void **addresses = calloc(count, sizeof(*addresses));
	/* Never dlclose()d: some libraries, such as GnuTLS, do not support being loaded twice. */
	void *library = addresses != NULL ? dlopen(soname, RTLD_NOW | RTLD_LOCAL) : NULL;

	if (addresses == NULL)
		return -ENOMEM;
	if (library == NULL)
		return cgw_diag_set(diag, -ENOPKG, "cannot load %s: %s", soname, dlerror());
	for (size_t i = 0; i < count; i++) {
		addresses[i] = dlsym(library, names[i]);
		if (addresses[i] == NULL)
			return cgw_diag_set(diag, -ENOPKG,
					    "%s does not provide %s (incompatible version)", soname,
					    names[i]);
	}
	/* POSIX allows function pointers in a void *, but ISO C has no cast between them. */
	memcpy(ret_addresses, addresses, count * sizeof(*addresses));
	return 0;
}
