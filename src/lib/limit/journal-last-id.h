/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-last-id.h - the number of the last change in a journal. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* The number of the last intent in the file, however long the lines after it are; 0: none. */
int journal_find_last_id(int fd, off_t file_size, uint64_t *ret_id);
