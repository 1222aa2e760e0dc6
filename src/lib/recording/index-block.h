/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* index-block.h - index blocks, as they are written and read back. */
#ifndef CGWARD_LIB_RECORDING_INDEX_BLOCK_H
#define CGWARD_LIB_RECORDING_INDEX_BLOCK_H

#include "lib/recording/recording-file.h"

/* One index block as read; the payload must outlive it. */
struct index_part {
	uint64_t offset, end;
	uint64_t previous;        /* offset of the index block before, 0: none */
	uint64_t from;            /* offset from which on it tells of all blocks */
	struct block_header last; /* its own header: names the last sample before it */
	struct cursor payload;
};

int index_decode(struct cursor *in, const struct block_header *header, uint64_t offset,
		 struct index_part *ret_part);
/* Adds its keys and marks to the file's, unless they are dropped. */
int index_apply(const struct index_part *part, struct record_file *file);

int record_file_add_key(struct record_file *file, const struct file_key *key);
int record_file_add_mark(struct record_file *file, const struct file_mark *mark);

#endif
