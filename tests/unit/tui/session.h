/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - runs the dashboard without a terminal: small machine, keys by name, screens as text.
 *
 * Screens are compared with tests/unit/tui/screens/NAME.txt. With UPDATE_SCREENS set, the files are
 * rewritten instead; review them before committing.
 */
#pragma once

#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "tui/core/dashboard.h"

#define SECOND UINT64_C(1000000000)
#define MIB    (UINT64_C(1) << 20)
#define GIB    (UINT64_C(1) << 30)

static const struct frame_group session_groups[] = {
	{"/", 1},
	{"/init.scope", 2},
	{"/system.slice", 3},
	{"/system.slice/cron.service", 4},
	{"/system.slice/nginx.service", 5},
	{"/system.slice/postgresql.service", 6},
	{"/user.slice", 7},
	{"/user.slice/user-1000.slice", 8},
	{"/user.slice/user-1000.slice/session-3.scope", 9},
};

struct session {
	struct app *app;
	struct topology *topology;
	uint64_t now_s;
	int rows, columns;
	bool utf8;
	bool untraced;      /* without the rights to load BPF programs */
	const char *frozen; /* path of a frozen group, or NULL */
};

/* Use of each group: CPU in percent, memory in MiB, processes, KiB per second read and written. */
static const struct session_load {
	const char *path;
	uint64_t cpu, memory, pids, read, written, limit;
} session_loads[] = {
	{"/", 187, 3100, 231, 1200, 340, 0},
	{"/init.scope", 0, 12, 1, 0, 0, 0},
	{"/system.slice", 143, 2300, 96, 1100, 300, 0},
	{"/system.slice/cron.service", 0, 4, 1, 0, 0, 64},
	{"/system.slice/nginx.service", 41, 310, 33, 100, 20, 1024},
	{"/system.slice/postgresql.service", 102, 1960, 48, 1000, 280, 2048},
	{"/user.slice", 44, 700, 104, 100, 40, 0},
	{"/user.slice/user-1000.slice", 44, 700, 104, 100, 40, 0},
	{"/user.slice/user-1000.slice/session-3.scope", 44, 690, 101, 100, 40, 0},
};

static void set_value(struct cgw_snapshot *snapshot, enum cgw_metric metric, const char *path,
		      struct cgw_number number)
{
	uint32_t group = cgw_topology_find(&snapshot->topology->view, path);

	if (group != CGW_NO_GROUP && snapshot->column_of[metric] >= 0)
		snapshot_set(snapshot, snapshot->column_of[metric], group, number);
}

static struct cgw_number number_ok(uint64_t value)
{
	return (struct cgw_number){value, CGW_OK};
}

static void set_machine(struct cgw_system_stat *machine, uint64_t now_s)
{
	*machine = (struct cgw_system_stat){
		.cpu_count = 4,
		.cpu_busy_ns = number_ok(now_s * SECOND * 187 / 100),
		.memory_total_bytes = number_ok(16 * GIB),
		.memory_available_bytes = number_ok(12 * GIB),
		.swap_total_bytes = number_ok(2 * GIB),
		.swap_free_bytes = number_ok(2 * GIB),
		.processes = number_ok(140),
		.threads = number_ok(231),
		.load_e2 = {number_ok(112), number_ok(98), number_ok(77)},
		.read_bytes = number_ok(now_s * 1200 * 1024),
		.written_bytes = number_ok(now_s * 340 * 1024),
	};
	for (int i = 0; i < 3; i++)
		machine->pressure_e2[i][0][0] = number_ok((uint64_t)(3 - i) * 210);
}

