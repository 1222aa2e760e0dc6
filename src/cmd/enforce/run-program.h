/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-program.h - run commands of rules, and find the largest process of a group. */
#pragma once

#include <cgward/policy.h>

#define COMMANDS_MAX 32

/* A command that a rule started; it is killed after its deadline. */
struct running_command {
	pid_t pid;
	uint64_t deadline_ns; /* monotonic */
};

struct running_commands {
	struct running_command items[COMMANDS_MAX];
};

/* Starts the action's command without a shell; it is killed after ten seconds. */
int command_start(struct running_commands *commands, const struct cgw_action *action, char *reason,
		  size_t size);
/* Reaps commands that ended, kills those past their deadline. */
void reap_commands(struct running_commands *commands);
/* The process of the action's group with the most resident memory. -ESRCH: it has none. */
int find_largest_process(const struct cgw_layout *layout, const struct cgw_action *action,
			 pid_t *ret_pid);
