/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-bus.c - connections and calls to service managers. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/base/local-text.h"
#include "lib/limit/systemd-bus.h"

static const struct {
	const char *name;
	int error;
} error_names[] = {
	{"org.freedesktop.systemd1.NoSuchUnit", -ENOENT},
	{"org.freedesktop.systemd1.UnitInactive", -ENOENT},
	{"org.freedesktop.systemd1.ScopeNotRunning", -ENOENT},
	{"org.freedesktop.systemd1.UnitExists", -EEXIST},
	{"org.freedesktop.systemd1.UnitBusy", -EBUSY},
	{"org.freedesktop.systemd1.UnitMasked", -EPERM},
	{"org.freedesktop.DBus.Error.AccessDenied", -EACCES},
	{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", -EACCES},
	{"org.freedesktop.DBus.Error.NotSupported", -EOPNOTSUPP},
	{"org.freedesktop.DBus.Error.UnknownMethod", -EOPNOTSUPP},
	{"org.freedesktop.DBus.Error.UnknownProperty", -EOPNOTSUPP},
	{"org.freedesktop.DBus.Error.PropertyReadOnly", -EOPNOTSUPP},
	{"org.freedesktop.DBus.Error.InvalidArgs", -EINVAL},
	{"org.freedesktop.DBus.Error.NoReply", -ETIMEDOUT},
	{"org.freedesktop.DBus.Error.Timeout", -ETIMEDOUT},
};

int systemd_bus_check_unit(const struct cgw_owner *owner, struct cgw_diag *diag)
{
	if (owner->unit[0] != '\0')
		return 0;
	return cgw_diag_set(diag, -EINVAL, "the group is not a systemd unit");
}

uid_t systemd_manager_of(const struct cgw_owner *owner)
{
	return owner->kind == CGW_OWNER_SYSTEMD_USER ? owner->uid : SYSTEMD_SYSTEM;
}

bool systemd_bus_is_lost(int error)
{
	return error == -ECONNRESET || error == -ENOTCONN || error == -EPIPE ||
	       error == -ECONNREFUSED || error == -ESHUTDOWN;
}

/* Replaces messages that do not name what would help, or are not meant for people. */
static const char *message_of(const sd_bus_error *error)
{
	static const struct {
		const char *name, *start, *text;
	} refusals[] = {
		{"org.freedesktop.DBus.Error.AccessDenied", "Rejected send message",
		 "the D-Bus policy does not allow it to this user; root may"},
		{"org.freedesktop.DBus.Error.AccessDenied", "Access denied",
		 "systemd does not allow it to this user; root may"},
		/* without polkit */
		{"org.freedesktop.DBus.Error.AccessDenied", "Permission denied",
		 "systemd does not allow it to this user; root may"},
		{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "",
		 "polkit requires authentication; run it as root, or from a terminal, where polkit "
		 "can ask"},
	};

	for (size_t i = 0; error->message != NULL && i < ARRAY_SIZE(refusals); i++)
		if (strcmp(error->name, refusals[i].name) == 0 &&
		    strncmp(error->message, refusals[i].start, strlen(refusals[i].start)) == 0)
			return refusals[i].text;
	return error->message;
}

int systemd_bus_fail(const sd_bus_error *error, int r, const char *member, struct cgw_diag *diag)
{
	const char *message = error != NULL && error->name != NULL ? message_of(error) : NULL;

	if (error != NULL && error->name != NULL && !systemd_bus_is_lost(r)) {
		int number = -sd_bus_error_get_errno(error);

		for (size_t i = 0; i < ARRAY_SIZE(error_names); i++)
			if (strcmp(error->name, error_names[i].name) == 0)
				number = error_names[i].error;
		r = number < 0 ? number : -EIO;
	}
	if (message == NULL)
		message = strerror(-r);
	return cgw_diag_set(diag, r, "systemd call %s failed: %s", member, ESCAPED(384, message));
}

/* sd_bus_call() does not apply our timeout to the handshake: a frozen manager would block us. */
static int wait_ready(sd_bus *bus)
{
	uint64_t until = clock_now_ns() / NS_PER_US + SYSTEMD_CALL_TIMEOUT_US;
	int r = sd_bus_is_ready(bus);

	while (r == 0) {
		uint64_t now = clock_now_ns() / NS_PER_US;

		if (now >= until)
			return -ETIMEDOUT;
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, until - now);
		if (r < 0 && r != -EINTR)
			return r;
		r = sd_bus_is_ready(bus);
	}
	return r < 0 ? r : 0;
}

