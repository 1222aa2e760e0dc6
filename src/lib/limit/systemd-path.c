/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-path.c - owners of groups derived from their paths. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/systemd-path.h"

static const struct {
	const char *suffix;
	const char *interface;
} unit_types[] = {
	{".service", "org.freedesktop.systemd1.Service"},
	{".scope", "org.freedesktop.systemd1.Scope"},
	{".slice", "org.freedesktop.systemd1.Slice"},
	{".socket", "org.freedesktop.systemd1.Socket"},
	{".mount", "org.freedesktop.systemd1.Mount"},
	{".swap", "org.freedesktop.systemd1.Swap"},
};

/* Names of container groups: the start of a path component, and whether an ID must follow. */
static const struct {
	const char *start;
	bool id;
	const char *engine;
} engines[] = {
	{"docker-", true, "docker"},
	{"docker", false, "docker"}, /* a directory of containers, with the cgroupfs driver */
	{"libpod-conmon-", true, "podman"},
	{"libpod-", true, "podman"},
	{"libpod_parent", false, "podman"},
	{"cri-containerd-", true, "containerd"},
	{"crio-conmon-", true, "cri-o"},
	{"crio-", true, "cri-o"},
	{"kubepods", false, "kubernetes"},
	{"kubepods.slice", false, "kubernetes"},
	{"lxc.payload.", false, "lxc"},
	{"lxc.payload", false, "lxc"},
	{"lxc.monitor.", false, "lxc"},
	{"lxc", false, "lxc"},
	{"machine-qemu", false, "libvirt"},
	{"machine-lxc", false, "libvirt"},
};

static bool ends_with(const char *text, size_t length, const char *suffix)
{
	size_t size = strlen(suffix);

	return length > size && memcmp(text + length - size, suffix, size) == 0;
}

static const char *interface_of(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_types); i++)
		if (ends_with(name, length, unit_types[i].suffix))
			return unit_types[i].interface;
	return NULL;
}

const char *systemd_interface_of(const char *unit)
{
	return interface_of(unit, strlen(unit));
}

int systemd_user_of(const char *unit, uid_t *ret_uid)
{
	static const char start[] = "user@", end[] = ".service";
	unsigned long uid;
	char *rest;

	if (strncmp(unit, start, strlen(start)) != 0)
		return -EINVAL;
	unit += strlen(start);
	if (!isdigit((unsigned char)unit[0]))
		return -EINVAL;
	errno = 0;
	uid = strtoul(unit, &rest, 10);
	/* (uid_t)-1 is invalid. */
	if (errno != 0 || uid >= UINT32_MAX || strcmp(rest, end) != 0)
		return -EINVAL;
	*ret_uid = (uid_t)uid;
	return 0;
}

bool systemd_is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	if (length <= 1)
		return path[0] == '/' && path[1] != '\0';
	return strncmp(path, top, length) == 0 && path[length] == '/';
}

static bool is_id(const char *text, size_t length)
{
	return length >= 12 && strspn(text, "0123456789abcdef") >= 12;
}

static const char *engine_of_component(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		size_t size = strlen(engines[i].start);
		bool open = engines[i].start[size - 1] == '.' ||
			    strncmp(engines[i].start, "machine-", 8) == 0;

		if (length < size || memcmp(name, engines[i].start, size) != 0)
			continue;
		if (engines[i].id ? is_id(name + size, length - size) : open || length == size)
			return engines[i].engine;
	}
	return NULL;
}

const char *systemd_engine_of(const char *path)
{
	const char *engine = NULL;

	/* The deepest match wins: a pod's group below kubepods may belong to containerd. */
	while (*path != '\0') {
		size_t length = strcspn(path, "/");
		const char *found = engine_of_component(path, length);

		if (found != NULL)
			engine = found;
		path += length + (path[length] == '/');
	}
	return engine;
}

/* Does the name consist of the characters that systemd allows, and end in a unit type? */
static bool is_unit_name(const char *name, size_t length)
{
	static const char signs[] = ":-_.\\@";

	if (length < 3 || length > 255 || interface_of(name, length) == NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char)name[i]) ||
		    (!isalnum((unsigned char)name[i]) && strchr(signs, name[i]) == NULL))
			return false;
	return true;
}

size_t systemd_unit_from_path(const char *path, char *unit, size_t size, uid_t *ret_uid)
{
	const char *at = path;
	size_t own = 0;

	*ret_uid = (uid_t)-1;
	while (*at == '/') {
		size_t length = strcspn(at + 1, "/");
		uid_t uid;

		if (!is_unit_name(at + 1, length) || length >= size)
			break;
		memcpy(unit, at + 1, length);
		unit[length] = '\0';
		own = (size_t)(at + 1 + length - path);
		at += 1 + length;
		if (ends_with(unit, length, ".slice"))
			continue;
		if (*ret_uid != (uid_t)-1 || systemd_user_of(unit, &uid) < 0)
			break;
		/* Units of the user manager follow below its service. */
		length = *at == '/' ? strcspn(at + 1, "/") : 0;
		if (length == 0 || !is_unit_name(at + 1, length))
			break;
		*ret_uid = uid;
	}
	return own;
}

void systemd_dbus_path(const char *path, char *buffer, size_t size)
{
	size_t used = 0;

	while (*path == '/') {
		size_t length = 1 + strcspn(path + 1, "/");

		for (size_t i = 0; i < length; i++)
			if ((unsigned char)path[i] < 0x20 || (unsigned char)path[i] >= 0x7f)
				length = 0;
		if (length <= 1 || used + length >= size)
			break;
		memcpy(buffer + used, path, length);
		used += length;
		path += length;
	}
	if (used == 0)
		buffer[used++] = '/';
	buffer[used] = '\0';
}
