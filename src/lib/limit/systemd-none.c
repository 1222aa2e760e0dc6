/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-none.c - stubs for builds without libsystemd. */
#include <errno.h>

#include "lib/limit/systemd.h"

/* A function of these parameters and of a diagnostic. */
#define UNSUPPORTED(function, ...)                                               \
	int function(struct systemd *systemd, __VA_ARGS__)                       \
	{                                                                        \
		return cgw_diag_set(diag, -EOPNOTSUPP,                           \
				    "cgward was built without systemd support"); \
	}
#define OWNER const struct cgw_owner *owner
#define DIAG  struct cgw_diag *diag

int systemd_open(struct systemd **ret_systemd)
{
	return -EOPNOTSUPP;
}

struct systemd *systemd_close(struct systemd *systemd)
{
	return NULL;
}

uint64_t systemd_watchdog_us(struct systemd *systemd, const struct cgw_owner *owner)
{
	return 0;
}

void systemd_drop_ins_subtract(char *list, const char *before)
{
}

int systemd_remove_drop_ins(struct systemd *systemd, const struct cgw_owner *owner,
			    const char *list)
{
	return -EOPNOTSUPP;
}

UNSUPPORTED(systemd_owner, const struct cgw_layout *layout, const char *path,
	    struct cgw_owner *ret_owner, DIAG)
UNSUPPORTED(systemd_set, OWNER, const struct systemd_property *properties, size_t count,
	    bool persist, DIAG)
UNSUPPORTED(systemd_unit_group, OWNER, char *buffer, size_t size, DIAG)
UNSUPPORTED(systemd_drop_ins, OWNER, char **ret_list, DIAG)
UNSUPPORTED(systemd_reload, DIAG)
UNSUPPORTED(systemd_freeze, OWNER, uint64_t timeout_ns, DIAG)
UNSUPPORTED(systemd_thaw, OWNER, uint64_t timeout_ns, DIAG)
UNSUPPORTED(systemd_attach, OWNER, const char *below, const pid_t *pids, size_t count, DIAG)
UNSUPPORTED(systemd_start_scope, const struct systemd_scope *scope, DIAG)
