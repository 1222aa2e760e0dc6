/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recording-file.c - one file of a recording: opening, finding samples, skipping damage.
 *
 * An index block lists the keys and events since the previous one, so that opening a day-long
 * recording reads about a hundred blocks instead of all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/regular-file.h"
#include "lib/recording/recording-file.h"

#define SEARCH_BYTES 65536

static int add_key(struct record_file *file, const struct file_key *key)
{
	if (ARRAY_RESERVE(file->keys, file->key_size, file->key_count + 1) < 0)
		return -ENOMEM;
	file->keys[file->key_count++] = *key;
	return 0;
}

static int add_mark(struct record_file *file, const struct file_mark *mark)
{
	if (ARRAY_RESERVE(file->marks, file->mark_size, file->mark_count + 1) < 0)
		return -ENOMEM;
	file->marks[file->mark_count++] = *mark;
	return 0;
}

int record_file_note_damage(struct record_file *file, uint64_t offset, uint64_t length,
			    const char *what)
{
	for (size_t i = 0; i < file->damage_count; i++)
		if (file->damage[i].offset == offset)
			return 0; /* already noted */
	if (ARRAY_RESERVE(file->damage, file->damage_size, file->damage_count + 1) < 0)
		return -ENOMEM;
	file->damage[file->damage_count++] = (struct file_damage){offset, length, what};
	return 0;
}

int record_file_add(struct record_file *file, const struct block_header *header, uint64_t offset)
{
	int r = 0;

	file->end = offset + BLOCK_HEADER_BYTES + header->stored_bytes;
	if (header->kind != BLOCK_KEY && header->kind != BLOCK_DELTA)
		return 0;
	if (header->kind == BLOCK_KEY)
		r = add_key(file, &(struct file_key){offset, header->sequence, header->realtime_ns,
						     header->boottime_ns});
	if (r == 0 && header->events != 0)
		r = add_mark(file, &(struct file_mark){header->sequence, header->realtime_ns,
						       header->events});
	if (r < 0)
		return r;
	if (!file->has_samples)
		file->first = *header;
	file->has_samples = true;
	file->last = *header;
	file->last_offset = offset;
	return 0;
}

/* Reads the writer's hint again, since it may have dropped the beginning. */
static void reload_hint(struct record_file *file)
{
	uint8_t raw[FILE_HEADER_BYTES - FILE_HINT_OFFSET];

	if (read_whole_at(file->fd, raw, sizeof(raw), FILE_HINT_OFFSET) != (ssize_t)sizeof(raw) ||
	    file_hint_load(raw, &file->hint) < 0)
		file->hint = (struct file_hint){FILE_HEADER_BYTES, 0};
}

static int read_header_at(const struct record_file *file, uint64_t offset,
			  struct block_header *ret_header)
{
	uint8_t raw[BLOCK_HEADER_BYTES];
	ssize_t length = read_whole_at(file->fd, raw, sizeof(raw), offset);

	if (length < 0)
		return (int)length;
	return length < BLOCK_HEADER_BYTES ? -ENODATA : block_header_load(raw, ret_header);
}

/* Whether the end of the block is inside the file. */
static bool is_whole(const struct record_file *file, uint64_t offset,
		     const struct block_header *header)
{
	return offset + BLOCK_HEADER_BYTES + header->stored_bytes <= file->size;
}

/* The first data at or after an offset: a sparse file may have terabytes of nothing. */
static uint64_t skip_hole(const struct record_file *file, uint64_t offset)
{
	off_t data = lseek(file->fd, (off_t)offset, SEEK_DATA);

	if (data >= 0)
		return (uint64_t)data;
	return errno == ENXIO ? file->size : offset; /* or not supported here */
}

