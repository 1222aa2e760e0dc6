/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-directory.h - the file names of a recording of several files. */
#pragma once

#include "lib/base/string-list.h"
#include <cgward/recording.h>

#define RECORD_SUFFIX     ".cgwr"
#define RECORD_NAME_BYTES 64

/* Lists the names of a recording's files, oldest first; ignores other files in the directory. */
int record_directory_list(const char *path, struct string_list *ret_list);
/* The next file name: a number, which defines the order, and a time for readers. */
void record_name_next(const struct string_list *list, uint64_t realtime_ns, char *name);
/* "PATH/NAME", allocated. */
char *record_path(const char *directory, const char *name);
