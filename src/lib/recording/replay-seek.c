/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-seek.c - seeking to a time, to an event, one sample back. */
#include <errno.h>

#include "lib/recording/replay-priv.h"

/* A key of the recording, where decoding can start. */
struct key_place {
	size_t file, key;
};

static bool key_before(const struct cgw_replay *replay, struct key_place *place)
{
	if (place->key > 0) {
		place->key--;
		return true;
	}
	while (place->file > 0) {
		place->file--;
		if (replay->files[place->file].key_count > 0) {
			place->key = replay->files[place->file].key_count - 1;
			return true;
		}
	}
	return false;
}

/* The last key at or before a place. */
static bool find_key(const struct cgw_replay *replay, const struct replay_place *place,
		     struct key_place *ret_key)
{
	const struct record_file *file = &replay->files[place->file];
	const struct file_key *key = record_file_key_before(file, place->sequence);

	*ret_key = (struct key_place){place->file, 0};
	if (key == NULL)
		return key_before(replay, ret_key);
	ret_key->key = (size_t)(key - file->keys);
	return true;
}

/* Builds the frame of the current sample, with the previous one if rates may be computed. */
static int make_frame(struct cgw_replay *replay, struct cgw_snapshot *before)
{
	int r = replay_reset_frame(replay);

	if (r == 0 && before != NULL && replay->follows)
		r = cgw_frame_update(replay->frame, before);
	if (r == 0)
		r = cgw_frame_update(replay->frame, replay->decoder.last);
	return r;
}

/* Goes on to the last sample at or before `place`: 1, or 0 if no other can be decoded. */
static int decode_to(struct cgw_replay *replay, const struct replay_place *place)
{
	struct cgw_snapshot *before = NULL;
	struct cgw_snapshot *last =
		replay->decoder.last != NULL ? cgw_snapshot_ref(replay->decoder.last) : NULL;
	bool found = false;
	int r;

	replay->updates_frame = false;
	while ((r = replay_advance(replay, place)) > 0) {
		cgw_snapshot_unref(before);
		before = last;
		last = cgw_snapshot_ref(replay->decoder.last);
		found = true;
	}
	if (r == 0 && found && replay->decoder.last != NULL)
		r = make_frame(replay, before);
	else if (r == 0)
		found = false;
	cgw_snapshot_unref(before);
	cgw_snapshot_unref(last);
	return r < 0 ? r : found;
}

static int decode_from_key(struct cgw_replay *replay, const struct key_place *key,
			   const struct replay_place *place)
{
	decoder_reset(&replay->decoder);
	replay->file = key->file;
	replay->next_offset = replay->files[key->file].keys[key->key].offset;
	return decode_to(replay, place);
}

/* The current sample is before the place, and no key is between them. */
static bool is_nearer(const struct cgw_replay *replay, const struct key_place *key,
		      const struct replay_place *place)
{
	uint64_t sequence = replay->header.sequence;

	if (!replay->at_sample || replay->decoder.last == NULL || replay->file > place->file ||
	    (replay->file == place->file && sequence >= place->sequence))
		return false;
	return key->file < replay->file ||
	       (key->file == replay->file &&
		replay->files[key->file].keys[key->key].sequence <= sequence);
}

/* Moves to the last sample at or before a place that can be decoded. */
static int seek_to(struct cgw_replay *replay, const struct replay_place *place)
{
	struct replay_place from = *place;
	struct key_place key;
	int r = 0;

	if (from.sequence > 0)
		from.sequence--; /* the frame needs the previous sample */
	if (!find_key(replay, &from, &key) && !find_key(replay, place, &key))
		return 0;
	/* Reading on makes a search for one event after the other linear. */
	if (is_nearer(replay, &key, place))
		r = decode_to(replay, place);
	if (r != 0)
		return r;
	do
		r = decode_from_key(replay, &key, place);
	while (r == 0 && key_before(replay, &key));
	return r;
}

static struct replay_place place_of(const struct cgw_replay *replay, uint64_t position)
{
	size_t file = replay->file_count - 1;

	while (file > 0 && (replay->base[file] > position || !replay->files[file].has_samples))
		file--;
	return (struct replay_place){file, replay->files[file].first.sequence + position -
						   replay->base[file]};
}

/* Returns to the old place after a move that found nothing. */
static int restore_place(struct cgw_replay *replay, bool was_at_sample,
			 const struct replay_place *place)
{
	int r;

	if (was_at_sample) {
		r = seek_to(replay, place);
		return r < 0 ? r : 0;
	}
	decoder_reset(&replay->decoder);
	replay->at_sample = false;
	replay->file = 0;
	replay->next_offset = 0;
	return replay_reset_frame(replay);
}

int cgw_replay_first(struct cgw_replay *replay)
{
	struct replay_place old = {replay->file, replay->header.sequence};
	bool was_at_sample = replay->at_sample;
	int r = restore_place(replay, false, NULL);

	if (r == 0)
		r = cgw_replay_next(replay);
	return r == 0 ? restore_place(replay, was_at_sample, &old) : r;
}

/* Moves to the last sample at or before a position; stays if there is none. */
static int seek_to_position(struct cgw_replay *replay, uint64_t position)
{
	struct replay_place old = {replay->file, replay->header.sequence};
	struct replay_place place = place_of(replay, position);
	bool was_at_sample = replay->at_sample;
	int r = seek_to(replay, &place);

	return r == 0 ? restore_place(replay, was_at_sample, &old) : r;
}

