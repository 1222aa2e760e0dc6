/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder.c - appending of samples to a recording, one block each. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/recording/recorder-priv.h"

/* A key is about ten times as large as a delta; seeking decodes at most this many samples. */
#define SAMPLES_PER_KEY 60
#define KEYS_PER_INDEX  16

struct cgw_recorder *cgw_recorder_free(struct cgw_recorder *recorder)
{
	if (recorder == NULL)
		return NULL;
	if (recorder->file.fd >= 0)
		(void)recorder_write_index(recorder);
	record_file_done(&recorder->file);
	if (recorder->lock_fd >= 0)
		close(recorder->lock_fd);
	string_list_free(&recorder->names);
	filter_done(&recorder->filter);
	encoder_done(&recorder->encoder);
	packer_free(recorder->packer);
	cgw_frame_free(recorder->frame);
	event_list_done(&recorder->events);
	bytes_done(&recorder->payload);
	for (size_t i = 0; recorder->options.globs != NULL && i < recorder->options.glob_count; i++)
		free((void *)(uintptr_t)recorder->options.globs[i]);
	free((void *)(uintptr_t)recorder->options.globs);
	free((void *)(uintptr_t)recorder->options.host);
	free((void *)(uintptr_t)recorder->options.boot_id);
	free(recorder->directory);
	free(recorder);
	return NULL;
}

/* Copies the texts, so that the caller may free its own. */
static int copy_options(struct cgw_recorder *recorder, const struct cgw_recorder_options *options)
{
	struct cgw_recorder_options *copy = &recorder->options;
	char **globs;

	*copy = *options;
	copy->globs = NULL;
	copy->glob_count = 0;
	copy->host = strdup(options->host != NULL ? options->host : "");
	copy->boot_id = strdup(options->boot_id != NULL ? options->boot_id : "");
	globs = calloc(options->glob_count + 1, sizeof(*globs));
	copy->globs = (const char *const *)globs;
	if (globs == NULL || copy->host == NULL || copy->boot_id == NULL)
		return -ENOMEM;
	for (; copy->glob_count < options->glob_count; copy->glob_count++) {
		globs[copy->glob_count] = strdup(options->globs[copy->glob_count]);
		if (globs[copy->glob_count] == NULL)
			return -ENOMEM;
	}
	recorder->filter.globs = copy->globs;
	recorder->filter.glob_count = copy->glob_count;
	recorder->encoder.options = copy;
	recorder->boot = hash_text(copy->boot_id);
	return 0;
}

