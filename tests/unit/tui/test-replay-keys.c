/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-replay-keys.c - drives the playback of a recording with keys and compares screens. */
#include <locale.h>
#include <poll.h>
#include <unistd.h>

#include "session.h"
#include "tui/core/source.h"
#include "tui/replay/replay-actions.h"
#include <cgward/policy.h>
#include <cgward/recording.h>

#define SAMPLES 300
#define LIMITED 120 /* the limit of nginx is changed */
#define KILLED  200 /* a process in postgresql is OOM-killed */
#define REMOVED 250 /* cron is removed */

/* Records the machine of the session with these events. */
static void write_recording(const char *path)
{
	const struct cgw_recorder_options options = {
		.interval_ns = SECOND, .host = "dbhost", .boot_id = "one"};
	struct frame_group fewer[ARRAY_SIZE(session_groups)];
	struct cgw_recorder *recorder = NULL;
	struct session session;
	size_t count = 0;

	session_begin(&session, 24, 80);
	for (size_t i = 0; i < ARRAY_SIZE(session_groups); i++)
		if (strcmp(session_groups[i].path, "/system.slice/cron.service") != 0)
			fewer[count++] = session_groups[i];
	assert_int_equal(cgw_recorder_open(path, &options, &recorder, NULL), 0);
	for (int i = 0; i < SAMPLES; i++) {
		struct cgw_snapshot *snapshot;

		if (i == REMOVED) {
			topology_unref(session.topology);
			session.topology = frame_topology(fewer, (uint32_t)count);
		}
		snapshot = session_snapshot(&session);
		if (i >= LIMITED)
			set_value(snapshot, CGW_M_MEMORY_MAX, "/system.slice/nginx.service",
				  number_ok(512 * MIB));
		if (i >= KILLED)
			set_value(snapshot, CGW_M_MEMORY_EVENTS_OOM_KILL,
				  "/system.slice/postgresql.service", number_ok(1));
		assert_int_equal(cgw_recorder_sample(recorder, snapshot, NULL), 0);
		cgw_snapshot_unref(snapshot);
	}
	cgw_recorder_free(recorder);
	session_end(&session);
}

struct playback {
	struct session session;
	struct source *source;
	char path[64];
	char message[512]; /* last error of the source */
};

/* Does the same as the main loop. */
static void react(struct playback *playback, unsigned reactions)
{
	struct app *app = playback->session.app;

	if (reactions & REACTION_SETTINGS)
		source_set_interval(playback->source, app->settings.interval_ns, app->paused);
	if (reactions & REACTION_SEEK)
		playback->source->kind->seek(playback->source, &app->seek);
}

/* Waits for arrivals and collects all. Returns false if they only had actions of a rehearsal. */
static bool collect(struct playback *playback)
{
	struct pollfd fd = {playback->source->thread.event_fd, POLLIN, 0};
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	bool answered = false;
	int r;

	assert_int_equal(poll(&fd, 1, -1), 1);
	while ((r = source_collect(playback->source, &arrival, &diag)) > 0) {
		answered = answered || arrival.rehearsed_ns == 0;
		assert_int_equal(app_on_sample(playback->session.app, &arrival, SECOND), 0);
		arrival_free(&arrival);
	}
	strcpy(playback->message, r < 0 ? diag.text : "");
	return answered || r < 0;
}

static void press(struct playback *playback, const char *keys)
{
	react(playback, session_keys(&playback->session, keys));
	while (!collect(playback))
		;
}

static void begin(struct playback *playback, int rows, int columns)
{
	const struct seek start = {.kind = SEEK_STEPS, .by = 1};
	struct cgw_replay *replay = NULL;
	int fd;

	strcpy(playback->path, "/tmp/cgward-test-replay-XXXXXX");
	fd = mkstemp(playback->path);
	assert_true(fd >= 0);
	close(fd);
	write_recording(playback->path);
	playback->session = (struct session){.rows = rows, .columns = columns, .utf8 = true};
	assert_int_equal(app_new(&playback->session.app), 0);
	assert_int_equal(cgw_replay_open(playback->path, &replay, NULL), 0);
	assert_int_equal(source_recording(replay, &start, UINT64_MAX, &playback->source), 0);
	playback->session.app->utc = true;
	playback->session.app->paused = true;
	playback->session.app->source_flags = playback->source->kind->flags;
	playback->session.app->source_name = playback->source->kind->name;
	collect(playback);
}

static void end(struct playback *playback)
{
	playback->session.topology = NULL;
	app_free(playback->session.app);
	assert_true(source_stop(playback->source, UINT64_C(3600) * NS_PER_S));
	unlink(playback->path);
}

static uint64_t position(const struct playback *playback)
{
	return playback->session.app->place.position;
}

