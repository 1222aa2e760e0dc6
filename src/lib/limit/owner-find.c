/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* owner-find.c - lookup of the manager of a group. */
#include <errno.h>

#include "lib/limit/systemd.h"

int cgw_owner_find(const struct cgw_layout *layout, const char *path, struct cgw_owner *ret_owner)
{
	struct systemd *systemd = NULL;
	int r = systemd_open(&systemd);

	/* Without systemd no group has a manager. */
	if (r == -EHOSTDOWN || r == -EOPNOTSUPP) {
		*ret_owner = (struct cgw_owner){.kind = CGW_OWNER_NONE};
		return 0;
	}
	if (r == 0)
		r = systemd_owner(systemd, layout, path, ret_owner, NULL);
	systemd_close(systemd);
	return r;
}
