/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-bus.h - connections to service managers, and one call over one of them.
 *
 * A manager is named by its user's id; SYSTEMD_SYSTEM is PID 1. Root talks to a manager's own socket,
 * which needs no message bus: a frozen or dead dbus-daemon does not stand in the way of a thaw.
 */
#ifndef CGWARD_LIB_LIMIT_SYSTEMD_BUS_H
#define CGWARD_LIB_LIMIT_SYSTEMD_BUS_H

#include <systemd/sd-bus.h>

#include "lib/limit/systemd.h"

#define SYSTEMD_SYSTEM ((uid_t)-1)

#define SYSTEMD_CALL_TIMEOUT_US UINT64_C(5000000)
/* Somebody may be asked for a password. */
#define SYSTEMD_ASK_TIMEOUT_US UINT64_C(60000000)

struct systemd_connection {
	uid_t manager;
	sd_bus *bus;
};

struct systemd {
	struct systemd_connection *connections;
	size_t count;
	const char *address; /* of a test's manager, in place of PID 1's; NULL */
};

/* As systemd_open(), on any machine, with another address for PID 1's; it is not copied. */
int systemd_open_at(const char *address, struct systemd **ret_systemd);

/* One call to the manager's own object. */
struct systemd_request {
	const char *member;
	/* Appends the arguments; negative errno ends the call. NULL: none. */
	int (*fill)(sd_bus_message *message, const void *context);
	const void *context;
	uint64_t timeout_us; /* 0: SYSTEMD_CALL_TIMEOUT_US */
};

/* An empty name is the caller's own unit to systemd: a freeze of nobody's group would be of ours. */
int systemd_bus_check_unit(const struct cgw_owner *owner, struct cgw_diag *diag);

/* The manager that answers for the owner's unit. */
uid_t systemd_manager_of(const struct cgw_owner *owner);

/* -EHOSTUNREACH with the reason where it cannot be connected to. The connection stays ours. */
int systemd_bus_get(struct systemd *systemd, uid_t manager, sd_bus **ret_bus,
		    struct cgw_diag *diag);
/* Closes it, so that the next one that asks connects anew. */
void systemd_bus_drop(struct systemd *systemd, uid_t manager);

/* One try on this connection. */
int systemd_bus_try(sd_bus *bus, const struct systemd_request *request, sd_bus_message **ret_reply,
		    struct cgw_diag *diag);
/* Tries again, over a new connection, while the manager is being started again (5 s at most). */
int systemd_bus_call(struct systemd *systemd, uid_t manager, const struct systemd_request *request,
		     sd_bus_message **ret_reply, struct cgw_diag *diag);

/* Did the connection end under the call? */
bool systemd_bus_is_lost(int error);

/* An error of the bus or of systemd as negative errno, with its text in `diag`. */
int systemd_bus_fail(const sd_bus_error *error, int r, const char *member, struct cgw_diag *diag);

static inline void systemd_cleanup_message(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

#endif