static void test_step(void **state)
{
	struct playback playback;

	begin(&playback, 24, 80);
	assert_int_equal(position(&playback), 1);
	session_expect(&playback.session, "recording");
	press(&playback, "]");
	assert_int_equal(position(&playback), 2);
	session_shows(&playback.session, "102.0%");
	press(&playback, "[ ");
	assert_int_equal(position(&playback), 1);
	press(&playback, "[");
	assert_int_equal(position(&playback), 0);
	press(&playback, "[");
	assert_string_equal(playback.message, "already at the first sample");
	press(&playback, ")");
	assert_int_equal(position(&playback), 60);
	session_shows(&playback.session, "102.0%");
	press(&playback, "(");
	assert_int_equal(position(&playback), 0);
	press(&playback, "$");
	assert_int_equal(position(&playback), SAMPLES - 1);
	session_hides(&playback.session, "cron");
	press(&playback, "]");
	assert_string_equal(playback.message, "already at the last sample");
	press(&playback, "0");
	assert_int_equal(position(&playback), 0);
	session_shows(&playback.session, "cron");
	end(&playback);
}

static void test_jump_to_event(void **state)
{
	struct playback playback;

	begin(&playback, 24, 80);
	press(&playback, "e");
	assert_int_equal(position(&playback), LIMITED);
	session_shows(&playback.session, "memory.max 1.0G");
	press(&playback, "e");
	assert_int_equal(position(&playback), KILLED);
	session_expect(&playback.session, "recording-killed");
	press(&playback, "e");
	assert_string_equal(playback.message, "no later event");
	press(&playback, "E E");
	assert_true(position(&playback) <= LIMITED);
	session_keys(&playback.session, "L");
	session_expect(&playback.session, "recording-events");
	session_type(&playback.session, "oom");
	press(&playback, "Enter");
	assert_int_equal(position(&playback), KILLED);
	end(&playback);
}

static void test_go_to_time(void **state)
{
	struct playback playback;

	begin(&playback, 24, 80);
	session_keys(&playback.session, "t");
	session_type(&playback.session, "+90s");
	press(&playback, "Enter");
	assert_int_equal(position(&playback), 91);
	session_keys(&playback.session, "t");
	session_type(&playback.session, "-1m");
	press(&playback, "Enter");
	assert_int_equal(position(&playback), 31);
	session_keys(&playback.session, "t");
	session_type(&playback.session, "@1795000150");
	press(&playback, "Enter");
	assert_int_equal(playback.session.app->place.now_ns, UINT64_C(1795000150) * SECOND);
	session_keys(&playback.session, "t");
	session_type(&playback.session, "sometime");
	assert_true(session_keys(&playback.session, "Enter") & REACTION_BEEP);
	session_shows(&playback.session, "-10m");
	session_keys(&playback.session, "^U");
	session_type(&playback.session, "last");
	press(&playback, "Enter");
	assert_int_equal(position(&playback), SAMPLES - 1);
	end(&playback);
}

/* A time before 1970 is before the first sample, too. */
static void test_go_far_back(void **state)
{
	const struct seek back = {.kind = SEEK_DURATION, .by = -INT64_MAX};
	struct playback playback;

	begin(&playback, 24, 80);
	press(&playback, ")");
	playback.source->kind->seek(playback.source, &back);
	collect(&playback);
	assert_int_equal(position(&playback), 0);
	end(&playback);
}

