/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-recording.c - `cgward dump --replay`: what a recording holds, in every format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-run.h"
#include "lib/base/cleanup.h"
#include "shared/cli/options.h"
#include <cgward/recording.h>

struct recorded {
	struct dump *dump;
	struct cgw_replay *replay;
	struct cgw_frame *frame; /* of samples that are not neighbours */
	struct cgw_recording_info info;
	uint64_t begin_ns, end_ns;
	uint64_t boot; /* of the frame's newer sample */
	size_t shown;
	bool first;
};

static void cleanup_replay(struct cgw_replay **replay)
{
	cgw_replay_free(*replay);
}

static uint64_t now_ns(const struct recorded *recorded)
{
	return cgw_snapshot_realtime_ns(cgw_replay_snapshot(recorded->replay));
}

static enum cli_exit say_none(const struct recorded *recorded, const char *option)
{
	char begin[40], end[40];

	(void)cgw_format_time(recorded->info.first_ns, begin, sizeof(begin));
	(void)cgw_format_time(recorded->info.last_ns, end, sizeof(end));
	cli_error(recorded->dump->context, "no sample at --%s; the recording is from %s to %s",
		  option, begin, end);
	return CLI_NO_SUCH_GROUP;
}

static enum cli_exit take_time(const struct recorded *recorded, const char *option,
			       const char *text, uint64_t *ret_ns)
{
	if (text == NULL || cli_parse_time(text, recorded->info.last_ns, ret_ns) == 0)
		return CLI_OK;
	return cli_usage_error(recorded->dump->context, CLI_INVALID_TIME, option, text);
}

/* What a group is called: a path. There is no process and no unit to ask any more. */
static enum cli_exit take_below(struct recorded *recorded, char **ret_path)
{
	struct dump *dump = recorded->dump;
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

static int print(struct recorded *recorded, const struct cgw_frame *frame)
{
	struct dump *dump = recorded->dump;
	size_t shown = 0;
	int r;

	dump->host = cgw_replay_host(recorded->replay);
	r = dump_print(dump, cgw_replay_layout(recorded->replay), frame, recorded->first, &shown);
	recorded->shown += shown;
	recorded->first = false;
	return r;
}

/* One moment, with the rates that were seen then. */
static enum cli_exit print_moment(struct recorded *recorded)
{
	const struct dump *dump = recorded->dump;
	uint64_t at_ns = 0, late_ns;
	enum cli_exit status = take_time(recorded, "at", dump->at, &at_ns);
	char time[40];
	int r;

	if (status != CLI_OK)
		return status;
	r = dump->at == NULL ? cgw_replay_last(recorded->replay)
			     : cgw_replay_seek(recorded->replay, at_ns);
	if (r == 0)
		return say_none(recorded, "at");
	late_ns = 3 * cgw_replay_interval_ns(recorded->replay);
	if (r > 0 && dump->at != NULL && now_ns(recorded) + late_ns < at_ns && late_ns > 0) {
		(void)cgw_format_time(now_ns(recorded), time, sizeof(time));
		cli_error(dump->context,
			  "nothing was recorded then; the last sample before is of %s", time);
	}
	if (r > 0)
		r = print(recorded, cgw_replay_frame(recorded->replay));
	return r < 0 ? dump_warn(recorded->dump, r, NULL) : CLI_OK;
}

/* The frame of this sample and of the one that was printed before. */
static int update_frame(struct recorded *recorded)
{
	uint64_t boot = cgw_replay_boot(recorded->replay);
	int r = 0;

	if (recorded->frame == NULL || boot != recorded->boot) {
		recorded->frame = cgw_frame_free(recorded->frame);
		r = cgw_frame_new(&recorded->frame);
	}
	recorded->boot = boot;
	return r < 0 ? r : cgw_frame_update(recorded->frame, cgw_replay_snapshot(recorded->replay));
}

/* The last sample of each step, where there is a new one. */
static int print_steps(struct recorded *recorded)
{
	uint64_t every_ns = recorded->dump->every_ns;
	uint64_t at_ns = now_ns(recorded), end_ns = recorded->end_ns, printed = UINT64_MAX;
	struct cgw_recording_info info;
	int r = 1;

	/* No further than the step that the last sample is in. */
	cgw_replay_info(recorded->replay, &info);
	if (end_ns > info.last_ns && end_ns - info.last_ns >= every_ns)
		end_ns = info.last_ns + every_ns - 1;
	while (r >= 0 && at_ns <= end_ns) {
		r = cgw_replay_seek(recorded->replay, at_ns);
		if (r < 0)
			break;
		cgw_replay_info(recorded->replay, &info);
		if (r > 0 && (printed == UINT64_MAX || info.position > printed)) {
			printed = info.position;
			r = update_frame(recorded);
			if (r == 0)
				r = print(recorded, recorded->frame);
		}
		if (end_ns - at_ns < every_ns)
			break;
		at_ns += every_ns;
	}
	return r < 0 ? r : 0;
}

static int print_all(struct recorded *recorded)
{
	int r = 1;

	while (r > 0 && now_ns(recorded) <= recorded->end_ns) {
		r = print(recorded, cgw_replay_frame(recorded->replay));
		if (r == 0)
			r = ferror(stdout) ? 0 : cgw_replay_next(recorded->replay);
	}
	return r;
}

static enum cli_exit print_range(struct recorded *recorded)
{
	struct dump *dump = recorded->dump;
	enum cli_exit status = take_time(recorded, "begin", dump->begin, &recorded->begin_ns);
	int r;

