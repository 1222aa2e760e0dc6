/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-limits.c - reads each control of a group and writes down those that somebody set. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/export-limits.h"

/* Of inih's 200 bytes a line: the key and some. */
#define PATH_MAX_BYTES 180

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static uint32_t hash_of(const char *path)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	for (; *path != '\0'; path++)
		hash = (hash ^ (uint8_t)*path) * UINT32_C(16777619);
	return hash;
}

/*
 * The path as a section's name: "_" stands for a slash and for what may not stand in one. Where that
 * leaves a doubt which path it is, or the name is too long, a hash of the path goes behind it.
 */
static void section_name(const char *path, char *buffer, size_t size)
{
	const char *from = path + (path[1] != '\0');
	size_t room = size - sizeof("-12345678"), length = strlen(from);
	bool doubtful = length > room || from[strspn(from, NAME_CHARACTERS "/")] != '\0';

	(void)snprintf(buffer, doubtful ? room + 1 : size, "%s",
		       from + (length > room ? length - room : 0));
	for (char *at = buffer; *at != '\0'; at++)
		if (strchr(NAME_CHARACTERS, *at) == NULL)
			*at = '_';
	length = strlen(buffer);
	if (doubtful)
		(void)snprintf(buffer + length, size - length, "-%08x", hash_of(path));
}

/* Of the control: its value now, where that is one and not the default. */
static bool read_set(const struct cgw_layout *layout, const char *path, enum cgw_control control,
		     char *value, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(control);

	/* Values by device have no default line; aliases of others would be said twice. */
	if (info->action || info->instances || info->default_value == NULL || info->metric < 0)
		return false;
	if (cgw_control_read(layout, path, control, NULL, value, size, NULL) < 0)
		return false;
	/* "0s" and "0" are the same. */
	if (value[0] == '0' && strtod(value, NULL) == 0 && strtod(info->default_value, NULL) == 0)
		return false;
	return strcmp(value, info->default_value) != 0;
}

/* A glob is none, and nothing in it is cut, commented out or taken for another line. */
static bool can_stand(const char *path)
{
	char shown[4 * PATH_MAX_BYTES];

	if (strlen(path) > PATH_MAX_BYTES || strpbrk(path, "*?[{;#") != NULL)
		return false;
	(void)cgw_escape(shown, sizeof(shown), path, strlen(path));
	return strcmp(path, shown) == 0;
}

int export_section(const struct cgw_layout *layout, const char *path, char **ret_text)
{
	char name[40], value[256], *text = NULL;
	size_t size;
	bool some = false;
	FILE *out;

	if (!can_stand(path))
		return -EINVAL;
	out = open_memstream(&text, &size);
	if (out == NULL)
		return -ENOMEM;
	section_name(path, name, sizeof(name));
	fprintf(out, "[limit %s]\nmatch = %s\n", name, path);
	for (int i = 0; i < CGW_CONTROL_COUNT; i++)
		if (read_set(layout, path, (enum cgw_control)i, value, sizeof(value))) {
			fprintf(out, "%s = %s\n", cgw_control_info((enum cgw_control)i)->key,
				value);
			some = true;
		}
	if (fclose(out) != 0 || !some) {
		free(text);
		return some ? -ENOMEM : -ENODATA;
	}
	*ret_text = text;
	return 0;
}