DEFINE_CLEANUP(cleanup_bus, sd_bus *, sd_bus_close_unref)

static int connect_to(const char *address, bool through_bus, sd_bus **ret_bus)
{
	CLEANUP(cleanup_bus) sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, through_bus);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, SYSTEMD_CALL_TIMEOUT_US);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = wait_ready(bus);
	if (r < 0)
		return r;
	*ret_bus = steal_pointer(&bus);
	return 0;
}

/* The user controls the runtime directory: check that the listener is that user. */
static bool is_peer(sd_bus *bus, uid_t uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = sd_bus_get_fd(bus);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == uid;
}

static int connect_user(uid_t uid, sd_bus **ret_bus)
{
	sd_bus *bus = NULL;
	int r;

	r = connect_to(FORMATTED(96, "unix:path=/run/user/%u/systemd/private", (unsigned)uid),
		       false, &bus);
	if (r < 0)
		return r;
	if (!is_peer(bus, uid)) {
		sd_bus_close_unref(bus);
		return -EPERM;
	}
	*ret_bus = bus;
	return 0;
}

static int connect_system(sd_bus **ret_bus)
{
	int r = -EACCES;

	if (geteuid() == 0)
		r = connect_to("unix:path=/run/systemd/private", false, ret_bus);
	if (r < 0)
		r = connect_to("unix:path=/run/dbus/system_bus_socket", true, ret_bus);
	return r;
}

static bool is_lingering(uid_t uid)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
		return false;
	return access(FORMATTED(300, "/var/lib/systemd/linger/%s", found->pw_name), F_OK) == 0;
}

static int user_manager_fail(uid_t uid, int error, struct cgw_diag *diag)
{
	if (error == -EACCES || error == -EPERM)
		return cgw_diag_set(diag, -EACCES,
				    "only user %u and root may connect to the service manager of "
				    "user %u",
				    (unsigned)uid, (unsigned)uid);
	if (error != -ENOENT && error != -ECONNREFUSED)
		return cgw_diag_set(diag, -EHOSTUNREACH,
				    "cannot connect to the service manager of user %u: %s",
				    (unsigned)uid, strerror(-error));
	if (is_lingering(uid))
		return cgw_diag_set(diag, -EHOSTUNREACH,
				    "the service manager of user %u is not running; root can start "
				    "it with `systemctl start user@%u.service`",
				    (unsigned)uid, (unsigned)uid);
	return cgw_diag_set(diag, -EHOSTUNREACH,
			    "the service manager of user %u is not running; start it with "
			    "`loginctl enable-linger %u`, or log in as that user",
			    (unsigned)uid, (unsigned)uid);
}

static int connect_manager(const char *address, uid_t manager, sd_bus **ret_bus,
			   struct cgw_diag *diag)
{
	int r = libsystemd_load(diag);

	if (r < 0)
		return r;
	if (manager == SYSTEMD_SYSTEM && address != NULL)
		r = connect_to(address, false, ret_bus);
	else if (manager == SYSTEMD_SYSTEM)
		r = connect_system(ret_bus);
	else
		r = connect_user(manager, ret_bus);
	if (r == 0)
		return 0;
	if (r == -ENOMEM)
		return r;
	if (manager == SYSTEMD_SYSTEM)
		return cgw_diag_set(diag, -EHOSTUNREACH,
				    "cannot connect to the service manager (PID 1): %s",
				    strerror(-r));
	return user_manager_fail(manager, r, diag);
}

