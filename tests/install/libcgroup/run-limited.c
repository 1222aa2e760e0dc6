/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-limited.c - docs/examples/run-limited.c with libcgroup, for one cgroup version at a time. */
#include <libcgroup.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(int error)
{
	fprintf(stderr, "run-limited: %s\n", cgroup_strerror(error));
	return 1;
}

/* Adds "memory.limit_in_bytes=64M": libcgroup requires controller, file and text separately. */
static int add(struct cgroup *group, char *limit)
{
	char *equals = strchr(limit, '='), *dot = strchr(limit, '.'), name[64];
	struct cgroup_controller *controller;

	if (equals == NULL || dot == NULL)
		return ECGINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - limit), limit);
	controller = cgroup_get_controller(group, name);
	if (controller == NULL)
		controller = cgroup_add_controller(group, name);
	if (controller == NULL)
		return ECGINVAL;
	*equals = '\0';
	return cgroup_add_value_string(controller, limit, equals + 1);
}

int main(int argc, char **argv)
{
	struct cgroup *group;
	int at = 2, status = -1, r;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at + 1 >= argc) {
		fprintf(stderr, "usage: run-limited GROUP [FILE=VALUE...] -- COMMAND...\n");
		return 2;
	}
	if ((r = cgroup_init()) != 0)
		return fail(r);
	group = cgroup_new_cgroup(argv[1]);
	if (group == NULL)
		return fail(ECGOTHER);
	for (int i = 2; i < at; i++)
		if ((r = add(group, argv[i])) != 0)
			return fail(r);
	if ((r = cgroup_create_cgroup(group, 0)) != 0) {
		cgroup_delete_cgroup(group, 1);
		return fail(r);
	}
	if (fork() == 0) {
		if ((r = cgroup_attach_task(group)) == 0)
			execvp(argv[at + 1], argv + at + 1);
		fail(r);
		_exit(127);
	}
	wait(&status);
	if ((r = cgroup_delete_cgroup(group, 0)) != 0)
		return fail(r);
	cgroup_free(&group);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
