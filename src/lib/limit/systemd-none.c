/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-none.c - stubs for builds without libsystemd. */
#include <errno.h>

#include "lib/limit/systemd.h"

static int unsupported(struct cgw_diag *diag)
{
	return cgw_diag_set(diag, -EOPNOTSUPP, "cgward was built without systemd support");
}

int systemd_open(struct systemd **ret_systemd)
{
	return -EOPNOTSUPP;
}

struct systemd *systemd_close(struct systemd *systemd)
{
	return NULL;
}

int systemd_owner(struct systemd *systemd, const struct cgw_layout *layout, const char *path,
		  struct cgw_owner *ret_owner, struct cgw_diag *diag)
{
	return unsupported(diag);
}

uint64_t systemd_watchdog_us(struct systemd *systemd, const struct cgw_owner *owner)
{
	return 0;
}

int systemd_set(struct systemd *systemd, const struct cgw_owner *owner,
		const struct systemd_property *properties, size_t count, bool persist,
		struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_unit_group(struct systemd *systemd, const struct cgw_owner *owner, char *buffer,
		       size_t size, struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_drop_ins(struct systemd *systemd, const struct cgw_owner *owner, char **ret_list,
		     struct cgw_diag *diag)
{
	return unsupported(diag);
}

void systemd_drop_ins_subtract(char *list, const char *before)
{
}

int systemd_remove_drop_ins(struct systemd *systemd, const struct cgw_owner *owner,
			    const char *list)
{
	return -EOPNOTSUPP;
}

int systemd_reload(struct systemd *systemd, struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_freeze(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		   struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_thaw(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		 struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_kill(struct systemd *systemd, const struct cgw_owner *owner, int signal,
		 struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_attach(struct systemd *systemd, const struct cgw_owner *owner, const char *below,
		   const pid_t *pids, size_t count, struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_start_scope(struct systemd *systemd, const struct systemd_scope *scope,
			struct cgw_diag *diag)
{
	return unsupported(diag);
}

int systemd_stop(struct systemd *systemd, const struct cgw_owner *owner, struct cgw_diag *diag)
{
	return unsupported(diag);
}
