/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-recording.c - `cgward dump --replay`: prints samples of a recording. */
#include <string.h>

#include "cmd/dump/dump-sources.h"
#include "lib/base/cleanup.h"
#include "lib/render/value-text.h"
#include "shared/cli/recording-common.h"
#include <cgward/recording.h>

struct recording_dump {
	struct dump *dump;
	struct cgw_replay *replay;
	struct cgw_frame *frame; /* of samples that are not adjacent */
	struct cgw_recording_info info;
	uint64_t begin_ns, end_ns;
	uint64_t boot; /* boot number of the frame's newer sample */
	size_t shown;
	bool first;
};

static uint64_t now_ns(const struct recording_dump *recording)
{
	return cgw_snapshot_realtime_ns(cgw_replay_snapshot(recording->replay));
}

static enum cli_exit print_no_sample(const struct recording_dump *recording, const char *option)
{
	cli_error(recording->dump->context, "no sample for --%s; the recording covers %s to %s",
		  option, TIME_TEXT(recording->info.first_ns), TIME_TEXT(recording->info.last_ns));
	return CLI_NO_SUCH_GROUP;
}

static enum cli_exit parse_time(const struct recording_dump *recording, const char *option,
				const char *text, uint64_t *ret_ns)
{
	if (text == NULL || cli_parse_time(text, recording->info.last_ns, ret_ns) == 0)
		return CLI_OK;
	return cli_usage_error(recording->dump->context, CLI_INVALID_TIME, option, text);
}

/* A group must be given as a path: a recording has no processes or units to resolve. */
static enum cli_exit parse_below(struct recording_dump *recording, char **ret_path)
{
	struct dump *dump = recording->dump;
	const char *below = dump->below;

	if (below == NULL)
		return CLI_OK;
	if (asprintf(ret_path, "/%s", below + strspn(below, "/")) < 0) {
		*ret_path = NULL;
		return CLI_FAILED;
	}
	dump->selection.below = *ret_path;
	return CLI_OK;
}

static int print(struct recording_dump *recording, const struct cgw_frame *frame)
{
	struct dump *dump = recording->dump;
	size_t shown = 0;
	int r;

	dump->host = cgw_replay_host(recording->replay);
	r = dump_print(dump, cgw_replay_layout(recording->replay), frame, recording->first, &shown);
	recording->shown += shown;
	recording->first = false;
	return r;
}

/* Prints one sample, with the rates at that time. */
static enum cli_exit print_one(struct recording_dump *recording)
{
	const struct dump *dump = recording->dump;
	uint64_t at_ns = 0, late_ns;
	enum cli_exit status = parse_time(recording, "at", dump->at, &at_ns);
	char time[40];
	int r;

	if (status != CLI_OK)
		return status;
	r = dump->at == NULL ? cgw_replay_last(recording->replay)
			     : cgw_replay_seek(recording->replay, at_ns);
	if (r == 0)
		return print_no_sample(recording, "at");
	late_ns = 3 * cgw_replay_interval_ns(recording->replay);
	if (r > 0 && dump->at != NULL && now_ns(recording) + late_ns < at_ns && late_ns > 0) {
		cgw_format_time(now_ns(recording), time, sizeof(time));
		cli_error(dump->context,
			  "nothing was recorded at that time; using the last sample before it, "
			  "from %s",
			  time);
	}
	if (r > 0)
		r = print(recording, cgw_replay_frame(recording->replay));
	return r < 0 ? dump_print_error(recording->dump, r, NULL) : CLI_OK;
}

/* Updates the frame with this sample, so that rates are relative to the last printed one. */
static int update_frame(struct recording_dump *recording)
{
	uint64_t boot = cgw_replay_boot(recording->replay);
	int r = 0;

	if (recording->frame == NULL || boot != recording->boot) {
		recording->frame = cgw_frame_free(recording->frame);
		r = cgw_frame_new(&recording->frame);
	}
	recording->boot = boot;
	return r < 0 ? r
		     : cgw_frame_update(recording->frame, cgw_replay_snapshot(recording->replay));
}

/* Prints the last sample of each step, unless the step has no new sample. */
static int print_steps(struct recording_dump *recording)
{
	uint64_t every_ns = recording->dump->every_ns;
	uint64_t at_ns = now_ns(recording), end_ns = recording->end_ns, printed = UINT64_MAX;
	struct cgw_recording_info info;
	int r = 1;

	/* Stop at the step of the last sample. */
	cgw_replay_info(recording->replay, &info);
	if (end_ns > info.last_ns && end_ns - info.last_ns >= every_ns)
		end_ns = info.last_ns + every_ns - 1;
	while (r >= 0 && at_ns <= end_ns) {
		r = cgw_replay_seek(recording->replay, at_ns);
		if (r < 0)
			break;
		cgw_replay_info(recording->replay, &info);
		if (r > 0 && (printed == UINT64_MAX || info.position > printed)) {
			printed = info.position;
			r = update_frame(recording);
			if (r == 0)
				r = print(recording, recording->frame);
		}
		if (end_ns - at_ns < every_ns)
			break;
		at_ns += every_ns;
	}
	return r < 0 ? r : 0;
}

static int print_all(struct recording_dump *recording)
{
	int r = 1;

	while (r > 0 && now_ns(recording) <= recording->end_ns) {
		r = print(recording, cgw_replay_frame(recording->replay));
		if (r == 0)
			r = ferror(stdout) ? 0 : cgw_replay_next(recording->replay);
	}
	return r;
}

static enum cli_exit print_range(struct recording_dump *recording)
{
	struct dump *dump = recording->dump;
	enum cli_exit status = parse_time(recording, "begin", dump->begin, &recording->begin_ns);
	int r;

	if (status == CLI_OK)
		status = parse_time(recording, "end", dump->end, &recording->end_ns);
	if (status != CLI_OK)
		return status;
	/* Find the first sample at or after --begin. */
	r = cgw_replay_seek(recording->replay, recording->begin_ns);
	if (r == 0)
		r = cgw_replay_first(recording->replay);
	else if (r > 0 && now_ns(recording) < recording->begin_ns)
		r = cgw_replay_next(recording->replay);
	if (r == 0 || (r > 0 && now_ns(recording) > recording->end_ns))
		return print_no_sample(recording, "begin");
	if (r > 0)
		r = dump->every_ns > 0 ? print_steps(recording) : print_all(recording);
	recording->frame = cgw_frame_free(recording->frame);
	return r < 0 ? dump_print_error(dump, r, NULL) : CLI_OK;
}

enum cli_exit dump_recording(struct dump *dump)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	CLEANUP(cleanup_free) char *below = NULL;
	struct recording_dump recording = {.dump = dump, .first = true, .end_ns = UINT64_MAX};
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	enum cli_exit status;

	if (cgw_replay_open(dump->replay, &replay, &diag) < 0)
		return cli_diag(dump->context, &diag);
	dump_metrics(dump, &metrics);
	(void)cgw_replay_select(replay, &metrics); /* no sample was read yet */
	recording.replay = replay;
	cgw_replay_info(replay, &recording.info);
	status = parse_below(&recording, &below);
	if (status == CLI_OK)
		status = dump->repeat ? print_range(&recording) : print_one(&recording);
	if (status == CLI_OK && recording.shown == 0 &&
	    (dump->selection.glob_count > 0 || below != NULL)) {
		cli_error(dump->context, "no group matches");
		status = CLI_NO_SUCH_GROUP;
	}
	return recording_report_damage(dump->context, replay, status);
}