int systemd_bus_get(struct systemd *systemd, uid_t manager, sd_bus **ret_bus, struct cgw_diag *diag)
{
	sd_bus *bus = NULL;
	int r;

	for (size_t i = 0; i < systemd->count; i++)
		if (systemd->connections[i].manager == manager) {
			*ret_bus = systemd->connections[i].bus;
			return 0;
		}
	if (ARRAY_RESERVE(systemd->connections, systemd->capacity, systemd->count + 1) < 0)
		return -ENOMEM;
	r = connect_manager(systemd->address, manager, &bus, diag);
	if (r < 0)
		return r;
	systemd->connections[systemd->count++] =
		(struct systemd_connection){.manager = manager, .bus = bus};
	*ret_bus = bus;
	return 0;
}

void systemd_bus_mark_reload(struct systemd *systemd, uid_t manager)
{
	for (size_t i = 0; i < systemd->count; i++)
		systemd->connections[i].reload |= systemd->connections[i].manager == manager;
}

void systemd_bus_drop(struct systemd *systemd, uid_t manager)
{
	for (size_t i = 0; i < systemd->count; i++)
		if (systemd->connections[i].manager == manager) {
			sd_bus_close_unref(systemd->connections[i].bus);
			systemd->connections[i] = systemd->connections[--systemd->count];
			return;
		}
}

int systemd_bus_try(sd_bus *bus, const struct systemd_request *request, sd_bus_message **ret_reply,
		    struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_error) sd_bus_error error = SD_BUS_ERROR_NULL;
	CLEANUP(systemd_cleanup_message) sd_bus_message *message = NULL;
	uint64_t timeout_us = request->timeout_us;
	int r = sd_bus_message_new_method_call(bus, &message, "org.freedesktop.systemd1",
					       "/org/freedesktop/systemd1",
					       "org.freedesktop.systemd1.Manager", request->member);

	if (r >= 0 && request->fill != NULL)
		r = request->fill(message, request->context);
	if (r < 0)
		return systemd_bus_fail(NULL, r, request->member, diag);
	if (geteuid() != 0 && isatty(STDIN_FILENO)) {
		(void)sd_bus_message_set_allow_interactive_authorization(message, true);
		if (timeout_us < SYSTEMD_AUTH_TIMEOUT_US)
			timeout_us = SYSTEMD_AUTH_TIMEOUT_US;
	}
	if (timeout_us == 0)
		timeout_us = SYSTEMD_CALL_TIMEOUT_US;
	r = sd_bus_call(bus, message, timeout_us, &error, ret_reply);
	DEBUG(CGW_DEBUG_SYSTEMD, "%s: %s", request->member,
	      r >= 0                  ? "succeeded"
	      : error.message != NULL ? error.message
				      : strerror(-r));
	return r < 0 ? systemd_bus_fail(&error, r, request->member, diag) : 0;
}

int systemd_bus_call(struct systemd *systemd, uid_t manager, const struct systemd_request *request,
		     sd_bus_message **ret_reply, struct cgw_diag *diag)
{
	uint64_t until = clock_now_ns() / NS_PER_US + SYSTEMD_CALL_TIMEOUT_US;
	struct timespec pause = {.tv_nsec = 50000000};

	for (;;) {
		sd_bus *bus = NULL;
		int r = systemd_bus_get(systemd, manager, &bus, diag);

		if (r == 0)
			r = systemd_bus_try(bus, request, ret_reply, diag);
		else if (r != -EHOSTUNREACH || manager != SYSTEMD_SYSTEM)
			return r;
		if (!systemd_bus_is_lost(r) && r != -EHOSTUNREACH)
			return r;
		systemd_bus_drop(systemd, manager);
		if (clock_now_ns() / NS_PER_US >= until)
			return r;
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < 400000000)
			pause.tv_nsec *= 2;
	}
}