/* The end of the last data before `end`: the smallest offset without data between it and `end`. */
static uint64_t skip_hole_backwards(const struct record_file *file, uint64_t end)
{
	uint64_t low = file->hint.start, high = end;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (skip_hole(file, middle) < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The offset of the next complete block after `offset`, or 0. */
static uint64_t search_block(const struct record_file *file, uint64_t offset)
{
	CLEANUP(cleanup_free) uint8_t *buffer = malloc(SEARCH_BYTES);
	struct block_header header;

	for (uint64_t at = skip_hole(file, offset + 1);
	     buffer != NULL && at + BLOCK_HEADER_BYTES <= file->size;
	     at = skip_hole(file, at + SEARCH_BYTES - BLOCK_HEADER_BYTES + 1)) {
		ssize_t length = read_whole_at(file->fd, buffer, SEARCH_BYTES, at);

		for (ssize_t i = 0; i + BLOCK_HEADER_BYTES <= length; i++)
			if (block_header_load(buffer + i, &header) == 0 &&
			    is_whole(file, at + (uint64_t)i, &header))
				return at + (uint64_t)i;
	}
	return 0;
}

int record_file_block(struct record_file *file, uint64_t offset, struct block_header *ret_header,
		      uint64_t *ret_offset)
{
	uint64_t found;
	int r;

	if (offset < file->hint.start)
		offset = file->hint.start;
	if (offset >= file->size)
		return 0;
	r = read_header_at(file, offset, ret_header);
	if (r == 0 && is_whole(file, offset, ret_header)) {
		*ret_offset = offset;
		return 1;
	}
	if (r < 0 && r != -EBADMSG && r != -ENODATA)
		return r;
	found = search_block(file, offset);
	if (found == 0)
		return 0;
	reload_hint(file); /* the writer may just have dropped the beginning */
	if (offset >= file->hint.start) {
		r = record_file_note_damage(file, offset, found - offset, "not a valid block");
		if (r < 0)
			return r;
	}
	r = read_header_at(file, found, ret_header);
	*ret_offset = found;
	return r < 0 ? r : 1;
}

int record_file_payload(const struct record_file *file, uint64_t offset,
			const struct block_header *header, struct bytes *buffer)
{
	uint8_t *to;
	ssize_t length;

	buffer->length = 0;
	to = bytes_reserve(buffer, header->stored_bytes);
	if (to == NULL)
		return -ENOMEM;
	length = read_whole_at(file->fd, to, header->stored_bytes, offset + BLOCK_HEADER_BYTES);
	if (length < 0)
		return (int)length;
	buffer->length = (size_t)length;
	return buffer->length == header->stored_bytes ? 0 : -EBADMSG;
}

/* Adds all complete blocks from `offset` to `end`. */
static int scan(struct record_file *file, uint64_t offset, uint64_t end)
{
	struct block_header header;
	int r;

	while (offset < end) {
		r = record_file_block(file, offset, &header, &offset);
		if (r < 0)
			return r;
		if (r == 0 || offset >= end)
			break;
		r = record_file_add(file, &header, offset);
		if (r < 0)
			return r;
		offset = file->end;
	}
	return 0;
}

/* Notes an incomplete block at the end: a recorder is writing it, or was killed while writing. */
static int note_torn(struct record_file *file)
{
	file->torn = file->end < file->size;
	return file->torn ? record_file_note_damage(file, file->end, file->size - file->end,
						    "incomplete last block")
			  : 0;
}

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

/* Adds its keys and marks to the file's, except those already dropped. */
static int index_apply(const struct index_part *part, struct record_file *file)
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
			r = add_key(file,
				    &(struct file_key){offset, sequence, realtime_ns, boottime_ns});
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
			r = add_mark(file, &mark);
	}
	return r == 0 && in.failed ? -EBADMSG : r;
}

struct index_list {
	struct index_part *parts; /* newest first */
	struct bytes *payloads;
	size_t count, part_size, payload_size;
};

static void cleanup_index_list(struct index_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		bytes_done(&list->payloads[i]);
	free(list->parts);
	free(list->payloads);
}

/* Reads an index block; its payload is stored in the list. */
static int read_index(const struct record_file *file, struct packer *packer, uint64_t offset,
		      struct index_list *list)
{
	CLEANUP(bytes_done) struct bytes stored = {0};
	struct bytes payload = {0};
	struct block_header header;
	struct cursor in = {0};
	int r;

