/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-block.c - encoding of index blocks. An index lists the keys and events since the previous
 * one, so that opening a day-long recording reads about a hundred blocks instead of all.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/recording/index-block.h"

/*
 * Distances are relative to the index block, so that they stay valid after the beginning of the
 * file was dropped.
 */
void index_encode(const struct record_file *file, uint64_t offset, struct bytes *out)
{
	uint64_t last_offset = file->indexed_to, last_ns = file->last.realtime_ns;
	uint64_t last_sequence = 0, last_boottime_ns = file->last.boottime_ns;

	bytes_put_number(out, file->hint.index > 0 ? offset - file->hint.index : 0);
	bytes_put_number(out, offset - file->indexed_to);
	bytes_put_number(out, file->key_count - file->indexed_keys);
	for (size_t i = file->indexed_keys; i < file->key_count; i++) {
		const struct file_key *key = &file->keys[i];

		bytes_put_number(out, key->offset - last_offset);
		bytes_put_number(out, key->sequence - last_sequence);
		bytes_put_number(out, zigzag(key->realtime_ns - last_ns));
		bytes_put_number(out, zigzag(key->boottime_ns - last_boottime_ns));
		last_boottime_ns = key->boottime_ns;
		last_offset = key->offset;
		last_sequence = key->sequence;
		last_ns = key->realtime_ns;
	}
	last_sequence = 0;
	bytes_put_number(out, file->mark_count - file->indexed_marks);
	for (size_t i = file->indexed_marks; i < file->mark_count; i++) {
		const struct file_mark *mark = &file->marks[i];

		bytes_put_number(out, mark->sequence - last_sequence);
		bytes_put_number(out, zigzag(mark->realtime_ns - last_ns));
		bytes_put_number(out, mark->kinds);
		last_sequence = mark->sequence;
		last_ns = mark->realtime_ns;
	}
}

int index_decode(struct cursor *in, const struct block_header *header, uint64_t offset,
		 struct index_part *ret_part)
{
	struct index_part part = {.last = *header};
	uint64_t back = cursor_number(in), from = cursor_number(in);

	if (in->failed || back > offset || from > offset)
		return -EBADMSG;
	part.previous = back > 0 ? offset - back : 0;
	part.from = offset - from;
	part.offset = offset;
	part.end = offset + BLOCK_HEADER_BYTES + header->stored_bytes;
	part.payload = *in;
	*ret_part = part;
	return 0;
}

int index_apply(const struct index_part *part, struct record_file *file)
{
	struct cursor in = part->payload;
	uint64_t offset = part->from, sequence = 0;
	uint64_t realtime_ns = part->last.realtime_ns, boottime_ns = part->last.boottime_ns;
	size_t count = cursor_count(&in);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		offset += cursor_number(&in);
		sequence += cursor_number(&in);
		realtime_ns += unzigzag(cursor_number(&in));
		boottime_ns += unzigzag(cursor_number(&in));
		if (in.failed || offset >= part->offset)
			return -EBADMSG;
		if (offset >= file->hint.start)
			r = record_file_add_key(file, &(struct file_key){offset, sequence,
									 realtime_ns, boottime_ns});
	}
	count = cursor_count(&in);
	sequence = 0;
	for (size_t i = 0; i < count && r == 0; i++) {
		struct file_mark mark;

		sequence += cursor_number(&in);
		realtime_ns += unzigzag(cursor_number(&in));
		mark = (struct file_mark){sequence, realtime_ns, (uint32_t)cursor_number(&in)};
		if (in.failed)
			return -EBADMSG;
		if (file->key_count > 0 && sequence >= file->keys[0].sequence)
			r = record_file_add_mark(file, &mark);
	}
	return r == 0 && in.failed ? -EBADMSG : r;
}
