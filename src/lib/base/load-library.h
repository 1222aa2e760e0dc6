/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load-library.h - load a library at run time: only the commands that need it pay for it. */
#pragma once

#include <cgward/base.h>

/*
 * Loads a library by its SONAME for the rest of the process, and stores the addresses of these
 * symbols in a struct of as many pointers. -ENOPKG: missing or incompatible, and nothing is stored.
 */
int load_library(const char *soname, const char *const *names, size_t count, void *ret_addresses,
		 struct cgw_diag *diag);
