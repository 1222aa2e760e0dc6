/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - names of block devices. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/file.h"

void cgw_device_name(const struct cgw_layout *layout, unsigned major, unsigned minor, char *buffer,
		     size_t size)
{
	static const char word[] = "DEVNAME=";
	CLEANUP(cleanup_free) char *text = NULL;
	char path[64];
	size_t length;
	const char *name;

	(void)snprintf(buffer, size, "%u:%u", major, minor);
	(void)snprintf(path, sizeof(path), "dev/block/%u:%u/uevent", major, minor);
	if (layout->sys_fd < 0 ||
	    file_read_at(layout->ops, layout->sys_fd, path, &text, &length) < 0)
		return;
	name = strstr(text, word);
	if (name == NULL || (name != text && name[-1] != '\n'))
		return;
	name += strlen(word);
	if (strcspn(name, "\n") > 0)
		(void)snprintf(buffer, size, "%.*s", (int)strcspn(name, "\n"), name);
}