/* What BPF programs measure: in `tenths` of the time of all threads, and the rest sleeps. */
static void set_traced(const struct session *session, struct cgw_snapshot *snapshot,
		       const struct session_load *load)
{
	static const struct {
		enum cgw_metric metric;
		unsigned tenths;
	} times[] = {
		{CGW_M_CPU_RUN_DELAY, 3}, /* of which a part is throttled */
		{CGW_M_CPU_RUN_DELAY_THROTTLED, 1},
		{CGW_M_IO_IOWAIT, 2}, /* of which a part is refaults */
		{CGW_M_IO_IOWAIT_REFAULT, 1},
		{CGW_M_MEMORY_DIRECT_RECLAIM_ALONE, 1},
		{CGW_M_MEMORY_DIRECT_RECLAIM_RUNNING, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		set_value(snapshot, times[i].metric, load->path,
			  session->untraced ? (struct cgw_number){0, CGW_DENIED}
					    : number_ok(session->now_s * load->pids * SECOND / 10 *
							times[i].tenths));
	if (!session->untraced)
		return;
	/* What files have instead. */
	set_value(snapshot, CGW_M_CPU_THROTTLED, load->path,
		  number_ok(session->now_s * load->pids * SECOND / 10));
	set_value(snapshot, CGW_M_CPU_PRESSURE_SOME_TOTAL, load->path,
		  number_ok(session->now_s * load->pids * SECOND / 5));
	set_value(snapshot, CGW_M_IO_PRESSURE_SOME_TOTAL, load->path,
		  number_ok(session->now_s * load->pids * SECOND / 5));
	set_value(snapshot, CGW_M_MEMORY_PRESSURE_SOME_TOTAL, load->path,
		  number_ok(session->now_s * load->pids * SECOND / 20));
}

/* Snapshot of the machine one second later. */
static struct cgw_snapshot *session_snapshot(struct session *session)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;

	session->now_s++;
	app_metrics(session->app, &metrics);
	assert_int_equal(snapshot_begin(NULL, session->topology, &metrics, &snapshot), 0);
	snapshot->monotonic_ns = snapshot->boottime_ns = session->now_s * SECOND;
	snapshot->realtime_ns = (1795000000 + session->now_s) * SECOND;
	snapshot->cost_ns = 1234567;
	set_machine(&snapshot->machine, session->now_s);
	for (uint32_t i = 0; i < session->topology->view.count; i++)
		snapshot->read_ns[i] = snapshot->monotonic_ns;
	for (size_t i = 0; i < ARRAY_SIZE(session_loads); i++) {
		const struct session_load *load = &session_loads[i];
		struct cgw_number none = {0, CGW_MAX};

		set_value(snapshot, CGW_M_CPU_USAGE, load->path,
			  number_ok(session->now_s * load->cpu * SECOND / 100));
		set_value(snapshot, CGW_M_MEMORY_CURRENT, load->path,
			  number_ok(load->memory * MIB));
		set_value(snapshot, CGW_M_MEMORY_INACTIVE_FILE, load->path,
			  number_ok(load->memory * MIB / 10));
		set_value(snapshot, CGW_M_MEMORY_MAX, load->path,
			  load->limit > 0 ? number_ok(load->limit * MIB) : none);
		set_value(snapshot, CGW_M_PIDS_CURRENT, load->path, number_ok(load->pids));
		set_value(snapshot, CGW_M_PIDS_MAX, load->path, none);
		set_value(snapshot, CGW_M_CPU_MAX, load->path, none);
		set_value(snapshot, CGW_M_IO_RBYTES, load->path,
			  number_ok(session->now_s * load->read * 1024));
		set_value(snapshot, CGW_M_IO_WBYTES, load->path,
			  number_ok(session->now_s * load->written * 1024));
		set_value(snapshot, CGW_M_MEMORY_EVENTS_OOM_KILL, load->path, number_ok(0));
		set_value(snapshot, CGW_M_CGROUP_FROZEN, load->path,
			  number_ok(session->frozen != NULL &&
				    strcmp(session->frozen, load->path) == 0));
		set_traced(session, snapshot, load);
	}
	assert_int_equal(snapshot_finish(snapshot), 0);
	return snapshot;
}

static void session_sample(struct session *session)
{
	struct arrival arrival = {.now = session_snapshot(session)};

	assert_int_equal(app_on_sample(session->app, &arrival, session->now_s * SECOND), 0);
	arrival_free(&arrival);
}

/* Runs the posted jobs that do not access this machine, and frees the others. */
static inline void session_work(struct session *session)
{
	struct job *job;

	while ((job = job_pop(&session->app->jobs)) != NULL) {
		if (job->done == NULL) {
			job->free(job);
			continue;
		}
		job->run(job);
		(void)app_job_done(session->app, job);
	}
}

static char *session_text(struct session *session)
{
	struct canvas *canvas;
	char *text;

	assert_int_equal(canvas_new(session->rows, session->columns, session->utf8, &canvas), 0);
	app_draw(session->app, canvas);
	text = canvas_dump(canvas);
	canvas_free(canvas);
	assert_non_null(text);
	return text;
}

static void session_begin(struct session *session, int rows, int columns)
{
	*session = (struct session){.rows = rows, .columns = columns, .utf8 = true, .now_s = 100};
	assert_int_equal(app_new(&session->app), 0);
	session->app->utc = true;
	strcpy(session->app->host, "testhost");
	session->topology = frame_topology(session_groups, ARRAY_SIZE(session_groups));
	/* The first draw determines which columns fit, and so which metrics are needed. */
	free(session_text(session));
	for (int i = 0; i < 3; i++)
		session_sample(session);
}

static void session_end(struct session *session)
{
	app_free(session->app);
	topology_unref(session->topology);
}

/* Presses keys such as "Down F5 / w e b Enter"; returns the reactions of the last one. */
static unsigned session_keys(struct session *session, const char *keys)
{
	unsigned reactions = REACTION_NONE;

	while (*keys != '\0') {
		size_t length = strcspn(keys, " ");
		uint32_t key;

		if (key_parse(keys, length, &key) < 0)
			fail_msg("invalid key '%.*s'", (int)length, keys);
		reactions = app_key(session->app, key);
		keys += length + (keys[length] == ' ');
	}
	return reactions;
}

static void session_type(struct session *session, const char *text)
{
	for (; *text != '\0'; text++)
		(void)app_key(session->app, (unsigned char)*text);
}

/* Prints each line that differs: "-" expected, "+" on the screen. */
static inline void print_difference(const char *expected, const char *got)
{
	for (int line = 1; *expected != '\0' || *got != '\0'; line++) {
		size_t expected_length = strcspn(expected, "\n"), got_length = strcspn(got, "\n");

		if (expected_length != got_length || memcmp(expected, got, got_length) != 0)
			print_error("line %d:\n-%.*s\n+%.*s\n", line, (int)expected_length,
				    expected, (int)got_length, got);
		expected += expected_length + (expected[expected_length] == '\n');
		got += got_length + (got[got_length] == '\n');
	}
}

static inline void session_expect(struct session *session, const char *name)
{
	CLEANUP(cleanup_free) char *got = session_text(session);
	char path[512], expected[64 * 1024] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/../unit/tui/screens/%s.txt", TEST_FIXTURES, name);
	if (getenv("UPDATE_SCREENS") != NULL) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(got, file);
		fclose(file);
		return;
	}
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s does not exist", path);
	expected[fread(expected, 1, sizeof(expected) - 1, file)] = '\0';
	fclose(file);
	if (strcmp(got, expected) != 0) {
		print_difference(expected, got);
		fail_msg("%s: the screen is\n%s", name, got);
	}
}

/* Fails unless the screen contains the text. */
static inline void session_shows(struct session *session, const char *text)
{
	CLEANUP(cleanup_free) char *screen = session_text(session);

	if (strstr(screen, text) == NULL)
		fail_msg("\"%s\" is not on the screen:\n%s", text, screen);
}

static inline void session_above(struct session *session, const char *above, const char *below)
{
	CLEANUP(cleanup_free) char *got = session_text(session);
	const char *first = strstr(got, above), *second = strstr(got, below);

	if (first == NULL || second == NULL || first > second)
		fail_msg("\"%s\" is not above \"%s\":\n%.3000s", above, below, got);
}

static inline void session_hides(struct session *session, const char *text)
{
	CLEANUP(cleanup_free) char *screen = session_text(session);

	if (strstr(screen, text) != NULL)
		fail_msg("\"%s\" is on the screen:\n%s", text, screen);
}
