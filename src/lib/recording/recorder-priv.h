/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recorder-priv.h - what the parts of a recorder share: appending here, files and their bounds in
 * keep.c.
 */
#ifndef CGWARD_LIB_RECORDING_RECORDER_PRIV_H
#define CGWARD_LIB_RECORDING_RECORDER_PRIV_H

#include "lib/recording/filter-groups.h"
#include "lib/recording/recording-directory.h"
#include "lib/recording/recording-file.h"
#include "lib/recording/sample-code.h"

struct cgw_recorder {
	struct cgw_recorder_options options; /* with texts of its own */
	uint64_t boot;
	char *directory; /* NULL: one file */
	int lock_fd;     /* of the directory; a single file is locked itself */
	struct name_list names;
	struct record_file file; /* the one that is written */
	struct filter filter;
	struct encoder encoder;
	struct packer *packer;
	struct cgw_frame *frame;
	struct event_list events; /* for the next sample */
	struct bytes payload;
	uint64_t sequence; /* of the next sample */
	unsigned since_key, keys_since_index;
	bool key_wanted;     /* the sample before is not in the file */
	bool started;        /* the first sample is written */
	uint64_t lost_since; /* the last sample that was written */
	uint64_t written_ns; /* when that was, monotonic */
	struct cgw_recorder_stats stats;
};

/* keep.c: opens or makes the file to go on with. */
int recorder_open_file(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag);
int recorder_open_directory(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag);
/* Before a sample: another file where this one is full or old; what is too old goes. */
int recorder_free_space(struct cgw_recorder *recorder, uint64_t realtime_ns);

/* recorder.c: the index of all that is not indexed yet. */
int recorder_write_index(struct cgw_recorder *recorder);
/* The mutable half of the file's header. A hint: failure is no loss. */
void recorder_write_hint(struct cgw_recorder *recorder);

#endif
