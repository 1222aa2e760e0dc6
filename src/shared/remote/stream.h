/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.h - what one cgward tells another: the output of `cgward dump --ndjson --stream N` read again as
 * snapshots.
 *
 * The first line says which schema follows. Before each sample a line says when it was taken and how
 * many groups follow, parents before children, siblings in byte order, a line each:
 *
 *   {"stream": 1, "cgward": "0.1.0", "host": "web1", "layout": "v2", "sources": {KEY: [VERSION, FILE,
 *    KEY]}, "stands_in": [KEY]}
 *   {"sample": 2, "realtime_ns": N, "boottime_ns": N, "monotonic_ns": N, "cost_ns": N,
 *    "collector": "files", "machine": {"cpu_count": 4, NAME: N, ...}}
 *   {"group": "/", "id": 1, KEY: VALUE, ..., "instances": {...}, "bytes": {...}, "reasons": {...}}
 *   {"group": "/system.slice", ...}
 *
 * Nothing of it is believed: whoever logs in somewhere reads what somebody there wrote. A line that is
 * none of these, groups out of order and more of anything than there can be end the stream.
 */
#ifndef CGWARD_SHARED_REMOTE_STREAM_H
#define CGWARD_SHARED_REMOTE_STREAM_H

#include "shared/remote/remote-layout.h"
#include <cgward/sample.h>

/* The schema that is spoken here. */
#define REMOTE_SCHEMA 1

#define REMOTE_LINE_MAX   (1 << 20) /* bytes */
#define REMOTE_GROUPS_MAX 100000
#define REMOTE_DEPTH_MAX  1000

struct remote_stream;

/*
 * `wanted`: what was asked for; everything else that comes is passed over. `layouts` must outlive all
 * snapshots.
 */
int remote_stream_new(const struct cgw_metric_set *wanted, struct remote_layouts *layouts,
		      struct remote_stream **ret_stream);
struct remote_stream *remote_stream_free(struct remote_stream *stream);

/*
 * Takes a line without its newline. Returns 1 with a snapshot when it was a sample's last, 0 when
 * more is to come, -EPROTONOSUPPORT for another schema, -EBADMSG for what is none of this, each with
 * its reason. After an error the stream is at its end.
 */
int remote_stream_line(struct remote_stream *stream, const char *line, size_t length,
		       struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag);

/* As its first line says; "" before. Raw bytes. */
const char *remote_stream_host(const struct remote_stream *stream) CGW_PURE;
/* NULL before the first line. */
const struct cgw_layout *remote_stream_layout(const struct remote_stream *stream) CGW_PURE;

#endif
