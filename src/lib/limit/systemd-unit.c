/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-unit.c - units by name: where they run, and the drop-ins that systemd writes for them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "lib/limit/systemd-bus.h"
#include "lib/limit/systemd-path.h"

static const char service_name[] = "org.freedesktop.systemd1";
static const char unit_interface[] = "org.freedesktop.systemd1.Unit";

static int fill_unit(sd_bus_message *message, const void *context)
{
	return sd_bus_message_append(message, "s", (const char *)context);
}

static void cleanup_strv(char ***list)
{
	for (char **text = *list; text != NULL && *text != NULL; text++)
		free(*text);
	free(*list);
}

/* Loads the unit if necessary; the object path belongs to the reply. */
static int load_unit(struct systemd *systemd, const struct cgw_owner *owner, sd_bus **ret_bus,
		     sd_bus_message **ret_reply, const char **ret_object, struct cgw_diag *diag)
{
	const struct systemd_request request = {
		.member = "LoadUnit", .fill = fill_unit, .context = owner->unit};
	uid_t manager = systemd_manager_of(owner);
	int r = systemd_bus_check_unit(owner, diag);

	r = r < 0 ? r : systemd_bus_call(systemd, manager, &request, ret_reply, diag);
	r = r < 0 ? r : systemd_bus_get(systemd, manager, ret_bus, diag);
	if (r < 0)
		return r;
	r = sd_bus_message_read(*ret_reply, "o", ret_object);
	return r < 0 ? systemd_bus_fail(NULL, r, request.member, diag) : 0;
}

static int read_group(struct systemd *systemd, const struct cgw_owner *owner, char *buffer,
		      size_t size, struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	CLEANUP(systemd_cleanup_error) sd_bus_error error = SD_BUS_ERROR_NULL;
	CLEANUP(cleanup_free) char *state = NULL, *group = NULL;
	const char *object, *interface = systemd_interface_of(owner->unit);
	sd_bus *bus = NULL;
	int r = load_unit(systemd, owner, &bus, &reply, &object, diag);

	if (r < 0)
		return r;
	r = sd_bus_get_property_string(bus, service_name, object, unit_interface, "LoadState",
				       &error, &state);
	if (r >= 0 && interface != NULL && strcmp(state, "not-found") != 0)
		r = sd_bus_get_property_string(bus, service_name, object, interface, "ControlGroup",
					       &error, &group);
	if (r < 0)
		return systemd_bus_fail(&error, r, "ControlGroup", diag);
	if (group == NULL)
		return cgw_diag_set(diag, -ENOENT, "the unit no longer exists");
	if (strlen(group) >= size)
		return -ENAMETOOLONG;
	snprintf(buffer, size, "%s", group);
	return 0;
}

int systemd_unit_group(struct systemd *systemd, const struct cgw_owner *owner, char *buffer,
		       size_t size, struct cgw_diag *diag)
{
	int r = read_group(systemd, owner, buffer, size, diag);

	/* A manager that reloads may close the connection between two calls. */
	if (systemd_bus_is_lost(r)) {
		systemd_bus_drop(systemd, systemd_manager_of(owner));
		r = read_group(systemd, owner, buffer, size, diag);
	}
	return r;
}

static int read_drop_ins(struct systemd *systemd, const struct cgw_owner *owner, char **ret_list,
			 struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	CLEANUP(systemd_cleanup_error) sd_bus_error error = SD_BUS_ERROR_NULL;
	CLEANUP(cleanup_strv) char **paths = NULL;
	CLEANUP(string_builder_free) struct string_builder list = {0};
	const char *object;
	sd_bus *bus = NULL;
	int r = load_unit(systemd, owner, &bus, &reply, &object, diag);

	if (r < 0)
		return r;
	r = sd_bus_get_property_strv(bus, service_name, object, unit_interface, "DropInPaths",
				     &error, &paths);
	if (r < 0)
		return systemd_bus_fail(&error, r, "DropInPaths", diag);
	for (char **path = paths; path != NULL && *path != NULL; path++) {
		string_builder_add(&list, *path);
		string_builder_add(&list, "\n");
	}
	string_builder_add(&list, ""); /* "" instead of NULL */
	if (list.error < 0)
		return list.error;
	*ret_list = string_builder_steal(&list);
	return 0;
}

int systemd_drop_ins(struct systemd *systemd, const struct cgw_owner *owner, char **ret_list,
		     struct cgw_diag *diag)
{
	int r = read_drop_ins(systemd, owner, ret_list, diag);

	if (systemd_bus_is_lost(r)) {
		systemd_bus_drop(systemd, systemd_manager_of(owner));
		r = read_drop_ins(systemd, owner, ret_list, diag);
	}
	return r;
}

static bool contains_line(const char *list, const char *line, size_t length)
{
	for (; list != NULL && *list != '\0'; list += strcspn(list, "\n"), list += *list == '\n')
		if (strcspn(list, "\n") == length && memcmp(list, line, length) == 0)
			return true;
	return false;
}

/* Only the directories of set-property: other drop-ins are the administrator's. */
static bool is_written_by_systemd(const char *path)
{
	static const char *const directories[] = {"/system.control/", "/user.control/",
						  "/systemd/transient/"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (strstr(path, directories[i]) != NULL)
			return strstr(path, "/../") == NULL;
	return false;
}

void systemd_drop_ins_subtract(char *list, const char *before)
{
	char *to = list;

	for (const char *at = list; *at != '\0';) {
		size_t length = strcspn(at, "\n"), whole = length + (at[length] == '\n');

		if (!contains_line(before, at, length)) {
			memmove(to, at, whole);
			to += whole;
		}
		at += whole;
	}
	*to = '\0';
}

int systemd_remove_drop_ins(struct systemd *systemd, const struct cgw_owner *owner,
			    const char *list)
{
	CLEANUP(cleanup_free) char *copy = strdup(list);
	int first = copy == NULL ? -ENOMEM : 0;
	char *rest = NULL;

	for (char *path = copy != NULL ? strtok_r(copy, "\n", &rest) : NULL; path != NULL;
	     path = strtok_r(NULL, "\n", &rest)) {
		char *slash = strrchr(path, '/');

		if (slash == NULL || !is_written_by_systemd(path))
			continue;
		if (unlink(path) < 0) {
			if (errno != ENOENT && first == 0)
				first = -errno;
			continue;
		}
		systemd_bus_mark_reload(systemd, systemd_manager_of(owner));
		*slash = '\0';
		(void)rmdir(path); /* of this unit; not empty: it has other drop-ins */
	}
	return first;
}

int systemd_reload(struct systemd *systemd, struct cgw_diag *diag)
{
	int first = 0;

	/* A call may replace the connection, so that the list changes. */
	for (size_t i = 0; i < systemd->count; i++) {
		CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
		const struct systemd_request request = {.member = "Reload",
							.timeout_us = SYSTEMD_RELOAD_TIMEOUT_US};
		int r;

		if (!systemd->connections[i].reload)
			continue;
		systemd->connections[i].reload = false;
		r = systemd_bus_try(systemd->connections[i].bus, &request, &reply, diag);
		first = first == 0 ? r : first;
	}
	return first;
}
