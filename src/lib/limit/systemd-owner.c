/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-owner.c - lookup of the service manager and the unit of a group.
 *
 * GetUnitByControlGroup strips path components until it finds a unit, finally the root slice, and
 * so returns a unit for unmanaged groups too. Only a unit whose ControlGroup equals the path owns
 * it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/base/local-text.h"
#include "lib/limit/systemd-bus.h"
#include "lib/limit/systemd-path.h"

/* A unit as reported by its manager. */
struct unit {
	char name[256];
	char group[4096];
	bool delegates;
};

/* For debug messages. */
static const char *const owner_words[] = {
	[CGW_OWNER_NONE] = "none",
	[CGW_OWNER_SYSTEMD] = "systemd",
	[CGW_OWNER_SYSTEMD_USER] = "a user manager",
	[CGW_OWNER_DELEGATED] = "delegated below",
	[CGW_OWNER_ENGINE] = "a container engine",
};

static int fill_path(sd_bus_message *message, const void *context)
{
	return sd_bus_message_append(message, "s", (const char *)context);
}

static int read_string_property(sd_bus *bus, const char *object, const char *interface,
				const char *property, char *buffer, size_t size,
				struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_error) sd_bus_error error = SD_BUS_ERROR_NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	int r = sd_bus_get_property_string(bus, "org.freedesktop.systemd1", object, interface,
					   property, &error, &text);

	if (r < 0)
		return systemd_bus_fail(&error, r, property, diag);
	if (strlen(text) >= size)
		return cgw_diag_set(diag, -ENAMETOOLONG, "systemd property %s is too long",
				    property);
	snprintf(buffer, size, "%s", text);
	return 0;
}

static int describe_unit(sd_bus *bus, const char *object, struct unit *unit, struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_error) sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *interface;
	int delegates = 0;
	int r = read_string_property(bus, object, "org.freedesktop.systemd1.Unit", "Id", unit->name,
				     sizeof(unit->name), diag);

	if (r < 0)
		return r;
	interface = systemd_interface_of(unit->name);
	if (interface == NULL)
		return cgw_diag_set(diag, -EBADMSG,
				    "systemd returned a unit of a type without control group");
	r = read_string_property(bus, object, interface, "ControlGroup", unit->group,
				 sizeof(unit->group), diag);
	if (r < 0)
		return r;
	r = sd_bus_get_property_trivial(bus, "org.freedesktop.systemd1", object, interface,
					"Delegate", &error, 'b', &delegates);
	if (r < 0 && systemd_bus_is_lost(r))
		return systemd_bus_fail(&error, r, "Delegate", diag);
	unit->delegates = r >= 0 && delegates != 0;
	return 0;
}

/* -ENOENT: the manager has no unit at or above the path. */
static int query_manager(struct systemd *systemd, uid_t manager, const char *path,
			 struct unit *unit, struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	char dbus_path[4096];
	const struct systemd_request request = {
		.member = "GetUnitByControlGroup",
		.fill = fill_path,
		.context = dbus_path,
	};
	const char *object;
	sd_bus *bus = NULL;
	int r;

	systemd_dbus_path(path, dbus_path, sizeof(dbus_path));
	r = systemd_bus_call(systemd, manager, &request, &reply, diag);
	if (r == 0)
		r = systemd_bus_get(systemd, manager, &bus, diag);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &object);
	if (r < 0)
		return systemd_bus_fail(NULL, r, request.member, diag);
	return describe_unit(bus, object, unit, diag);
}

static void set_owner(struct cgw_owner *owner, enum cgw_owner_kind kind, const char *unit,
		      uid_t uid)
{
	owner->kind = kind;
	owner->uid = uid;
	snprintf(owner->unit, sizeof(owner->unit), "%s", unit);
}

/* Below a user's service: queries the manager of that user. */
static int query_user_manager(struct systemd *systemd, uid_t uid, const char *path,
			      const char *service, struct cgw_owner *owner, struct cgw_diag *diag)
{
	struct unit unit = {0};
	int r = query_manager(systemd, uid, path, &unit, diag);

	if (r == -ENOENT) {
		set_owner(owner, CGW_OWNER_DELEGATED, service, uid);
		return 0;
	}
	if (r < 0)
		return r == -ENOMEM ? r : -EHOSTUNREACH;
	if (strcmp(unit.group, path) == 0)
		set_owner(owner, CGW_OWNER_SYSTEMD_USER, unit.name, uid);
	else if (unit.delegates && systemd_is_below(path, unit.group))
		set_owner(owner, CGW_OWNER_DELEGATED, unit.name, uid);
	else
		set_owner(owner, CGW_OWNER_DELEGATED, service, uid);
	return 0;
}

/* Extended attributes that systemd sets on the groups of its units. */
struct marks {
	bool seen; /* the group is in a hierarchy with such attributes */
	bool unit, delegated;
};

