/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder-priv.h - state shared by recorder.c (samples), recorder-block.c and rotate.c (files). */
#pragma once

#include "lib/recording/filter-groups.h"
#include "lib/recording/recording-directory.h"
#include "lib/recording/recording-file.h"
#include "lib/recording/sample-code.h"

struct cgw_recorder {
	struct cgw_recorder_options options; /* owns its texts */
	uint64_t boot;
	char *directory; /* NULL: one file */
	int lock_fd;     /* of the directory; a single file is locked through file.fd */
	struct string_list names;
	struct record_file file; /* the file that is written */
	struct filter filter;
	struct encoder encoder;
	struct packer *packer;
	struct cgw_frame *frame;
	struct event_list events; /* for the next sample */
	struct bytes payload;
	uint64_t sequence; /* of the next sample */
	unsigned since_key, keys_since_index;
	bool needs_key;      /* the previous sample is not in the file */
	bool started;        /* the first sample was written */
	uint64_t lost_count; /* samples lost since the last one that was written */
	uint64_t written_ns; /* monotonic time of the last written sample */
	struct cgw_recorder_stats stats;
};

/* rotate.c: opens or creates the file to append to. */
int recorder_open_file(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag);
int recorder_open_directory(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag);
/* Call before a sample: starts a new file if this one is full or old, and drops the oldest data. */
int recorder_free_space(struct cgw_recorder *recorder, uint64_t realtime_ns);

/* recorder-block.c: appends a block of the payload; on failure the file is unchanged. */
int recorder_append(struct cgw_recorder *recorder, struct block_header *header);
/* Writes an index of all blocks that are not indexed yet. */
int recorder_write_index(struct cgw_recorder *recorder);
/* Writes the hint in the file header. Failures are ignored, as readers do not depend on it. */
void recorder_write_hint(struct cgw_recorder *recorder);
