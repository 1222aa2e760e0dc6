/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-directory.c - recordings of several files ("00000012-20261124T081500Z.cgwr"). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/recording/recording-directory.h"

#define NUMBER_DIGITS 8

static void cleanup_directory(DIR **directory)
{
	if (*directory != NULL)
		closedir(*directory);
}

static bool is_recording_name(const char *name)
{
	size_t length = strlen(name), suffix = strlen(RECORD_SUFFIX);

	return strspn(name, "0123456789") == NUMBER_DIGITS && name[NUMBER_DIGITS] == '-' &&
	       length < RECORD_NAME_BYTES && strcmp(name + length - suffix, RECORD_SUFFIX) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void name_list_done(struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct name_list){0};
}

int name_list_add(struct name_list *list, const char *name)
{
	if (list->count == list->size) {
		size_t size = list->size == 0 ? 16 : 2 * list->size;
		char **names = reallocarray(list->names, size, sizeof(*names));

		if (names == NULL)
			return -ENOMEM;
		list->names = names;
		list->size = size;
	}
	list->names[list->count] = strdup(name);
	if (list->names[list->count] == NULL)
		return -ENOMEM;
	list->count++;
	return 0;
}

void name_list_remove_first(struct name_list *list)
{
	free(list->names[0]);
	list->count--;
	memmove(list->names, list->names + 1, list->count * sizeof(*list->names));
}

int record_directory_list(const char *path, struct name_list *ret_list)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir(path);
	struct name_list list = {0};
	struct dirent *entry;

	if (directory == NULL)
		return -errno;
	while ((entry = readdir(directory)) != NULL)
		if (is_recording_name(entry->d_name) && name_list_add(&list, entry->d_name) < 0) {
			name_list_done(&list);
			return -ENOMEM;
		}
	if (list.count > 0)
		qsort(list.names, list.count, sizeof(*list.names), compare_names);
	*ret_list = list;
	return 0;
}

void record_name_next(const struct name_list *list, uint64_t realtime_ns, char *name)
{
	unsigned long number = 1;
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct tm when = {0};
	char time[32];

	if (list->count > 0)
		number = strtoul(list->names[list->count - 1], NULL, 10) + 1;
	(void)gmtime_r(&seconds, &when);
	if (strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &when) == 0)
		time[0] = '\0';
	(void)snprintf(name, RECORD_NAME_BYTES, "%0*lu-%s%s", NUMBER_DIGITS, number, time,
		       RECORD_SUFFIX);
}

char *record_path(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}
