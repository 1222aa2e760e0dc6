/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.h - the output of `cgward dump --stream SCHEMA`, and its decoding into snapshots.
 *
 * The first line contains the schema; the blocks of a recording follow, one per sample, of which
 * the first depends on no other (docs/RECORDING.md).
 *
 * Groups beyond the limits below are omitted with their descendants and counted, since a user who
 * may create groups on the host could otherwise make it unreadable.
 *
 * The stream is untrusted, since the remote host controls it. Anything else and exceeded limits end
 * the stream with an error.
 */
#pragma once

#include <stdio.h>

#include "lib/recording/sample-code.h"

/* The schema that this version writes and reads. */
#define REMOTE_SCHEMA 1

#define REMOTE_SAMPLE_BYTES_MAX (UINT32_C(32) << 20)
#define REMOTE_PARTS_MAX        1000000 /* instances, and bytes of texts, of a sample */
#define REMOTE_GROUPS_MAX       100000
#define REMOTE_DEPTH_MAX        1000
#define REMOTE_PATH_MAX         65536 /* bytes of a path that is sent */

/*
 * Writes the newer sample of a frame. `first`: nothing was written before; otherwise the older
 * sample was. -ENOMEM; write errors are found with ferror().
 */
int remote_stream_write(const struct cgw_frame *frame, bool first, FILE *out);

struct remote_stream;
int remote_stream_new(struct layout_list *layouts, struct remote_stream **ret_stream);
struct remote_stream *remote_stream_free(struct remote_stream *stream);

/* The number of groups that the newest sample omits. */
uint64_t remote_stream_omitted(const struct remote_stream *stream) CGW_PURE;

struct remote_parsed {
	size_t used;                   /* bytes of the input; 0: more is needed */
	uint64_t cost;                 /* of decoding them, in bytes */
	struct cgw_snapshot *snapshot; /* NULL: no sample ends here */
};
/*
 * Parses the beginning of the bytes that were received and not used yet. -EPROTONOSUPPORT for
 * another schema, -EBADMSG for invalid input, each with a reason. After an error everything else is
 * refused.
 */
int remote_stream_parse(struct remote_stream *stream, const void *data, size_t length,
			struct remote_parsed *ret_parsed, struct cgw_diag *diag);
