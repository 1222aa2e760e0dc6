/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-limited.c - runs a command in a group of its own with limits, and removes the group afterwards.
 *
 *   cc run-limited.c $(pkg-config --cflags --libs cgward) -o run-limited
 *   ./run-limited /job memory.max=64M pids.max=10 -- make -j4
 *
 * The same source works on cgroup v1, hybrid and v2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cgward/limit.h>

static int fail(const struct cgw_diag *diag)
{
	fprintf(stderr, "run-limited: %s\n", diag->text);
	return 1;
}

/* All or nothing: what was done is taken back when a later step fails. */
static int apply(struct cgw_plan *plan)
{
	int r = cgw_plan_apply(plan);

	for (size_t i = 0; r < 0 && i < cgw_plan_count(plan); i++)
		if (cgw_plan_result(plan, i)->error < 0)
			return fail(&cgw_plan_result(plan, i)->diag);
	return r < 0;
}

/* A child that waits until it stands in its group, then becomes the command. */
static pid_t start(char **command, int *ret_go)
{
	int go[2];
	char byte;
	pid_t pid;

	if (pipe(go) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) == 1)
			execvp(command[0], command);
		_exit(127);
	}
	close(go[0]);
	*ret_go = go[1];
	return pid;
}

int main(int argc, char **argv)
{
	const struct cgw_limit_options options = {.who = "run-limited", .enable = true};
	struct cgw_layout *layout;
	struct cgw_plan *plan;
	struct cgw_diag diag = {0};
	int at = 2, go, status, r;
	pid_t pid;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at + 1 >= argc) {
		fprintf(stderr,
			"usage: run-limited GROUP [KEY=VALUE...] -- COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (cgw_layout_open(NULL, &layout, &diag) < 0)
		return fail(&diag);
	if (cgw_plan_new(layout, &options, &plan) < 0 ||
	    cgw_plan_add(plan, &(struct cgw_step){.kind = CGW_STEP_CREATE, .path = argv[1]},
			 &diag) < 0)
		return fail(&diag);
	for (int i = 2; i < at; i++) {
		struct cgw_step step = {.kind = CGW_STEP_SET, .path = argv[1]};
		char *value;

		if (cgw_assignment_parse(argv[i], &step.control, &value, &diag) < 0)
			return fail(&diag);
		step.value = value;
		if (cgw_plan_add(plan, &step, &diag) < 0)
			return fail(&diag);
		free(value);
	}
	pid = start(argv + at + 1, &go);
	if (pid < 0 ||
	    cgw_plan_add(plan,
			 &(struct cgw_step){.kind = CGW_STEP_MOVE, .path = argv[1], .pid = pid},
			 &diag) < 0)
		return fail(&diag);
	r = apply(plan);
	if (r == 0)
		(void)!write(go, "", 1);
	close(go); /* without the byte the child ends by itself */
	(void)waitpid(pid, &status, 0);
	cgw_plan_free(plan);

	if (r == 0 && cgw_plan_new(layout, &options, &plan) == 0) {
		if (cgw_plan_add(plan, &(struct cgw_step){.kind = CGW_STEP_DELETE, .path = argv[1]},
				 &diag) < 0)
			return fail(&diag);
		r = apply(plan);
		cgw_plan_free(plan);
	}
	cgw_layout_free(layout);
	return r != 0 ? 1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
