/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder-block.c - appending of blocks to the file that is being recorded. */
#include <unistd.h>

#include "lib/recording/recorder-priv.h"

void recorder_write_hint(struct cgw_recorder *recorder)
{
	uint8_t raw[FILE_HEADER_BYTES - FILE_HINT_OFFSET];

	file_hint_store(&recorder->file.hint, raw);
	(void)write_whole_at(recorder->file.fd, raw, sizeof(raw), FILE_HINT_OFFSET);
}

int recorder_append(struct cgw_recorder *recorder, struct block_header *header)
{
	struct record_file *file = &recorder->file;
	uint64_t offset = file->end;
	const uint8_t *block;
	size_t length;
	int r = packer_pack(recorder->packer, header, &recorder->payload, &block, &length);

	if (r == 0) {
		r = write_whole_at(file->fd, block, length, offset);
		if (r == 0)
			r = record_file_add(file, header, offset);
		if (r < 0 && ftruncate(file->fd, (off_t)offset) == 0)
			file->end = offset;
	}
	if (r < 0)
		return r;
	file->size = file->end;
	recorder->stats.bytes_written += length;
	return 0;
}

int recorder_write_index(struct cgw_recorder *recorder)
{
	struct record_file *file = &recorder->file;
	struct block_header header = {
		.kind = BLOCK_INDEX,
		.sequence = file->last.sequence,
		.realtime_ns = file->last.realtime_ns,
		.boottime_ns = file->last.boottime_ns,
		.boot = file->last.boot,
	};
	uint64_t offset = file->end;
	int r;

	if (file->key_count == file->indexed_keys || !file->has_samples)
		return 0;
	recorder->payload.length = 0;
	index_encode(file, offset, &recorder->payload);
	r = recorder_append(recorder, &header);
	if (r < 0)
		return r;
	file->hint.index = offset;
	file->indexed_keys = file->key_count;
	file->mark_count = 0; /* a recorder does not read them */
	file->indexed_marks = 0;
	file->indexed_to = file->end;
	recorder->keys_since_index = 0;
	recorder_write_hint(recorder);
	return 0;
}
