/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream.c - encoding of samples for another host, and decoding of what another host sends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/model/sampling.h"
#include "lib/recording/block.h"
#include "lib/recording/filter-groups.h"
#include "shared/remote/stream.h"

#define FIRST_LINE     "cgward stream "
#define LINE_MAX_BYTES 64

/* The number of levels whose groups are not too many together. */
static unsigned levels_that_fit(const struct cgw_topology *topology)
{
	size_t counts[REMOTE_DEPTH_MAX + 1] = {0}, count = 0;
	unsigned levels = 0;

	for (uint32_t i = 0; i < topology->count; i++)
		if (topology->depth[i] <= REMOTE_DEPTH_MAX)
			counts[topology->depth[i]]++;
	while (levels <= REMOTE_DEPTH_MAX && count + counts[levels] <= REMOTE_GROUPS_MAX)
		count += counts[levels++];
	return levels;
}

static bool omits(const struct filter *filter, const struct cgw_topology *topology, uint32_t group)
{
	/* Names have at most 255 bytes: only paths of many levels are measured. */
	return topology->depth[group] >= filter->levels ||
	       (topology->depth[group] > REMOTE_PATH_MAX / 256 &&
		cgw_topology_path(topology, group, NULL, 0) > REMOTE_PATH_MAX);
}

/* Prepares the filter of a sample. Returns the number of groups that it omits. */
static size_t omitted_groups(const struct cgw_snapshot *snapshot, struct filter *filter)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);
	size_t omitted = 0;

	*filter = (struct filter){.omits = omits, .levels = levels_that_fit(topology)};
	for (uint32_t i = 0; i < topology->count; i++)
		omitted += omits(filter, topology, i);
	return omitted;
}

/* A frame of the newer sample, without what the filter omits. */
static int filter_frame(struct filter *filter, const struct cgw_frame *frame,
			struct cgw_frame **ret_filtered)
{
	CLEANUP(cleanup_snapshot) struct cgw_snapshot *filtered = NULL;
	struct cgw_snapshot *now = (void *)(uintptr_t)cgw_frame_now(frame);
	int r = filter_apply(filter, now, &filtered);

	if (r == 0)
		r = cgw_frame_new(ret_filtered);
	return r < 0 ? r : cgw_frame_update(*ret_filtered, filtered);
}

int remote_stream_write(const struct cgw_frame *frame, bool first, FILE *out)
{
	static const struct cgw_recorder_options no_options;
	static const struct event_list no_events;
	const struct cgw_snapshot *now = cgw_frame_now(frame), *before = cgw_frame_before(frame);
	CLEANUP(cleanup_packer) struct packer *packer = NULL;
	CLEANUP(encoder_done) struct encoder encoder = {.options = &no_options};
	CLEANUP(bytes_done) struct bytes payload = {0};
	CLEANUP(cleanup_frame) struct cgw_frame *filtered = NULL;
	CLEANUP(filter_done) struct filter filter = {0};
	/* A sample that omits groups depends on no other, and no other depends on it. */
	bool key = first || !sample_can_be_delta(frame) || omitted_groups(before, &filter) > 0;
	struct block_header header = {
		.sequence = omitted_groups(now, &filter),
		.realtime_ns = now->realtime_ns,
		.boottime_ns = now->boottime_ns,
	};
	const uint8_t *block = NULL;
	size_t length = 0;
	int r = packer_new(&packer);

	key |= header.sequence > 0;
	header.kind = key ? BLOCK_KEY : BLOCK_DELTA;
	if (r == 0 && header.sequence > 0)
		r = filter_frame(&filter, frame, &filtered);
	if (r == 0)
		r = sample_encode(&encoder, filtered != NULL ? filtered : frame, key, &no_events,
				  &payload);
	if (r == 0)
		r = packer_pack(packer, &header, &payload, &block, &length);
	if (r < 0)
		return r;
	if (first)
		fprintf(out, FIRST_LINE "%d\n", REMOTE_SCHEMA);
	fwrite(block, 1, length, out);
	return 0;
}

struct remote_stream {
	struct decoder decoder;
	struct packer *packer;
	bool started, failed;
	uint64_t omitted; /* by the newest sample */
};

int remote_stream_new(struct layout_list *layouts, struct remote_stream **ret_stream)
{
	struct remote_stream *stream = calloc(1, sizeof(*stream));
	int r = stream == NULL ? -ENOMEM : packer_new(&stream->packer);

	if (r < 0) {
		free(stream);
		return r;
	}
	stream->decoder.layouts = layouts;
	stream->decoder.limits = (struct topology_limits){REMOTE_GROUPS_MAX, REMOTE_DEPTH_MAX};
	*ret_stream = stream;
	return 0;
}

struct remote_stream *remote_stream_free(struct remote_stream *stream)
{
	if (stream == NULL)
		return NULL;
	decoder_done(&stream->decoder);
	packer_free(stream->packer);
	free(stream);
	return NULL;
}

uint64_t remote_stream_omitted(const struct remote_stream *stream)
{
	return stream->omitted;
}