/* Marks, the selection and the history of a group are preserved across jumps. */
static void test_jump_preserves_group_state(void **state)
{
	struct playback playback;
	double values[60];
	char path[256];
	size_t known = 0;

	begin(&playback, 24, 80);
	session_keys(&playback.session, "Down Down Down");
	app_path(playback.session.app, app_group(playback.session.app), path, sizeof(path));
	session_keys(&playback.session, "Space Up");
	press(&playback, ")");
	press(&playback, "$");
	assert_int_equal(playback.session.app->list.marked, 1);
	app_path(playback.session.app, app_group(playback.session.app), path, sizeof(path));
	assert_string_equal(path, "/system.slice/nginx.service");
	cgw_history_read(playback.session.app->history, app_group(playback.session.app),
			 CGW_HISTORY_MEMORY, 1, values, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		known += values[i] == values[i];
	assert_int_equal(known, ARRAY_SIZE(values));
	end(&playback);
}

static void test_recording_is_read_only(void **state)
{
	struct playback playback;

	begin(&playback, 24, 80);
	session_keys(&playback.session, "f");
	session_shows(&playback.session, "cannot freeze: viewing a recording");
	session_keys(&playback.session, "F8");
	session_shows(&playback.session, "cannot edit: viewing a recording");
	assert_null(job_pop(&playback.session.app->jobs));
	session_keys(&playback.session, "Down Enter 2");
	session_shows(&playback.session, "memory.working_set");
	session_keys(&playback.session, "3");
	session_shows(&playback.session, "memory.max");
	session_keys(&playback.session, "4");
	session_shows(&playback.session, "a recording has no list of processes");
	press(&playback, ")");
	session_keys(&playback.session, "q d");
	session_shows(&playback.session, "cannot change the interval of a recording");
	session_keys(&playback.session, "? /");
	session_type(&playback.session, "the recording");
	session_shows(&playback.session, "Play or pause the recording");
	end(&playback);
}

static void test_playback(void **state)
{
	struct playback playback;

	begin(&playback, 24, 80);
	react(&playback, session_keys(&playback.session, "."));
	for (int i = 0; i < 8; i++)
		react(&playback, session_keys(&playback.session, "."));
	session_shows(&playback.session, "PAUSED 3600x");
	assert_true(session_keys(&playback.session, ".") & REACTION_BEEP);
	react(&playback, session_keys(&playback.session, "p"));
	session_shows(&playback.session, "PLAYING 3600x");
	for (int i = 0; i < 1000 && position(&playback) < SAMPLES - 1; i++)
		collect(&playback);
	session_shows(&playback.session, "AT END");
	/* A manual step pauses the playback. */
	press(&playback, "[");
	session_shows(&playback.session, "PAUSED");
	assert_int_equal(position(&playback), SAMPLES - 2);
	end(&playback);
}

/* Actions of a rehearsed policy are marked on the timeline, on rows and in the list of events. */
static void test_rehearsed_policy(void **state)
{
	static const char text[] =
		"[rule tight]\nmatch = /system.slice/nginx.service\n"
		"when = memory.max < 1G\nfor = 10s\n"
		"then = limit pids.max 9\nthen = kill TERM grace 500ms then KILL\n"
		"hold = 20s\nmax_hold = 20s\ncooldown = 1h\n"
		"[limit all]\nmatch = /**\npids.max = 1000\n";
	struct cgw_policy *policy = NULL;
	struct playback playback;

	begin(&playback, 24, 80);
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), NULL, &policy), 0);
	assert_int_equal(source_recording_rehearse(playback.source, playback.path, policy, NULL),
			 0);
	while (playback.session.app->rehearsal.rehearsed_ns < playback.session.app->place.last_ns)
		collect(&playback);
	assert_int_equal(playback.session.app->rehearsal.count, 3);
	press(&playback, "e");
	assert_int_equal(position(&playback), LIMITED);
	press(&playback, "e");
	assert_int_equal(position(&playback), LIMITED + 10);
	session_expect(&playback.session, "recording-rehearsed");
	press(&playback, "e"); /* the second signal, 500 ms later, belongs to the next sample */
	assert_int_equal(position(&playback), LIMITED + 11);
	session_shows(&playback.session, REPLAY_ACTION_SIGN " │ ├─nginx");
	press(&playback, "e");
	assert_int_equal(position(&playback), KILLED);
	session_hides(&playback.session, REPLAY_ACTION_SIGN " │"); /* no longer in effect */
	session_shows(&playback.session, REPLAY_ACTION_SIGN "──"); /* on the timeline */
	press(&playback, "E");
	assert_int_equal(position(&playback), LIMITED + 11);
	press(&playback, "E");
	assert_int_equal(position(&playback), LIMITED + 10);
	session_keys(&playback.session, "L");
	session_expect(&playback.session, "recording-rehearsed-events");
	session_type(&playback.session, "pids.max");
	press(&playback, "Enter");
	assert_int_equal(position(&playback), LIMITED + 10);
	end(&playback);
}

static void test_click_on_timeline(void **state)
{
	struct event click = {.kind = EVENT_MOUSE, .button = MOUSE_LEFT};
	struct playback playback;

	begin(&playback, 24, 80);
	free(session_text(&playback.session));
	click.row = playback.session.app->drawn.timeline.row;
	click.column = 40;
	react(&playback, app_mouse(playback.session.app, &click));
	collect(&playback);
	assert_in_range(position(&playback), SAMPLES / 3, SAMPLES * 2 / 3);
	/* The ends of the line are the first and the last sample. */
	click.column = 80;
	while (!(app_mouse(playback.session.app, &click) & REACTION_SEEK))
		click.column--;
	react(&playback, REACTION_SEEK);
	collect(&playback);
	assert_int_equal(position(&playback), SAMPLES - 1);
	click.column = 0;
	while (!(app_mouse(playback.session.app, &click) & REACTION_SEEK))
		click.column++;
	react(&playback, REACTION_SEEK);
	collect(&playback);
	assert_int_equal(position(&playback), 0);
	playback.session.rows = 5;
	playback.session.columns = 20;
	free(session_text(&playback.session));
	end(&playback);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_jump_to_event),
		cmocka_unit_test(test_go_to_time),
		cmocka_unit_test(test_go_far_back),
		cmocka_unit_test(test_jump_preserves_group_state),
		cmocka_unit_test(test_recording_is_read_only),
		cmocka_unit_test(test_playback),
		cmocka_unit_test(test_rehearsed_policy),
		cmocka_unit_test(test_click_on_timeline),
	};

	(void)setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
