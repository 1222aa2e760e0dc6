/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-directory.h - a recording of several files: their names, in order. */
#ifndef CGWARD_LIB_RECORDING_RECORDING_DIRECTORY_H
#define CGWARD_LIB_RECORDING_RECORDING_DIRECTORY_H

#include <cgward/recording.h>

#define RECORD_SUFFIX     ".cgwr"
#define RECORD_NAME_BYTES 64

struct name_list {
	char **names; /* without the directory, in the order of writing */
	size_t count, size;
};

/* The files of a recording; others in the directory are none of ours. */
int record_directory_list(const char *path, struct name_list *ret_list);
void name_list_done(struct name_list *list);
/* The name that follows: a number for the order, a time for people. */
void record_name_next(const struct name_list *list, uint64_t realtime_ns, char *name);
int name_list_add(struct name_list *list, const char *name);
void name_list_drop_first(struct name_list *list);
/* "PATH/NAME", allocated. */
char *record_path(const char *directory, const char *name);

#endif
