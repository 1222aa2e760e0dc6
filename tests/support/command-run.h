/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * command-run.h - run a command of cgward on a machine in a directory tree, and collect its output.
 * For tests that link a module of cmd.
 */
#pragma once

#include <string.h>

#include "capture.h"
#include "shared/cli/cli.h"
#include "test.h"
#include "tree.h"

#define COMMAND_WORDS_MAX 32

struct command_run {
	int status; /* enum cli_exit */
	struct capture capture;
};

static inline void command_run_free(struct command_run *run)
{
	capture_free(&run->capture);
}

/* Runs a command with arguments, of which the first is its name; the last one is NULL. */
static inline void command_run(const struct cli_command *commands, struct tree_dir *dir,
			       const char *const *words, struct command_run *ret_run)
{
	char cgroup[300], proc[300], sys[300], *argv[COMMAND_WORDS_MAX] = {NULL};
	struct cli_context context = {
		.roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
			  .proc = tree_at(dir, "proc", proc, sizeof(proc)),
			  .sys = tree_at(dir, "sys", sys, sizeof(sys))},
		.program = "cgward",
		.command = words[0],
	};
	int argc = 0;

	for (; words[argc] != NULL; argc++) {
		assert_true(argc + 1 < COMMAND_WORDS_MAX);
		argv[argc] = strdup(words[argc]);
		assert_non_null(argv[argc]);
	}
	while (commands->name != NULL && strcmp(commands->name, words[0]) != 0)
		commands++;
	assert_non_null(commands->name);
	capture_begin(&ret_run->capture);
	ret_run->status = commands->run(&context, argc, argv);
	capture_end(&ret_run->capture);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
}
