/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-replay-keys.c - a recording on the screen: stepped, jumped in and played, key by key. */
#include <locale.h>
#include <poll.h>
#include <unistd.h>

#include "session.h"
#include "tui/core/source.h"
#include "tui/replay/replay-actions.h"
#include <cgward/policy.h>
#include <cgward/recording.h>

#define SAMPLES 300
#define LIMITED 120 /* nginx gets another limit, by hand */
#define KILLED  200 /* somebody in postgresql is killed */
#define WENT    250 /* cron goes */

/* As the session's machine, with what happens to it. */
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

		if (i == WENT) {
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

struct travels {
	struct session session;
	struct source *source;
	char path[64];
	char said[512]; /* what the source said last */
};

/* What the loop of the screen does. */
static void react(struct travels *travels, unsigned reactions)
{
	struct app *app = travels->session.app;

	if (reactions & REACTION_SETTINGS)
		travels->source->kind->set_interval(travels->source, app->settings.interval_ns,
						    app->paused);
	if (reactions & REACTION_SEEK)
		travels->source->kind->seek(travels->source, &app->seek);
}

/* Waits for one answer at least, and takes all. False: a rehearsal went on, and nothing else. */
static bool take(struct travels *travels)
{
	struct pollfd fd = {travels->source->kind->fd(travels->source), POLLIN, 0};
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	bool answered = false;
	int r;

	assert_int_equal(poll(&fd, 1, 20000), 1);
	while ((r = travels->source->kind->collect(travels->source, &arrival, &diag)) > 0) {
		answered = answered || arrival.rehearsed_ns == 0;
		assert_int_equal(app_on_sample(travels->session.app, &arrival, SECOND), 0);
		arrival_free(&arrival);
	}
	strcpy(travels->said, r < 0 ? diag.text : "");
	return answered || r < 0;
}

static void press(struct travels *travels, const char *keys)
{
	react(travels, session_keys(&travels->session, keys));
	while (!take(travels))
		;
}

static void begin(struct travels *travels, int rows, int columns)
{
	const struct seek start = {.kind = SEEK_STEPS, .by = 1};
	struct cgw_replay *replay = NULL;
	int fd;

	strcpy(travels->path, "/tmp/cgward-test-travel-XXXXXX");
	fd = mkstemp(travels->path);
	assert_true(fd >= 0);
	close(fd);
	write_recording(travels->path);
	travels->session = (struct session){.rows = rows, .columns = columns, .utf8 = true};
	assert_int_equal(app_new(&travels->session.app), 0);
	assert_int_equal(cgw_replay_open(travels->path, &replay, NULL), 0);
	assert_int_equal(source_recording(replay, &start, &travels->source), 0);
	travels->session.app->utc = true;
	travels->session.app->paused = true;
	travels->session.app->source_flags = travels->source->kind->flags;
	travels->session.app->source_name = travels->source->kind->name;
	take(travels);
}

static void end(struct travels *travels)
{
	travels->session.topology = NULL;
	app_free(travels->session.app);
	source_stop(travels->source);
	unlink(travels->path);
}

static uint64_t position(const struct travels *travels)
{
	return travels->session.app->place.position;
}

static void it_is_stepped_through(void **state)
{
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	assert_int_equal(position(&travels), 1);
	session_expect(&travels.session, "recording");
	press(&travels, "]");
	assert_int_equal(position(&travels), 2);
	session_shows(&travels.session, "102.0%");
	press(&travels, "[ ");
	assert_int_equal(position(&travels), 1);
	press(&travels, "[");
	assert_int_equal(position(&travels), 0);
	press(&travels, "[");
	assert_string_equal(travels.said, "this is the first sample");
	press(&travels, ")");
	assert_int_equal(position(&travels), 60);
	session_shows(&travels.session, "102.0%");
	press(&travels, "(");
	assert_int_equal(position(&travels), 0);
	press(&travels, "$");
	assert_int_equal(position(&travels), SAMPLES - 1);
	session_hides(&travels.session, "cron");
	press(&travels, "]");
	assert_string_equal(travels.said, "this is the last sample");
	press(&travels, "0");
	assert_int_equal(position(&travels), 0);
	session_shows(&travels.session, "cron");
	end(&travels);
}

static void events_are_jumped_to(void **state)
{
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	press(&travels, "e");
	assert_int_equal(position(&travels), LIMITED);
	session_shows(&travels.session, "memory.max 1.0G");
	press(&travels, "e");
	assert_int_equal(position(&travels), KILLED);
	session_expect(&travels.session, "recording-killed");
	press(&travels, "e");
	assert_string_equal(travels.said, "no event is later");
	press(&travels, "E E");
	assert_true(position(&travels) <= LIMITED);
	session_keys(&travels.session, "L");
	session_expect(&travels.session, "recording-events");
	session_type(&travels.session, "oom");
	press(&travels, "Enter");
	assert_int_equal(position(&travels), KILLED);
	end(&travels);
}

static void times_are_gone_to(void **state)
{
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	session_keys(&travels.session, "t");
	session_type(&travels.session, "+90s");
	press(&travels, "Enter");
	assert_int_equal(position(&travels), 91);
	session_keys(&travels.session, "t");
	session_type(&travels.session, "-1m");
	press(&travels, "Enter");
	assert_int_equal(position(&travels), 31);
	session_keys(&travels.session, "t");
	session_type(&travels.session, "@1795000150");
	press(&travels, "Enter");
	assert_int_equal(travels.session.app->place.now_ns, UINT64_C(1795000150) * SECOND);
	session_keys(&travels.session, "t");
	session_type(&travels.session, "sometime");
	assert_true(session_keys(&travels.session, "Enter") & REACTION_BEEP);
	session_shows(&travels.session, "-10m");
	session_keys(&travels.session, "^U");
	session_type(&travels.session, "last");
	press(&travels, "Enter");
	assert_int_equal(position(&travels), SAMPLES - 1);
	end(&travels);
}

/* What the user did to a group goes along, and so does its history. */
static void the_groups_stay_as_they_were_left(void **state)
{
	struct travels travels;
	double values[60];
	char path[256];
	size_t known = 0;

	(void)state;
	begin(&travels, 24, 80);
	session_keys(&travels.session, "Down Down Down");
	app_path(travels.session.app, app_group(travels.session.app), path, sizeof(path));
	session_keys(&travels.session, "Space Up");
	press(&travels, ")");
	press(&travels, "$");
	assert_int_equal(travels.session.app->list.marked, 1);
	app_path(travels.session.app, app_group(travels.session.app), path, sizeof(path));
	assert_string_equal(path, "/system.slice/nginx.service");
	cgw_history_read(travels.session.app->history, app_group(travels.session.app),
			 CGW_HISTORY_MEMORY, 1, values, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		known += values[i] == values[i];
	assert_int_equal(known, ARRAY_SIZE(values));
	end(&travels);
}

static void nothing_is_changed_in_it(void **state)
{
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	session_keys(&travels.session, "f");
	session_shows(&travels.session, "cannot freeze: viewing a recording");
	session_keys(&travels.session, "F8");
	session_shows(&travels.session, "cannot edit: viewing a recording");
	assert_null(job_pop(&travels.session.app->jobs));
	session_keys(&travels.session, "Down Enter 2");
	session_shows(&travels.session, "memory.working_set");
	session_keys(&travels.session, "3");
	session_shows(&travels.session, "memory.max");
	session_keys(&travels.session, "4");
	session_shows(&travels.session, "a recording has no list of processes");
	press(&travels, ")");
	session_keys(&travels.session, "q d");
	session_shows(&travels.session, "cannot change the interval of a recording");
	session_keys(&travels.session, "?");
	session_shows(&travels.session, "Recording playback");
	end(&travels);
}

static void it_plays(void **state)
{
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	react(&travels, session_keys(&travels.session, "."));
	for (int i = 0; i < 8; i++)
		react(&travels, session_keys(&travels.session, "."));
	session_shows(&travels.session, "PAUSED 3600x");
	assert_true(session_keys(&travels.session, ".") & REACTION_BEEP);
	react(&travels, session_keys(&travels.session, "p"));
	session_shows(&travels.session, "PLAYING 3600x");
	for (int i = 0; i < 1000 && position(&travels) < SAMPLES - 1; i++)
		take(&travels);
	session_shows(&travels.session, "AT ITS END");
	/* A step by hand stops it. */
	press(&travels, "[");
	session_shows(&travels.session, "PAUSED");
	assert_int_equal(position(&travels), SAMPLES - 2);
	end(&travels);
}

/* A policy is rehearsed over all of it: marks where its rules would have acted, and what would stand. */
static void a_policy_is_rehearsed(void **state)
{
	static const char text[] =
		"[rule tight]\nmatch = /system.slice/nginx.service\n"
		"when = memory.max < 1G\nfor = 10s\n"
		"then = limit pids.max 9\nthen = kill TERM grace 500ms then KILL\n"
		"hold = 20s\nmax_hold = 20s\ncooldown = 1h\n"
		"[limit all]\nmatch = /**\npids.max = 1000\n";
	struct cgw_policy *policy = NULL;
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), NULL, &policy), 0);
	assert_int_equal(source_recording_rehearse(travels.source, travels.path, policy, NULL), 0);
	while (travels.session.app->rehearsal.rehearsed_ns < travels.session.app->place.last_ns)
		take(&travels);
	assert_int_equal(travels.session.app->rehearsal.count, 3);
	press(&travels, "e");
	assert_int_equal(position(&travels), LIMITED);
	press(&travels, "e");
	assert_int_equal(position(&travels), LIMITED + 10);
	session_expect(&travels.session, "recording-rehearsed");
	press(&travels, "e"); /* the second signal, half a second later: with the next sample */
	assert_int_equal(position(&travels), LIMITED + 11);
	session_shows(&travels.session, DEED_SIGN " │ ├─nginx");
	press(&travels, "e");
	assert_int_equal(position(&travels), KILLED);
	session_hides(&travels.session, DEED_SIGN " │"); /* it would be over */
	session_shows(&travels.session, DEED_SIGN "──"); /* on the line of time */
	press(&travels, "E");
	assert_int_equal(position(&travels), LIMITED + 11);
	press(&travels, "E");
	assert_int_equal(position(&travels), LIMITED + 10);
	session_keys(&travels.session, "L");
	session_expect(&travels.session, "recording-rehearsed-events");
	session_type(&travels.session, "pids.max");
	press(&travels, "Enter");
	assert_int_equal(position(&travels), LIMITED + 10);
	end(&travels);
}

static void the_line_of_time_is_clicked(void **state)
{
	struct event click = {.kind = EVENT_MOUSE, .button = MOUSE_LEFT};
	struct travels travels;

	(void)state;
	begin(&travels, 24, 80);
	free(session_text(&travels.session));
	click.row = travels.session.app->drawn.timeline.row;
	click.column = 40;
	react(&travels, app_mouse(travels.session.app, &click));
	take(&travels);
	assert_in_range(position(&travels), SAMPLES / 3, SAMPLES * 2 / 3);
	travels.session.rows = 5;
	travels.session.columns = 20;
	free(session_text(&travels.session));
	end(&travels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_stepped_through),
		cmocka_unit_test(events_are_jumped_to),
		cmocka_unit_test(times_are_gone_to),
		cmocka_unit_test(the_groups_stay_as_they_were_left),
		cmocka_unit_test(nothing_is_changed_in_it),
		cmocka_unit_test(it_plays),
		cmocka_unit_test(a_policy_is_rehearsed),
		cmocka_unit_test(the_line_of_time_is_clicked),
	};

	(void)setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
