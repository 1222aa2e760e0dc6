/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-priv.h - what the parts of a replay share: moving in replay.c, finding in seek.c. */
#ifndef CGWARD_LIB_RECORDING_REPLAY_PRIV_H
#define CGWARD_LIB_RECORDING_REPLAY_PRIV_H

#include "lib/recording/recording-directory.h"
#include "lib/recording/recording-file.h"
#include "lib/recording/sample-code.h"

struct cgw_replay {
	char *path;
	bool directory;
	struct record_file *files; /* in the order of writing */
	uint64_t *base;            /* [file]: position of its first sample */
	size_t file_count, file_size;
	struct decoder decoder;
	struct packer *packer;
	struct bytes stored;
	struct cgw_frame *frame;
	/* The block that was decoded last. */
	size_t file;
	struct block_header header;
	uint64_t next_offset;  /* behind it */
	bool standing;         /* at a sample; else before the first one */
	bool follows;          /* rates may be taken from the sample before */
	bool frame_goes_along; /* while many samples are passed only the decoder moves */
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
 * Goes on to the next sample that can be decoded, over the ends of files, but not beyond `limit`
 * (NULL: none). 1, or 0 where there is none.
 */
int replay_advance(struct cgw_replay *replay, const struct replay_place *limit);
/* The frame begins anew: what was before is not to be compared with. */
int replay_reset_frame(struct cgw_replay *replay);
static inline uint64_t replay_position(const struct cgw_replay *replay)
{
	return replay->base[replay->file] + replay->header.sequence -
	       replay->files[replay->file].first.sequence;
}

/* open.c: all files, their bases and marks. */
int replay_open_files(struct cgw_replay *replay, struct cgw_diag *diag);
/* Files that came since, and what was appended to the last one. Returns 1 when there is more. */
int replay_refresh_files(struct cgw_replay *replay);
int replay_collect_damage(struct cgw_replay *replay);

#endif
