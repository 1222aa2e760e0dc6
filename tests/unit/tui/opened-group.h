/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* opened-group.h - a group of a directory tree, opened in the dashboard at one of its pages. */
#pragma once

#include "session.h"
#include "tree.h"

#define NGINX "/system.slice/nginx.service"

struct fixture {
	struct session session;
	struct tree_dir *tree;
	struct cgw_layout *layout;
};

static inline void write_file(struct fixture *fixture, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "cgroup" NGINX "/%s", file);
	tree_file(fixture->tree, path, text);
}

/* Lists a process with its times in ticks and its resident pages. */
static inline void write_process(struct fixture *fixture, int pid, unsigned user_ticks,
				 unsigned system_ticks, unsigned pages)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (p%d) S 1 1 1 0 -1 0 0 0 0 0 %u %u 0 0 20 0 3 0 7 0 %u 0\n", pid, pid,
		 user_ticks, system_ticks, pages);
	tree_file(fixture->tree, path, text);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	snprintf(text, sizeof(text), "Name:\tp\nTgid:\t%d\nUid:\t33\t33\t33\t33\n", pid);
	tree_file(fixture->tree, path, text);
}

/* Takes a sample, and lets the worker read the group. */
static inline void update(struct fixture *fixture)
{
	struct job *job;

	session_sample(&fixture->session);
	while ((job = job_pop(&fixture->session.app->jobs)) != NULL) {
		job->run(job);
		(void)app_job_done(fixture->session.app, job);
	}
}

/* Opens nginx.service at a page. */
static inline void begin(struct fixture *fixture, const char *page)
{
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots;

	*fixture = (struct fixture){.tree = tree_new()};
	roots = (struct cgw_roots){.cgroup =
					   tree_at(fixture->tree, "cgroup", cgroup, sizeof(cgroup)),
				   .proc = tree_at(fixture->tree, "proc", proc, sizeof(proc)),
				   .sys = tree_at(fixture->tree, "sys", sys, sizeof(sys))};
	tree_machine_v2(fixture->tree);
	tree_file(fixture->tree, "cgroup/system.slice/pids.max", "200\n");
	tree_file(fixture->tree, "cgroup/system.slice/cpu.max", "max 100000\n");
	write_file(fixture, "pids.max", "max\n");
	write_file(fixture, "pids.events", "max 3\n");
	write_file(fixture, "cpu.max", "50000 100000\n");
	write_file(fixture, "cgroup.procs", "41\n42\n");
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	session_begin(&fixture->session, 50, 120);
	fixture->session.app->layout = fixture->layout;
	session_keys(&fixture->session, "/");
	session_type(&fixture->session, "nginx");
	session_keys(&fixture->session, "Enter Esc Enter");
	update(fixture);
	session_keys(&fixture->session, page);
}

static inline void end(struct fixture *fixture)
{
	fixture->session.app->layout = NULL;
	session_end(&fixture->session);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->tree);
}

/* The line of the screen that contains the text; the caller frees it. */
static inline char *line_with(struct fixture *fixture, const char *text)
{
	CLEANUP(cleanup_free) char *screen = session_text(&fixture->session);
	char *rest = screen, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (strstr(line, text) != NULL)
			return strdup(line);
	fail_msg("\"%s\" is not on the screen", text);
	return NULL;
}

static inline void expect_line(struct fixture *fixture, const char *text, const char *part,
			       const char *missing)
{
	CLEANUP(cleanup_free) char *line = line_with(fixture, text);

	if (part != NULL && strstr(line, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, line);
	if (missing != NULL && strstr(line, missing) != NULL)
		fail_msg("\"%s\" in: %s", missing, line);
}
