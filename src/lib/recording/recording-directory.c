/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-directory.c - recordings of several files ("00000012-20261124T081500Z.cgwr"). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/recording/recording-directory.h"

#define NUMBER_DIGITS 8

static bool is_recording_name(const char *name)
{
	size_t length = strlen(name), suffix = strlen(RECORD_SUFFIX);

	return strspn(name, "0123456789") == NUMBER_DIGITS && name[NUMBER_DIGITS] == '-' &&
	       length < RECORD_NAME_BYTES && strcmp(name + length - suffix, RECORD_SUFFIX) == 0;
}

int record_directory_list(const char *path, struct string_list *ret_list)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir(path);
	struct string_list list = {0};
	struct dirent *entry;

	if (directory == NULL)
		return -errno;
	while ((entry = readdir(directory)) != NULL)
		if (is_recording_name(entry->d_name) && string_list_add(&list, entry->d_name) < 0) {
			string_list_free(&list);
			return -ENOMEM;
		}
	string_list_sort_unique(&list);
	*ret_list = list;
	return 0;
}

void record_name_next(const struct string_list *list, uint64_t realtime_ns, char *name)
{
	unsigned long number = 1;
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct tm when = {0};
	char time[32];

	if (list->count > 0)
		number = strtoul(list->items[list->count - 1], NULL, 10) + 1;
	gmtime_r(&seconds, &when);
	if (strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &when) == 0)
		time[0] = '\0';
	snprintf(name, RECORD_NAME_BYTES, "%0*lu-%s%s", NUMBER_DIGITS, number, time, RECORD_SUFFIX);
}

char *record_path(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}
