/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control-read.c - read the value of a control as text, as it is written. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/device.h"
#include "lib/limit/target.h"

void control_format(const struct cgw_layout *layout, const struct control_row *row,
		    const struct setting *setting, char *buffer, size_t size)
{
	char name[INSTANCE_MAX], value[VALUE_MAX];
	unsigned major, minor;

	(void)setting_format(row, setting, value, sizeof(value));
	snprintf(name, sizeof(name), "%s", setting->instance);
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (row->info.per_device && sscanf(name, "%u:%u", &major, &minor) == 2)
		cgw_device_name(layout, major, minor, name, sizeof(name));
	if (name[0] != '\0')
		snprintf(buffer, size, "%s %s", name, value);
	else
		snprintf(buffer, size, "%s", value);
}

int control_read(const char *path, enum cgw_control control, const char *instance,
		 struct target *target, char *buffer, size_t size, struct cgw_diag *diag)
{
	const struct cgw_layout *layout = target->layout;
	const struct control_row *row;
	struct control_place place;
	struct setting setting = {0};
	char disks[256], text[VALUE_MAX + INSTANCE_MAX];
	unsigned major, minor;
	int r;

	if ((unsigned)control >= cgw_control_count())
		return cgw_diag_set(diag, -EINVAL, "invalid control %d", (int)control);
	row = control_row(control);
	r = control_open(layout, control, path, &place);
	if (r == -EOPNOTSUPP)
		return cgw_control_available(layout, control, diag);
	if (r < 0)
		return r;
	*target = (struct target){.layout = layout,
				  .path = path,
				  .hierarchy = place.hierarchy,
				  .directory = place.directory,
				  .id = place.group_id};
	if (instance != NULL && strlen(instance) >= sizeof(setting.instance))
		return -ENAMETOOLONG;
	if (instance != NULL)
		snprintf(setting.instance, sizeof(setting.instance), "%s", instance);
	if (instance != NULL && row->info.per_device) {
		r = device_resolve(layout, instance, &major, &minor, disks, sizeof(disks), diag);
		if (r == 0)
			snprintf(setting.instance, sizeof(setting.instance), "%u:%u", major, minor);
	}
	r = r < 0 ? r : target_get(target, row, place.source, &setting);
	if (r < 0)
		return r;
	control_format(layout, row, &setting, text, sizeof(text));
	/* A value that is cut would be another value. */
	if (strlen(text) >= size)
		return -ENOBUFS;
	memcpy(buffer, text, strlen(text) + 1);
	return 0;
}

int cgw_control_read(const struct cgw_layout *layout, const char *path, enum cgw_control control,
		     const char *instance, char *buffer, size_t size, struct cgw_diag *diag)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	target.layout = layout;
	return control_read(path, control, instance, &target, buffer, size, diag);
}
