/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-priv.h - state shared by replay.c, replay-open.c and replay-seek.c. */
#pragma once

#include "lib/recording/recording-directory.h"
#include "lib/recording/recording-file.h"
#include "lib/recording/sample-code.h"

struct cgw_replay {
	char *path;
	bool directory;
	struct record_file *files; /* oldest first */
	uint64_t *base;            /* [file]: position of its first sample */
	size_t file_count, file_size, base_size;
	struct decoder decoder;
	struct layout_list layouts;
	struct packer *packer;
	struct bytes stored;
	struct cgw_frame *frame;
	/* The block that was decoded last. */
	size_t file;
	struct block_header header;
	uint64_t next_offset; /* of the block after it */
	bool at_sample;       /* false: before the first sample */
	bool follows;         /* rates may be computed from the previous sample */
	bool updates_frame;   /* false while seeking: only the decoder advances */
	struct cgw_mark *marks;
	size_t mark_count, mark_size;
	struct cgw_damage *damage;
	size_t damage_count, damage_size;
};

struct replay_place {
	size_t file;
	uint64_t sequence;
};

/*
 * Advances to the next sample that can be decoded, also in later files, but not beyond `limit`
 * (NULL: none). Returns 1, or 0 if there is none.
 */
int replay_advance(struct cgw_replay *replay, const struct replay_place *limit);
/* Empties the frame, so that no rates are computed from earlier samples. */
int replay_reset_frame(struct cgw_replay *replay);
static inline uint64_t replay_position(const struct cgw_replay *replay)
{
	return replay->base[replay->file] + replay->header.sequence -
	       replay->files[replay->file].first.sequence;
}

/* replay-open.c: opens all files. */
int replay_open_files(struct cgw_replay *replay, struct cgw_diag *diag);
/* Adds new files, and blocks appended to the last one. Returns 1 if there were any. */
int replay_refresh_files(struct cgw_replay *replay);
int replay_collect_damage(struct cgw_replay *replay);