	if (status == CLI_OK)
		status = take_time(recorded, "end", dump->end, &recorded->end_ns);
	if (status != CLI_OK)
		return status;
	/* The first sample at or behind the beginning. */
	r = cgw_replay_seek(recorded->replay, recorded->begin_ns);
	if (r == 0)
		r = cgw_replay_first(recorded->replay);
	else if (r > 0 && now_ns(recorded) < recorded->begin_ns)
		r = cgw_replay_next(recorded->replay);
	if (r == 0 || (r > 0 && now_ns(recorded) > recorded->end_ns))
		return say_none(recorded, "begin");
	if (r > 0)
		r = dump->every_ns > 0 ? print_steps(recorded) : print_all(recorded);
	recorded->frame = cgw_frame_free(recorded->frame);
	return r < 0 ? dump_warn(dump, r, NULL) : CLI_OK;
}

/* What could not be read is said, and where. */
static enum cli_exit say_damage(const struct recorded *recorded, enum cli_exit status)
{
	size_t count;
	const struct cgw_damage *damage = cgw_replay_damage(recorded->replay, &count);

	for (size_t i = 0; i < count; i++) {
		char file[512];

		(void)cgw_escape(file, sizeof(file), damage[i].file, strlen(damage[i].file));
		cli_error(recorded->dump->context, "%s: %llu bytes at offset %llu left out: %s",
			  file, (unsigned long long)damage[i].length,
			  (unsigned long long)damage[i].offset, damage[i].what);
	}
	return status == CLI_OK && count > 0 ? CLI_PARTLY : status;
}

enum cli_exit dump_recorded(struct dump *dump)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	CLEANUP(cleanup_free) char *below = NULL;
	struct recorded recorded = {.dump = dump, .first = true, .end_ns = UINT64_MAX};
	struct cgw_diag diag = {0};
	enum cli_exit status;

	if (cgw_replay_open(dump->replay, &replay, &diag) < 0) {
		cli_diag(dump->context, &diag);
		return CLI_FAILED;
	}
	recorded.replay = replay;
	cgw_replay_info(replay, &recorded.info);
	status = take_below(&recorded, &below);
	if (status == CLI_OK)
		status = dump->repeat ? print_range(&recorded) : print_moment(&recorded);
	if (status == CLI_OK && recorded.shown == 0 &&
	    (dump->selection.glob_count > 0 || below != NULL)) {
		cli_error(dump->context, "no group matches");
		status = CLI_NO_SUCH_GROUP;
	}
	return say_damage(&recorded, status);
}
