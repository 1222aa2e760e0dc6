/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.c - the current sample of a replay, and moving to the next one. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/model/frame.h"
#include "lib/recording/replay-priv.h"

struct cgw_replay *cgw_replay_free(struct cgw_replay *replay)
{
	if (replay == NULL)
		return NULL;
	cgw_frame_free(replay->frame);
	decoder_done(&replay->decoder);
	layout_list_done(&replay->layouts);
	packer_free(replay->packer);
	bytes_done(&replay->stored);
	for (size_t i = 0; i < replay->file_count; i++)
		record_file_done(&replay->files[i]);
	free(replay->files);
	free(replay->base);
	free(replay->marks);
	free(replay->damage);
	free(replay->path);
	free(replay);
	return NULL;
}

int cgw_replay_open(const char *path, struct cgw_replay **ret_replay, struct cgw_diag *diag)
{
	struct cgw_replay *replay = calloc(1, sizeof(*replay));
	int r;

	if (replay == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	replay->decoder.layouts = &replay->layouts;
	replay->path = strdup(path);
	r = replay->path == NULL ? -ENOMEM : packer_new(&replay->packer);
	if (r == 0)
		r = cgw_frame_new(&replay->frame);
	if (r < 0)
		cgw_diag_set(diag, r, "out of memory");
	else
		r = replay_open_files(replay, diag);
	if (r < 0) {
		cgw_replay_free(replay);
		return r;
	}
	*ret_replay = replay;
	return 0;
}

int replay_reset_frame(struct cgw_replay *replay)
{
	struct cgw_frame *frame;
	int r = cgw_frame_new(&frame);

	if (r < 0)
		return r;
	cgw_frame_free(replay->frame);
	replay->frame = frame;
	return 0;
}

/* Whether rates may be computed from the previous sample to this one. */
static bool is_next_sample(const struct cgw_replay *replay, const struct block_header *header)
{
	return replay->decoder.last != NULL && header->boot == replay->header.boot &&
	       header->sequence == replay->header.sequence + 1;
}

static int note_damage(struct cgw_replay *replay, size_t file, uint64_t offset,
		       const struct block_header *header, const char *what)
{
	int r = record_file_note_damage(&replay->files[file], offset,
					BLOCK_HEADER_BYTES + (uint64_t)header->stored_bytes, what);

	return r < 0 ? r : replay_collect_damage(replay);
}

/* Decodes the block of a sample: 1, 0 if it is damaged (and noted), or an error. */
static int decode_block(struct cgw_replay *replay, size_t file, uint64_t offset,
			const struct block_header *header)
{
	const struct sample_times times = {header->realtime_ns, header->boottime_ns};
	struct cursor payload = {0};
	int r = record_file_payload(&replay->files[file], offset, header, &replay->stored);

	if (r == 0)
		r = packer_unpack(replay->packer, header, replay->stored.data, &payload);
	if (r == 0)
		r = sample_decode(&replay->decoder, header->kind == BLOCK_KEY, &times, &payload);
	if (r == 0)
		return 1;
	if (r != -EBADMSG && r != -E2BIG)
		return r;
	return note_damage(replay, file, offset, header, "damaged block");
}

static bool is_beyond(const struct replay_place *limit, size_t file, uint64_t sequence)
{
	return limit != NULL &&
	       (file > limit->file || (file == limit->file && sequence > limit->sequence));
}

/* Makes the decoded sample the current one. `follows`: rates may be computed from the previous. */
static int set_current(struct cgw_replay *replay, size_t file, uint64_t offset,
		       const struct block_header *header, bool follows)
{
	int r = 0;

	replay->file = file;
	replay->header = *header;
	replay->next_offset = offset + BLOCK_HEADER_BYTES + header->stored_bytes;
	replay->follows = follows;
	replay->at_sample = true;
	if (!replay->updates_frame)
		return 1;
	if (!follows)
		r = replay_reset_frame(replay);
	if (r == 0)
		r = cgw_frame_update(replay->frame, replay->decoder.last);
	return r < 0 ? r : 1;
}

int replay_advance(struct cgw_replay *replay, const struct replay_place *limit)
{
	size_t file = replay->file;
	uint64_t offset = replay->next_offset;

	while (file < replay->file_count) {
		struct block_header header;
		uint64_t before_ns = 0;
		bool follows;
		size_t damage_count = replay->files[file].damage_count;
		int r = record_file_block(&replay->files[file], offset, &header, &offset);

		/* With an index, opening the file reads few block headers. */
		if (r >= 0 && replay->files[file].damage_count != damage_count &&
		    replay_collect_damage(replay) < 0)
			return -ENOMEM;
		if (r < 0)
			return r;
		if (r == 0) {
			file++;
			offset = 0;
			continue;
		}
		if (header.kind != BLOCK_INDEX && is_beyond(limit, file, header.sequence))
			return 0;
		follows = is_next_sample(replay, &header);
		if (follows)
			before_ns = replay->decoder.last->monotonic_ns;
		r = 0;
		if (header.kind == BLOCK_KEY || (header.kind == BLOCK_DELTA && follows))
			r = decode_block(replay, file, offset, &header);
		/* If the monotonic clock went backwards, the machine rebooted. */
		if (r > 0)
			r = set_current(replay, file, offset, &header,
					follows && replay->decoder.last->monotonic_ns > before_ns);
		if (r != 0)
			return r;
		offset += BLOCK_HEADER_BYTES + header.stored_bytes;
	}
	return 0;
}

int cgw_replay_next(struct cgw_replay *replay)
{
	replay->updates_frame = true;
	return replay_advance(replay, NULL);
}

const struct cgw_frame *cgw_replay_frame(const struct cgw_replay *replay)
{
	return replay->frame;
}

struct cgw_snapshot *cgw_replay_snapshot(const struct cgw_replay *replay)
{
	return replay->frame->now;
}

int cgw_replay_select(struct cgw_replay *replay, const struct cgw_metric_set *metrics)
{
	if (replay->at_sample)
		return -EBUSY;
	replay->decoder.selective = true;
	replay->decoder.selected = *metrics;
	return 0;
}

const struct cgw_layout *cgw_replay_layout(const struct cgw_replay *replay)
{
	return replay->decoder.layout;
}

const char *cgw_replay_host(const struct cgw_replay *replay)
{
	return replay->decoder.host;
}

uint64_t cgw_replay_interval_ns(const struct cgw_replay *replay)
{
	return replay->decoder.interval_ns;
}

uint64_t cgw_replay_boot(const struct cgw_replay *replay)
{
	return replay->header.boot;
}

const struct cgw_event *cgw_replay_events(const struct cgw_replay *replay, size_t *ret_count)
{
	*ret_count = replay->decoder.events.count;
	return replay->decoder.events.items;
}

int cgw_replay_fact(const struct cgw_replay *replay, uint32_t group, const char *name, char *buffer,
		    size_t size)
{
	const struct fact_list *facts = &replay->decoder.facts;
	size_t name_length = strlen(name);
	const char *at, *end;

	if (group >= facts->count)
		return -ENOENT;
	at = facts->text + facts->at[group];
	end = facts->text + facts->at[group + 1];
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((line_end != NULL ? line_end : end) - at);

		if (length > name_length && memcmp(at, name, name_length) == 0 &&
		    at[name_length] == '=') {
			size_t value = length - name_length - 1;
			size_t copied = value < size ? value : size - 1;

			if (size > 0) {
				memcpy(buffer, at + name_length + 1, copied);
				buffer[copied] = '\0';
			}
			return (int)value;
		}
		at += length + 1;
	}
	return -ENOENT;
}

void cgw_replay_info(const struct cgw_replay *replay, struct cgw_recording_info *ret_info)
{
	struct cgw_recording_info info = {.version = RECORDING_VERSION};
	bool has_samples = false;

	for (size_t i = 0; i < replay->file_count; i++) {
		const struct record_file *file = &replay->files[i];

		info.bytes += file->end - file->hint.start;
		if (!file->has_samples)
			continue;
		if (!has_samples)
			info.first_ns = file->first.realtime_ns;
		has_samples = true;
		info.last_ns = file->last.realtime_ns;
		info.samples = replay->base[i] + file->last.sequence - file->first.sequence + 1;
	}
	if (replay->at_sample)
		info.position = replay_position(replay);
	*ret_info = info;
}

const struct cgw_mark *cgw_replay_marks(const struct cgw_replay *replay, size_t *ret_count)
{
	*ret_count = replay->mark_count;
	return replay->marks;
}

const struct cgw_damage *cgw_replay_damage(const struct cgw_replay *replay, size_t *ret_count)
{
	*ret_count = replay->damage_count;
	return replay->damage;
}
