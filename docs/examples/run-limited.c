/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-limited.c - run a command in its own group with limits, and remove the group afterwards.
 *
 *   cc run-limited.c $(pkg-config --cflags --libs cgward) -o run-limited
 *   ./run-limited /job memory.max=64M pids.max=10 -- make -j4
 *
 * The same source works on cgroup v1, hybrid and v2.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cgward/limit.h>

/* Applies a step and the limits up to "--"; on failure, nothing is changed. */
static int change(const struct cgw_layout *layout, const struct cgw_step *step, char **limits)
{
	const struct cgw_limit_options options = {.who = "run-limited", .enable = true};
	struct cgw_diag diag = {0};
	struct cgw_plan *plan;
	int r = cgw_plan_new(layout, &options, &plan);

	if (r < 0)
		return r;
	r = cgw_plan_add(plan, step, &diag);
	for (; r == 0 && strcmp(*limits, "--") != 0; limits++)
		r = cgw_plan_assign(plan, step->path, *limits, &diag);
	if (r == 0 && (r = cgw_plan_apply(plan)) < 0)
		diag = cgw_plan_failure(plan)->diag;
	if (r < 0)
		fprintf(stderr, "run-limited: %s\n", diag.text);
	cgw_plan_free(plan);
	return r;
}

int main(int argc, char **argv)
{
	struct cgw_step step = {.kind = CGW_STEP_CREATE, .path = argv[1]};
	struct cgw_layout *layout;
	int at = 2, status = -1;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at + 1 >= argc) {
		fprintf(stderr, "usage: run-limited GROUP [KEY=VALUE...] -- COMMAND...\n");
		return 2;
	}
	if (cgw_layout_open(NULL, &layout, NULL) < 0 || change(layout, &step, argv + 2) < 0)
		return 1;
	if (fork() == 0) {
		step = (struct cgw_step){.kind = CGW_STEP_MOVE, .path = argv[1], .pid = getpid()};
		if (change(layout, &step, argv + at) == 0)
			execvp(argv[at + 1], argv + at + 1);
		_exit(127);
	}
	wait(&status);
	step.kind = CGW_STEP_DELETE;
	if (change(layout, &step, argv + at) < 0)
		return 1;
	cgw_layout_free(layout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
