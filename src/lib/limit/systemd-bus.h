/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-bus.h - connections and calls to service managers.
 *
 * A manager is identified by the ID of its user; SYSTEMD_SYSTEM is PID 1. Root connects to a
 * manager's private socket, so that thawing works even if dbus-daemon is frozen or dead.
 */
#pragma once

#include "lib/base/libsystemd.h"
#include "lib/limit/systemd.h"

#define SYSTEMD_SYSTEM ((uid_t)-1)

#define SYSTEMD_CALL_TIMEOUT_US UINT64_C(5000000)
/* Polkit may ask the user for a password. */
#define SYSTEMD_AUTH_TIMEOUT_US UINT64_C(60000000)
/* Reading all units again takes seconds on a busy machine. */
#define SYSTEMD_RELOAD_TIMEOUT_US UINT64_C(90000000)

struct systemd_connection {
	uid_t manager;
	sd_bus *bus;
	bool reload; /* drop-ins were removed: the manager still has their settings */
};

struct systemd {
	struct systemd_connection *connections;
	size_t count, capacity;
	const char *address; /* replaces that of PID 1 in tests; NULL */
};

/* Like systemd_open(), but without check; `address` (not copied) replaces PID 1's unless NULL. */
int systemd_open_at(const char *address, struct systemd **ret_systemd);

/* A method call on the manager object. */
struct systemd_request {
	const char *member;
	/* Appends the arguments; a negative errno cancels the call. NULL: no arguments. */
	int (*fill)(sd_bus_message *message, const void *context);
	const void *context;
	uint64_t timeout_us; /* 0: SYSTEMD_CALL_TIMEOUT_US */
};

/* Refuses an empty name, which systemd takes for the caller's unit: we would freeze ourselves. */
int systemd_bus_check_unit(const struct cgw_owner *owner, struct cgw_diag *diag);

/* The manager of the owner's unit. */
uid_t systemd_manager_of(const struct cgw_owner *owner);

/* Connects if necessary. `systemd` keeps the connection. -EHOSTUNREACH: cannot connect. */
int systemd_bus_get(struct systemd *systemd, uid_t manager, sd_bus **ret_bus,
		    struct cgw_diag *diag);
/* systemd_reload() is to reload this manager, to which there is a connection. */
void systemd_bus_mark_reload(struct systemd *systemd, uid_t manager);
/* Closes the connection, so that the next call reconnects. */
void systemd_bus_drop(struct systemd *systemd, uid_t manager);

/* Calls once on this connection. */
int systemd_bus_try(sd_bus *bus, const struct systemd_request *request, sd_bus_message **ret_reply,
		    struct cgw_diag *diag);
/* Retries over a new connection for at most 5 s, while the manager is restarting. */
int systemd_bus_call(struct systemd *systemd, uid_t manager, const struct systemd_request *request,
		     sd_bus_message **ret_reply, struct cgw_diag *diag);

/* Does the error mean a lost connection? */
bool systemd_bus_is_lost(int error);

/* Converts an error of the bus or of systemd to a negative errno and fills `diag`. */
int systemd_bus_fail(const sd_bus_error *error, int r, const char *member, struct cgw_diag *diag);

static inline void systemd_cleanup_message(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

static inline void systemd_cleanup_error(sd_bus_error *error)
{
	sd_bus_error_free(error);
}