	if (ARRAY_RESERVE(list->parts, list->part_size, list->count + 1) < 0 ||
	    ARRAY_RESERVE(list->payloads, list->payload_size, list->count + 1) < 0)
		return -ENOMEM;
	r = read_header_at(file, offset, &header);
	if (r == 0 && (header.kind != BLOCK_INDEX || !is_whole(file, offset, &header)))
		r = -EBADMSG;
	if (r == 0)
		r = record_file_payload(file, offset, &header, &stored);
	if (r == 0)
		r = packer_unpack(packer, &header, stored.data, &in);
	if (r < 0)
		return r;
	bytes_put(&payload, in.at, cursor_left(&in));
	if (payload.failed)
		return -ENOMEM;
	in = (struct cursor){payload.data, payload.data + payload.length, false};
	r = index_decode(&in, &header, offset, &list->parts[list->count]);
	if (r < 0) {
		bytes_done(&payload);
		return r;
	}
	list->payloads[list->count++] = payload;
	return 0;
}

/* Whether there is a complete index block at an offset. */
static bool is_index(const struct record_file *file, uint64_t offset)
{
	struct block_header header;

	return offset >= file->hint.start && offset + BLOCK_HEADER_BYTES <= file->size &&
	       read_header_at(file, offset, &header) == 0 && header.kind == BLOCK_INDEX &&
	       is_whole(file, offset, &header);
}

/*
 * The last index block that starts before an offset, or 0. Used if neither the hint nor a later
 * index points to one: searching backwards is faster than reading all block headers of a day.
 */
static uint64_t search_index(const struct record_file *file, uint64_t end)
{
	CLEANUP(cleanup_free) uint8_t *buffer = malloc(SEARCH_BYTES);
	struct block_header header;

	end = skip_hole_backwards(file, end);
	while (buffer != NULL && end > file->hint.start + BLOCK_HEADER_BYTES) {
		uint64_t from = end > file->hint.start + SEARCH_BYTES ? end - SEARCH_BYTES
								      : file->hint.start;
		ssize_t length = read_whole_at(file->fd, buffer, (size_t)(end - from), from);

		for (ssize_t i = length - BLOCK_HEADER_BYTES; i >= 0; i--)
			if (block_header_load(buffer + i, &header) == 0 &&
			    header.kind == BLOCK_INDEX &&
			    is_whole(file, from + (uint64_t)i, &header))
				return from + (uint64_t)i;
		if (length < BLOCK_HEADER_BYTES || from == file->hint.start)
			return 0;
		/* A header may cross the boundary. */
		end = skip_hole_backwards(file, from + BLOCK_HEADER_BYTES - 1);
	}
	return 0;
}

/* Follows the chain of index blocks from the last one back, skipping damaged ones. */
static int collect_indexes(const struct record_file *file, struct packer *packer,
			   struct index_list *list)
{
	uint64_t at = is_index(file, file->hint.index) ? file->hint.index
						       : search_index(file, file->size);

	while (at >= file->hint.start && at + BLOCK_HEADER_BYTES <= file->size) {
		uint64_t before = at;
		int r = read_index(file, packer, at, list);

		if (r == -ENOMEM)
			return r;
		at = r == 0 ? list->parts[list->count - 1].previous
			    : search_index(file, at + BLOCK_HEADER_BYTES - 1);
		if (at >= before)
			break;
	}
	return 0;
}