static bool is_directory(const char *path)
{
	size_t length = strlen(path);
	struct stat status;

	return (length > 0 && path[length - 1] == '/') ||
	       (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

int cgw_recorder_open(const char *path, const struct cgw_recorder_options *options,
		      struct cgw_recorder **ret_recorder, struct cgw_diag *diag)
{
	struct cgw_recorder *recorder = calloc(1, sizeof(*recorder));
	int r;

	if (recorder == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	recorder->lock_fd = -1;
	recorder->file.fd = -1;
	recorder->needs_key = true;
	r = copy_options(recorder, options);
	if (r == 0)
		r = packer_new(&recorder->packer);
	if (r == 0)
		r = cgw_frame_new(&recorder->frame);
	if (r < 0)
		cgw_diag_set(diag, r, "out of memory");
	else if (is_directory(path))
		r = recorder_open_directory(recorder, path, diag);
	else
		r = recorder_open_file(recorder, path, diag);
	if (r < 0) {
		/* Prevents cgw_recorder_free() from writing an index. */
		record_file_done(&recorder->file);
		cgw_recorder_free(recorder);
		return r;
	}
	*ret_recorder = recorder;
	return 0;
}

int cgw_recorder_event(struct cgw_recorder *recorder, const struct cgw_event *event)
{
	return event_list_add(&recorder->events, event);
}

struct cgw_recorder_stats cgw_recorder_stats(const struct cgw_recorder *recorder)
{
	return recorder->stats;
}

/* How long no sample was written although one was due; 0: no gap. Suspend does not count. */
static uint64_t gap_ns(const struct cgw_recorder *recorder, const struct cgw_snapshot *now)
{
	const struct block_header *last = &recorder->file.last;
	uint64_t gap = 0;

	if (recorder->written_ns > 0)
		gap = now->monotonic_ns - recorder->written_ns;
	else if (recorder->file.has_samples && last->boot == recorder->boot &&
		 now->boottime_ns > last->boottime_ns)
		gap = now->boottime_ns - last->boottime_ns;
	if (recorder->lost_count > 0)
		return gap;
	return gap > 2 * recorder->options.interval_ns + recorder->options.interval_ns / 2 ? gap
											   : 0;
}

/* Adds the events that concern the recorder itself: start and gap. */
static int add_own_events(struct cgw_recorder *recorder, const struct cgw_snapshot *now)
{
	struct cgw_event event = {.kind = CGW_EVENT_START, .realtime_ns = now->realtime_ns};
	uint64_t gap = gap_ns(recorder, now);
	int r = 0;

	if (!recorder->started)
		r = event_list_add(&recorder->events, &event);
	if (r == 0 && gap > 0 && recorder->options.interval_ns > 0) {
		event.kind = CGW_EVENT_GAP;
		event.new_number = (struct cgw_number){gap, CGW_OK};
		event.why = recorder->lost_count > 0 ? "could not be written" : "was not recorded";
		r = event_list_add(&recorder->events, &event);
	}
	return r == -ENOBUFS ? 0 : r;
}

/* Writes the newer sample of the frame with the pending events. */
static int write_sample(struct cgw_recorder *recorder)
{
	const struct cgw_snapshot *now = cgw_frame_now(recorder->frame);
	bool key = recorder->needs_key || recorder->since_key >= SAMPLES_PER_KEY ||
		   !sample_can_be_delta(recorder->frame);
	struct block_header header = {
		.kind = key ? BLOCK_KEY : BLOCK_DELTA,
		.flags = recorder->started ? 0 : BLOCK_START,
		.sequence = recorder->sequence,
		.realtime_ns = now->realtime_ns,
		.boottime_ns = now->boottime_ns,
		.boot = recorder->boot,
	};
	int r;

	if (key && recorder->keys_since_index >= KEYS_PER_INDEX)
		(void)recorder_write_index(recorder); /* errors are reported for the sample */
	header.events = event_list_kinds(&recorder->events);
	r = sample_encode(&recorder->encoder, recorder->frame, key, &recorder->events,
			  &recorder->payload);
	if (r == 0)
		r = recorder_append(recorder, &header);
	if (r < 0)
		return r;
	recorder->since_key = key ? 1 : recorder->since_key + 1;
	recorder->keys_since_index += key;
	recorder->needs_key = false;
	recorder->started = true;
	recorder->sequence++;
	recorder->written_ns = now->monotonic_ns;
	recorder->lost_count = 0;
	event_list_clear(&recorder->events);
	return 0;
}

static int record_sample(struct cgw_recorder *recorder, struct cgw_snapshot *snapshot)
{
	struct cgw_snapshot *filtered;
	int r = filter_apply(&recorder->filter, snapshot, &filtered);

	if (r < 0)
		return r;
	r = cgw_frame_update(recorder->frame, filtered);
	cgw_snapshot_unref(filtered);
	if (r < 0)
		return r;
	if (cgw_frame_before(recorder->frame) != NULL)
		r = events_detect(recorder->frame, &recorder->options, &recorder->events);
	if (r == 0)
		r = add_own_events(recorder, snapshot);
	if (r == 0 && (recorder->needs_key || recorder->since_key >= SAMPLES_PER_KEY))
		r = recorder_free_space(recorder, cgw_snapshot_realtime_ns(snapshot));
	if (r == 0)
		r = write_sample(recorder);
	return r;
}

int cgw_recorder_sample(struct cgw_recorder *recorder, struct cgw_snapshot *snapshot,
			struct cgw_diag *diag)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	int r = record_sample(recorder, snapshot);
	char path[256];

	recorder->stats.cost_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	if (r == 0) {
		recorder->stats.samples++;
		return 0;
	}
	recorder->needs_key = true; /* the next sample cannot be a delta */
	recorder->lost_count++;
	recorder->stats.lost++;
	cgw_escape(path, sizeof(path), recorder->file.path, strlen(recorder->file.path));
	return cgw_diag_set(diag, r, "cannot write a sample to %s: %s", path, strerror(-r));
}
