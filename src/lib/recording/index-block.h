/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* index-block.h - encoding and decoding of index blocks. */
#ifndef CGWARD_LIB_RECORDING_INDEX_BLOCK_H
#define CGWARD_LIB_RECORDING_INDEX_BLOCK_H

#include "lib/recording/recording-file.h"

/* A decoded index block; the payload must outlive it. */
struct index_part {
	uint64_t offset, end;
	uint64_t previous;        /* offset of the previous index block, 0: none */
	uint64_t from;            /* offset of the first block that it covers */
	struct block_header last; /* its header, with the times of the last sample before it */
	struct cursor payload;
};

int index_decode(struct cursor *in, const struct block_header *header, uint64_t offset,
		 struct index_part *ret_part);
/* Adds its keys and marks to the file's, except those already dropped. */
int index_apply(const struct index_part *part, struct record_file *file);

int record_file_add_key(struct record_file *file, const struct file_key *key);
int record_file_add_mark(struct record_file *file, const struct file_mark *mark);

#endif
