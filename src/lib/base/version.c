/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* version.c - the version of the library. */
#include <cgward/base.h>

const char *cgw_version(void)
{
	return CGWARD_VERSION;
}