/* Adds the blocks that indexes cover, and scans the blocks between them. */
static int load_indexes(struct record_file *file)
{
	CLEANUP(cleanup_index_list) struct index_list list = {0};
	CLEANUP(cleanup_packer) struct packer *packer = NULL;
	int r = packer_new(&packer);

	if (r == 0)
		r = collect_indexes(file, packer, &list);
	/* The next index will point back to the one found, even if the hint did not. */
	file->hint.index = list.count > 0 ? list.parts[0].offset : 0;
	file->end = file->hint.start;
	for (size_t i = list.count; i-- > 0 && r == 0;) {
		const struct index_part *part = &list.parts[i];

		r = scan(file, file->end, part->from);
		if (r == 0)
			r = index_apply(part, file);
		file->end = part->end;
		file->last = part->last;
		file->has_samples |= file->key_count > 0;
	}
	if (r < 0)
		return r;
	file->indexed_keys = file->key_count;
	file->indexed_marks = file->mark_count;
	file->indexed_to = file->end;
	return 0;
}

/* An index contains only the key of the first sample; the rest is in the block header. */
static int read_first_header(struct record_file *file)
{
	if (file->key_count == 0)
		return 0;
	return read_header_at(file, file->keys[0].offset, &file->first);
}

static void forget_samples(struct record_file *file)
{
	file->key_count = 0;
	file->mark_count = 0;
	file->indexed_keys = 0;
	file->indexed_marks = 0;
	file->has_samples = false;
	file->last_offset = 0;
	file->end = file->hint.start;
	file->indexed_to = file->hint.start;
}

static int find_samples(struct record_file *file)
{
	int r;

	forget_samples(file);
	r = load_indexes(file);
	if (r == 0 && file->key_count > 0)
		r = read_first_header(file);
	if (r == -EBADMSG || r == -ENODATA) { /* wrong index: use none */
		file->hint.index = 0;
		forget_samples(file);
		r = 0;
	}
	if (r == 0)
		r = scan(file, file->end, file->size);
	return r < 0 ? r : note_torn(file);
}

int record_file_scan(const char *path, int fd, struct record_file *ret_file)
{
	uint8_t raw[FILE_HEADER_BYTES];
	struct record_file file = {.fd = fd};
	struct stat status;
	ssize_t length = read_whole_at(fd, raw, sizeof(raw), 0);
	int r;

	if (length < 0)
		return (int)length;
	r = file_header_load(raw, (size_t)length, &file.header);
	if (r < 0) {
		ret_file->header = file.header; /* for its version */
		return r;
	}
	if (fstat(fd, &status) < 0)
		return -errno;
	file.size = (uint64_t)status.st_size;
	file.path = strdup(path);
	if (file.path == NULL)
		return -ENOMEM;
	reload_hint(&file);
	r = find_samples(&file);
	if (r < 0) {
		file.fd = -1;
		record_file_done(&file);
		return r;
	}
	*ret_file = file;
	return 0;
}

int record_file_open(const char *path, int flags, struct record_file *ret_file)
{
	CLEANUP(cleanup_close) int fd = open_regular_file(AT_FDCWD, path, flags, UINT64_MAX);
	int r;

	if (fd < 0)
		return fd;
	r = record_file_scan(path, fd, ret_file);
	if (r == 0)
		steal_fd(&fd);
	return r;
}

void record_file_done(struct record_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->keys);
	free(file->marks);
	free(file->damage);
	*file = (struct record_file){.fd = -1};
}

/* A block that was incomplete may be complete now. */
static void forget_torn(struct record_file *file)
{
	for (size_t i = 0; i < file->damage_count && file->torn; i++)
		if (file->damage[i].offset == file->end) {
			file->damage[i] = file->damage[--file->damage_count];
			file->torn = false;
		}
}

int record_file_refresh(struct record_file *file)
{
	uint64_t end = file->end;
	struct stat status;
	int r;

	if (fstat(file->fd, &status) < 0)
		return -errno;
	if ((uint64_t)status.st_size == file->size)
		return 0;
	forget_torn(file);
	file->size = (uint64_t)status.st_size;
	r = scan(file, file->end, file->size);
	if (r == 0)
		r = note_torn(file);
	return r < 0 ? r : file->end > end;
}

const struct file_key *record_file_key_before(const struct record_file *file, uint64_t sequence)
{
	size_t low = 0, high = file->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (file->keys[middle].sequence <= sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &file->keys[low - 1] : NULL;
}