static bool has_mark(const char *directory, const char *name)
{
	static const char *const spaces[] = {"trusted", "user"};

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		char value[64];

		if (getxattr(directory, FORMATTED(64, "%s.%s", spaces[i], name), value,
			     sizeof(value)) > 0)
			return true;
	}
	return false;
}

static struct marks read_marks(const struct cgw_layout *layout, const char *path)
{
	struct marks marks = {0};

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const struct cgw_hierarchy *hierarchy = &layout->hierarchies[i];
		CLEANUP(cleanup_close) int directory = -1;
		char link[48];

		if (hierarchy->version == 1 &&
		    (hierarchy->name == NULL || strcmp(hierarchy->name, "systemd") != 0))
			continue;
		if (cgw_group_open(layout, i, path, &directory, NULL) < 0)
			continue;
		/* fgetxattr() does not support O_PATH descriptors. */
		snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
		marks.seen = true;
		marks.unit |= has_mark(link, "invocation_id");
		marks.delegated |= has_mark(link, "delegate");
	}
	return marks;
}

/* If the manager does not reply, guesses from names and attributes where both agree. */
static void guess_owner(const struct cgw_layout *layout, const char *path, struct cgw_owner *owner)
{
	char unit[256], top[4096];
	struct marks marks;
	uid_t uid;
	size_t length = systemd_unit_from_path(path, unit, sizeof(unit), &uid);

	if (length == 0 || length >= sizeof(top))
		return;
	memcpy(top, path, length);
	top[length] = '\0';
	marks = read_marks(layout, top);
	if (strlen(path) == length) {
		/* Not every systemd version sets invocation_id on slices. */
		if (marks.unit || strstr(unit, ".slice") != NULL)
			set_owner(owner,
				  uid == SYSTEMD_SYSTEM ? CGW_OWNER_SYSTEMD
							: CGW_OWNER_SYSTEMD_USER,
				  unit, uid == SYSTEMD_SYSTEM ? 0 : uid);
	} else if (marks.delegated || uid != SYSTEMD_SYSTEM) {
		set_owner(owner, CGW_OWNER_DELEGATED, unit, uid == SYSTEMD_SYSTEM ? 0 : uid);
	}
}

int systemd_owner(struct systemd *systemd, const struct cgw_layout *layout, const char *path,
		  struct cgw_owner *ret_owner, struct cgw_diag *diag)
{
	struct cgw_owner owner = {.kind = CGW_OWNER_NONE};
	const char *engine = systemd_engine_of(path);
	struct unit unit = {0};
	uid_t uid;
	int r = query_manager(systemd, SYSTEMD_SYSTEM, path, &unit, diag);

	if (r == -ENOMEM)
		return r;
	if (r == -EHOSTUNREACH || r == -ETIMEDOUT || systemd_bus_is_lost(r)) {
		guess_owner(layout, path, &owner);
	} else if (r < 0 && r != -ENOENT) {
		return r;
	} else if (r == 0 && strcmp(unit.group, path) == 0) {
		set_owner(&owner, CGW_OWNER_SYSTEMD, unit.name, 0);
	} else if (r == 0 && unit.delegates && systemd_is_below(path, unit.group)) {
		if (systemd_user_of(unit.name, &uid) < 0)
			set_owner(&owner, CGW_OWNER_DELEGATED, unit.name, 0);
		else
			r = query_user_manager(systemd, uid, path, unit.name, &owner, diag);
		if (r < 0)
			return r;
	}
	if (engine != NULL) {
		snprintf(owner.engine, sizeof(owner.engine), "%s", engine);
		if (owner.kind == CGW_OWNER_NONE)
			owner.kind = CGW_OWNER_ENGINE;
	}
	DEBUG(CGW_DEBUG_SYSTEMD, "owner of %s: %s%s%s", path, owner_words[owner.kind],
	      owner.unit[0] != '\0' ? " " : "", owner.unit);
	/* An unmanaged group is not a failure. */
	if (diag != NULL)
		*diag = (struct cgw_diag){0};
	*ret_owner = owner;
	return 0;
}

uint64_t systemd_watchdog_us(struct systemd *systemd, const struct cgw_owner *owner)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	const struct systemd_request request = {
		.member = "GetUnit", .fill = fill_path, .context = owner->unit};
	uid_t manager = systemd_manager_of(owner);
	const char *object;
	sd_bus *bus = NULL;
	uint64_t watchdog_us = 0;

	/* Only services have this property. */
	if (systemd_bus_check_unit(owner, NULL) < 0 ||
	    systemd_bus_call(systemd, manager, &request, &reply, NULL) < 0 ||
	    systemd_bus_get(systemd, manager, &bus, NULL) < 0 ||
	    sd_bus_message_read(reply, "o", &object) < 0 ||
	    sd_bus_get_property_trivial(bus, "org.freedesktop.systemd1", object,
					"org.freedesktop.systemd1.Service", "WatchdogUSec", NULL,
					't', &watchdog_us) < 0)
		return 0;
	return watchdog_us == UINT64_MAX ? 0 : watchdog_us;
}
