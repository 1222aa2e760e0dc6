/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.h - parsing of the output of `cgward dump --ndjson --stream N` into snapshots.
 *
 * The first line contains the schema. Each sample starts with a line with its times and its number
 * of groups; one line per group follows, parents before children, siblings in byte order:
 *
 *   {"stream": 1, "cgward": "0.1.0", "host": "web1", "layout": "v2",
 *    "sources": {KEY: [VERSION, FILE, KEY]}, "stands_in": [KEY]}
 *   {"sample": 2, "realtime_ns": N, "boottime_ns": N, "monotonic_ns": N, "cost_ns": N,
 *    "collector": "files", "machine": {"cpu_count": 4, NAME: N, ...}, "omitted": 3}
 *   {"group": "/", "id": 1, KEY: VALUE, ..., "instances": {...}, "bytes": {...}, "reasons": {...}}
 *   {"group": "/system.slice", ...}
 *
 * Groups beyond the limits below are omitted with their descendants and counted, since a user who
 * may create groups on the host could otherwise make it unreadable.
 *
 * The stream is untrusted, since the remote host controls it. Any other line, groups out of order
 * and exceeded limits end the stream with an error.
 */
#ifndef CGWARD_SHARED_REMOTE_STREAM_H
#define CGWARD_SHARED_REMOTE_STREAM_H

#include "shared/remote/remote-layout.h"
#include <cgward/sample.h>

/* The schema that this version writes and reads. */
#define REMOTE_SCHEMA 1

#define REMOTE_LINE_MAX   (1 << 20) /* bytes */
#define REMOTE_GROUPS_MAX 100000
#define REMOTE_DEPTH_MAX  1000
#define REMOTE_PATH_MAX   65536 /* bytes of a path that is sent */

struct remote_stream;

/* Other metrics than `metrics` are ignored. `layouts` must outlive all snapshots. */
int remote_stream_new(const struct cgw_metric_set *metrics, struct remote_layouts *layouts,
		      struct remote_stream **ret_stream);
struct remote_stream *remote_stream_free(struct remote_stream *stream);

/*
 * Parses a line without its newline. Returns 1 with a snapshot after the last line of a sample, 0
 * before that, -EPROTONOSUPPORT for another schema, -EBADMSG for invalid input, each with a reason.
 * After an error all further lines are refused.
 */
int remote_stream_parse_line(struct remote_stream *stream, const char *line, size_t length,
			     struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag);

/* The host name in the header; "" before. Unescaped. */
const char *remote_stream_host(const struct remote_stream *stream) CGW_PURE;
/* The number of groups that the newest sample omits. */
uint64_t remote_stream_omitted(const struct remote_stream *stream) CGW_PURE;
/* NULL before the header. */
const struct cgw_layout *remote_stream_layout(const struct remote_stream *stream) CGW_PURE;

#endif
