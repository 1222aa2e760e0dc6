/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsystemd.c - load libsystemd at run time. */
#include <pthread.h>

#include "lib/base/cleanup.h"
#include "lib/base/libsystemd.h"
#include "lib/base/load-library.h"

/* Symbol names in the order of the fields of struct libsystemd. */
#define LIBSYSTEMD_NAME(function) #function,
static const char *const names[] = {LIBSYSTEMD_FUNCTIONS(LIBSYSTEMD_NAME)};
#undef LIBSYSTEMD_NAME
_Static_assert(sizeof(struct libsystemd) == ARRAY_SIZE(names) * sizeof(void *),
	       "each function has a name and a field");

/* Written once, by the first call of libsystemd_load(). */
struct libsystemd libsystemd;
static pthread_once_t libsystemd_once = PTHREAD_ONCE_INIT;

static void load(void)
{
	(void)load_library(LIBSYSTEMD_SONAME, names, ARRAY_SIZE(names), &libsystemd, NULL);
}

int libsystemd_load(struct cgw_diag *diag)
{
	struct libsystemd again; /* for the reason */

	(void)pthread_once(&libsystemd_once, load);
	return sd_bus_new != NULL
		       ? 0
		       : load_library(LIBSYSTEMD_SONAME, names, ARRAY_SIZE(names), &again, diag);
}
