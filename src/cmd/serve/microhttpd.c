/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* microhttpd.c - load libmicrohttpd at run time. */
#include "cmd/serve/microhttpd.h"
#include "lib/base/cleanup.h"
#include "lib/base/load-library.h"

/* Symbol names in the order of the fields of struct microhttpd. */
#define MICROHTTPD_NAME(function) "MHD_" #function,
static const char *const names[] = {MICROHTTPD_FUNCTIONS(MICROHTTPD_NAME)};
#undef MICROHTTPD_NAME
_Static_assert(sizeof(struct microhttpd) == ARRAY_SIZE(names) * sizeof(void *),
	       "each function has a name and a field");

int microhttpd_load(struct microhttpd *http, struct cgw_diag *diag)
{
	return load_library(MICROHTTPD_SONAME, names, ARRAY_SIZE(names), http, diag);
}
