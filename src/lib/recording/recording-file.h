/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recording-file.h - one file of a recording: the positions of its samples, from its index blocks
 * or, where those are damaged, from the block headers.
 */
#pragma once

#include "lib/recording/block.h"
#include <cgward/recording.h>

/* A key block: decoding can start here. */
struct file_key {
	uint64_t offset, sequence, realtime_ns, boottime_ns;
};

struct file_mark {
	uint64_t sequence, realtime_ns;
	uint32_t kinds;
};

struct file_damage {
	uint64_t offset, length;
	const char *what; /* static text */
};

struct record_file {
	char *path;
	int fd;
	struct file_header header;
	struct file_hint hint;
	struct file_key *keys; /* by offset */
	size_t key_count, key_size;
	struct file_mark *marks;
	size_t mark_count, mark_size;
	struct file_damage *damage;
	size_t damage_count, damage_size;
	uint64_t end;                    /* after the last complete block */
	uint64_t size;                   /* of the file at the last scan */
	bool torn;                       /* the block at `end` is incomplete, and noted as damage */
	bool has_samples;                /* contains at least one sample */
	struct block_header first, last; /* of the first and last sample */
	uint64_t last_offset;            /* of the last sample */
	/* Entries from these positions on are not in an index block yet. */
	size_t indexed_keys, indexed_marks;
	uint64_t indexed_to; /* blocks before this offset are indexed */
};

/*
 * Opens a file and finds all samples; `flags` is O_RDONLY or O_RDWR. -EBADMSG, -EPROTONOSUPPORT,
 * -ENOMEM.
 */
int record_file_open(const char *path, int flags, struct record_file *ret_file);
/* The same for an open descriptor; takes ownership of it on success. */
int record_file_scan(const char *path, int fd, struct record_file *ret_file);
void record_file_done(struct record_file *file);
/* Reads blocks appended since the last scan. Returns 1 if there were any. */
int record_file_refresh(struct record_file *file);

/*
 * The block at or after an offset: 1 with its header and offset, 0 at the end. Damaged parts are
 * skipped and noted.
 */
int record_file_block(struct record_file *file, uint64_t offset, struct block_header *ret_header,
		      uint64_t *ret_offset);
/* Reads the stored payload into `buffer`, replacing its contents. */
int record_file_payload(const struct record_file *file, uint64_t offset,
			const struct block_header *header, struct bytes *buffer);
int record_file_note_damage(struct record_file *file, uint64_t offset, uint64_t length,
			    const char *what);

/* Registers a block: called by the scan, and by the recorder after each write. */
int record_file_add(struct record_file *file, const struct block_header *header, uint64_t offset);
/* The last key at or before a sequence number, or NULL. */
const struct file_key *record_file_key_before(const struct record_file *file, uint64_t sequence);

/* Encodes an index block for `offset` that covers all blocks not indexed yet. */
void index_encode(const struct record_file *file, uint64_t offset, struct bytes *out);

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