int cgw_replay_previous(struct cgw_replay *replay)
{
	uint64_t position = replay->at_sample ? replay_position(replay) : 0;

	return position == 0 ? 0 : seek_to_position(replay, position - 1);
}

int cgw_replay_last(struct cgw_replay *replay)
{
	struct cgw_recording_info info;

	cgw_replay_info(replay, &info);
	return info.samples == 0 ? 0 : seek_to_position(replay, info.samples - 1);
}

static const struct file_key *key_at(const struct cgw_replay *replay, const struct key_place *key)
{
	return &replay->files[key->file].keys[key->key];
}

static bool next_key(const struct cgw_replay *replay, struct key_place *place)
{
	if (place->key + 1 < replay->files[place->file].key_count) {
		place->key++;
		return true;
	}
	for (size_t file = place->file + 1; file < replay->file_count; file++)
		if (replay->files[file].key_count > 0) {
			*place = (struct key_place){file, 0};
			return true;
		}
	return false;
}

/*
 * Finds the last sample at or before a time, from a key up to the next one, by block headers alone.
 * Returns 0 if the time is later than all of these samples and another key follows.
 */
static int find_sample(struct cgw_replay *replay, const struct key_place *key,
		       const struct file_key *next, uint64_t realtime_ns,
		       struct replay_place *ret_place)
{
	struct record_file *file = &replay->files[key->file];
	uint64_t offset = file->keys[key->key].offset;
	bool ends = next == NULL || next->realtime_ns > realtime_ns;
	struct replay_place place = {key->file, file->keys[key->key].sequence};
	struct block_header header;
	int r;

	while ((r = record_file_block(file, offset, &header, &offset)) > 0) {
		if (header.kind != BLOCK_INDEX) {
			ends |= header.realtime_ns > realtime_ns;
			if (header.realtime_ns > realtime_ns ||
			    (header.kind == BLOCK_KEY && header.sequence > place.sequence))
				break;
			place.sequence = header.sequence;
		}
		offset += BLOCK_HEADER_BYTES + header.stored_bytes;
	}
	*ret_place = place;
	return r < 0 ? r : ends;
}

/*
 * Finds the sample of a time. The clock may have been set: the samples of a key are searched if the
 * next key is later than the time, or would be later if the clock had not been set.
 */
static int find_time(struct cgw_replay *replay, uint64_t realtime_ns,
		     struct replay_place *ret_place)
{
	struct key_place place = {0, 0}, next;
	bool more = replay->files[0].key_count > 0 || next_key(replay, &place);
	int r = 0;

	for (; more && r == 0; place = next) {
		const struct file_key *key = key_at(replay, &place), *after = NULL;

		next = place;
		more = next_key(replay, &next);
		if (more)
			after = key_at(replay, &next);
		if (key->realtime_ns > realtime_ns)
			continue;
		if (after == NULL || after->realtime_ns > realtime_ns ||
		    (int64_t)(key->realtime_ns + after->boottime_ns - key->boottime_ns -
			      realtime_ns) > 0)
			r = find_sample(replay, &place, after, realtime_ns, ret_place);
	}
	return r;
}

int cgw_replay_seek(struct cgw_replay *replay, uint64_t realtime_ns)
{
	struct replay_place old = {replay->file, replay->header.sequence}, place;
	bool was_at_sample = replay->at_sample;
	int r = find_time(replay, realtime_ns, &place);

	if (r <= 0)
		return r;
	r = seek_to(replay, &place);
	return r == 0 ? restore_place(replay, was_at_sample, &old) : r;
}

/* The first mark at or after a position, or their number. */
static size_t first_mark(const struct cgw_replay *replay, uint64_t position)
{
	size_t low = 0, high = replay->mark_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (replay->marks[middle].position < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int cgw_replay_next_event(struct cgw_replay *replay, uint32_t kinds)
{
	struct replay_place old = {replay->file, replay->header.sequence};
	uint64_t from = replay->at_sample ? replay_position(replay) + 1 : 0;
	bool was_at_sample = replay->at_sample;

	for (size_t i = first_mark(replay, from); i < replay->mark_count; i++) {
		const struct cgw_mark mark = replay->marks[i];
		struct replay_place place = place_of(replay, mark.position);
		int r;

		if (!(mark.kinds & kinds))
			continue;
		r = seek_to(replay, &place);
		if (r < 0 || (r > 0 && replay_position(replay) == mark.position))
			return r;
	}
	return restore_place(replay, was_at_sample, &old);
}

int cgw_replay_previous_event(struct cgw_replay *replay, uint32_t kinds)
{
	struct replay_place old = {replay->file, replay->header.sequence};
	uint64_t from = replay->at_sample ? replay_position(replay) : 0;
	bool was_at_sample = replay->at_sample;

	for (size_t i = first_mark(replay, from); i-- > 0;) {
		const struct cgw_mark mark = replay->marks[i];
		struct replay_place place = place_of(replay, mark.position);
		int r;

		if (!(mark.kinds & kinds))
			continue;
		r = seek_to(replay, &place);
		if (r < 0 || (r > 0 && replay_position(replay) == mark.position))
			return r;
	}
	return restore_place(replay, was_at_sample, &old);
}

int cgw_replay_refresh(struct cgw_replay *replay)
{
	return replay_refresh_files(replay);
}
