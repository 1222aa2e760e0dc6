/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recording-file.h - one file of a recording: where its samples stand, found by its index blocks, or by
 * looking at every block's header where those are damaged.
 */
#ifndef CGWARD_LIB_RECORDING_RECORDING_FILE_H
#define CGWARD_LIB_RECORDING_RECORDING_FILE_H

#include "lib/recording/block.h"
#include <cgward/recording.h>

/* A key block: samples are decoded from here on. */
struct file_key {
	uint64_t offset, sequence, realtime_ns, boottime_ns;
};

struct file_mark {
	uint64_t sequence, realtime_ns;
	uint32_t kinds;
};

struct file_damage {
	uint64_t offset, length;
	const char *what; /* a constant */
};

struct record_file {
	char *path;
	int fd;
	struct file_header header;
	struct file_hint hint;
	struct file_key *keys; /* in the order of the file */
	size_t key_count, key_size;
	struct file_mark *marks;
	size_t mark_count, mark_size;
	struct file_damage *damage;
	size_t damage_count, damage_size;
	uint64_t end;                    /* behind the last block that was looked at */
	uint64_t size;                   /* when it was looked at last */
	bool torn;                       /* the last damage is an unfinished block at the end */
	bool some;                       /* it holds a sample */
	struct block_header first, last; /* of its samples */
	uint64_t last_offset;            /* of the last sample's block */
	/* Not yet in an index block: from here on. */
	size_t indexed_keys, indexed_marks;
	uint64_t indexed_to; /* offset: the blocks before it are indexed */
};

/*
 * Opens and finds all samples; `flags` are O_RDONLY or O_RDWR. -EBADMSG, -EPROTONOSUPPORT,
 * -ENOMEM.
 */
int record_file_open(const char *path, int flags, struct record_file *ret_file);
/* The same of an open descriptor, which it takes over on success. */
int record_file_scan(const char *path, int fd, struct record_file *ret_file);
void record_file_done(struct record_file *file);
/* Looks at what was appended since. Returns 1 when there was something. */
int record_file_refresh(struct record_file *file);
/* Reads the writer's hint again: the beginning may have been dropped. */
void record_file_reload_hint(struct record_file *file);

/*
 * The block at or behind an offset: 1 with its header and offset; 0 at the end. Damaged stretches
 * are passed over and noted.
 */
int record_file_block(struct record_file *file, uint64_t offset, struct block_header *ret_header,
		      uint64_t *ret_offset);
/* Its stored payload into `buffer`, emptied first. */
int record_file_payload(const struct record_file *file, uint64_t offset,
			const struct block_header *header, struct bytes *buffer);
int record_file_note_damage(struct record_file *file, uint64_t offset, uint64_t length,
			    const char *what);

/* Takes note of a sample's block: what a scan does, and a recorder behind each write. */
int record_file_add(struct record_file *file, const struct block_header *header, uint64_t offset);
/* The last key at or before a sequence, or NULL. */
const struct file_key *record_file_key_before(const struct record_file *file, uint64_t sequence);

/* The payload of an index block that will stand at `offset`, of all that is not indexed yet. */
void index_encode(const struct record_file *file, uint64_t offset, struct bytes *out);

#endif