static int parse_first_line(struct remote_stream *stream, const char *line, size_t length,
			    size_t *ret_used, struct cgw_diag *diag)
{
	const size_t prefix = strlen(FIRST_LINE);
	const char *newline = memchr(line, '\n', length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES);
	unsigned long schema;

	if (memcmp(line, FIRST_LINE, length < prefix ? length : prefix) != 0 ||
	    (newline == NULL && length >= LINE_MAX_BYTES))
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: the first line is not that of cgward; check "
				    "that the shell startup files of the host print nothing");
	if (newline == NULL)
		return 0;
	schema = strtoul(FORMATTED(LINE_MAX_BYTES, "%.*s", (int)(newline - line) - (int)prefix,
				   line + prefix),
			 NULL, 10);
	if (schema != REMOTE_SCHEMA)
		return cgw_diag_set(
			diag, -EPROTONOSUPPORT,
			"stream schema %lu is not supported (this cgward reads schema %d); "
			"update the older cgward",
			schema, REMOTE_SCHEMA);
	stream->started = true;
	*ret_used = (size_t)(newline - line) + 1;
	return 0;
}

/* Differences repeat the instances and texts of the sample before, which would grow without end. */
static bool has_too_many_parts(const struct cgw_snapshot *now)
{
	size_t parts = now->row_count;

	for (const struct text_chunk *chunk = now->chunks; chunk != NULL; chunk = chunk->next)
		parts += chunk->used;
	return parts > REMOTE_PARTS_MAX;
}

/* Whether consumers can look up the hierarchies of the groups. */
static bool has_hierarchies(const struct cgw_snapshot *now)
{
	const struct cgw_topology *topology = &now->topology->view;

	return topology->hierarchy_count > 0 &&
	       topology->hierarchy_count == topology->layout->hierarchy_count;
}

static int decode_block(struct remote_stream *stream, const struct block_header *header,
			const uint8_t *stored, struct cgw_diag *diag)
{
	const struct sample_times times = {header->realtime_ns, header->boottime_ns};
	struct cursor payload;
	int r = packer_unpack(stream->packer, header, stored, &payload);

	if (r == 0)
		r = sample_decode(&stream->decoder, header->kind == BLOCK_KEY, &times, &payload);
	if (r == 0 && !has_hierarchies(stream->decoder.last))
		r = -EBADMSG;
	if (r == 0 && has_too_many_parts(stream->decoder.last))
		r = -E2BIG;
	if (r == -E2BIG)
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: a sample exceeds the limits (%d groups, %d "
				    "levels, %d instances and bytes of text)",
				    REMOTE_GROUPS_MAX, REMOTE_DEPTH_MAX, REMOTE_PARTS_MAX);
	if (r == -EBADMSG)
		return cgw_diag_set(diag, r, "invalid stream: damaged sample");
	return r;
}

static int parse_sample(struct remote_stream *stream, const uint8_t *data, size_t length,
			struct remote_parsed *ret_parsed, struct cgw_diag *diag)
{
	struct block_header header;
	int r;

	if (length < BLOCK_HEADER_BYTES)
		return 0;
	if (block_header_load(data, &header) < 0 ||
	    (header.kind != BLOCK_KEY && header.kind != BLOCK_DELTA))
		return cgw_diag_set(diag, -EBADMSG,
				    "invalid stream: expected the start of a sample");
	if (header.raw_bytes > REMOTE_SAMPLE_BYTES_MAX ||
	    header.stored_bytes > REMOTE_SAMPLE_BYTES_MAX)
		return cgw_diag_set(diag, -EBADMSG, "invalid stream: sample larger than %u bytes",
				    REMOTE_SAMPLE_BYTES_MAX);
	if (length < BLOCK_HEADER_BYTES + (size_t)header.stored_bytes)
		return 0;
	r = decode_block(stream, &header, data + BLOCK_HEADER_BYTES, diag);
	if (r < 0)
		return r;
	stream->omitted = header.sequence;
	ret_parsed->used = BLOCK_HEADER_BYTES + (size_t)header.stored_bytes;
	ret_parsed->snapshot = cgw_snapshot_ref(stream->decoder.last);
	ret_parsed->cost = header.raw_bytes + (uint64_t)ret_parsed->snapshot->topology->view.count *
						      ret_parsed->snapshot->column_count;
	return 0;
}

int remote_stream_parse(struct remote_stream *stream, const void *data, size_t length,
			struct remote_parsed *ret_parsed, struct cgw_diag *diag)
{
	int r;

	*ret_parsed = (struct remote_parsed){0};
	if (stream->failed)
		r = cgw_diag_set(diag, -EBADMSG, "the stream ended after an error");
	else if (!stream->started)
		r = parse_first_line(stream, data, length, &ret_parsed->used, diag);
	else
		r = parse_sample(stream, data, length, ret_parsed, diag);
	if (r == -ENOMEM)
		r = cgw_diag_set(diag, r, "out of memory");
	stream->failed = r < 0;
	return r;
}
