/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-directory.h - the file names of a recording of several files. */
#ifndef CGWARD_LIB_RECORDING_RECORDING_DIRECTORY_H
#define CGWARD_LIB_RECORDING_RECORDING_DIRECTORY_H

#include <cgward/recording.h>

#define RECORD_SUFFIX     ".cgwr"
#define RECORD_NAME_BYTES 64

struct name_list {
	char **names; /* without the directory, oldest first */
	size_t count, size;
};

/* Lists the files of a recording; ignores other files in the directory. */
int record_directory_list(const char *path, struct name_list *ret_list);
void name_list_done(struct name_list *list);
/* The next file name: a number, which defines the order, and a time for readers. */
void record_name_next(const struct name_list *list, uint64_t realtime_ns, char *name);
int name_list_add(struct name_list *list, const char *name);
void name_list_remove_first(struct name_list *list);
/* "PATH/NAME", allocated. */
char *record_path(const char *directory, const char *name);

#endif
