/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply-actions.h - actions of a policy, done on the machine. */
#ifndef CGWARD_CMD_ENFORCE_APPLY_ACTIONS_H
#define CGWARD_CMD_ENFORCE_APPLY_ACTIONS_H

#include "cmd/enforce/undo-store.h"
#include <cgward/policy.h>

#define COMMANDS_MAX 32

/* Not where merely it could not be looked for. */
bool group_is_gone(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		   uint64_t group_id);

/* A command that was started, and is killed when it takes too long. */
struct running {
	pid_t pid;
	uint64_t deadline_ns; /* monotonic */
};

struct performer {
	const struct cgw_layout *layout;
	const struct cgw_policy_settings *settings;
	struct undo_store *store; /* NULL: nothing is done, everything is said (dry run) */
	struct running commands[COMMANDS_MAX];
	bool restoring;
	size_t forget_from; /* records that are there when it is looked whose groups went */
	/* Told of each action and what came of it; NULL: nobody is. */
	void (*told)(void *context, const struct cgw_action *action, bool of_rule,
		     const struct cgw_action_result *result);
	void *told_context;
	unsigned done, failed, would;
};

/* Does it, says it, and fills what the engine wants to know. Texts of the result live in `texts`. */
struct applied_action {
	struct cgw_action_result result;
	char old_value[256], accepted_value[256], how[768], reason[512];
};
void perform(struct performer *performer, const struct cgw_action *action, bool of_rule,
	     struct applied_action *ret_performed);
/* Does all of a step's actions and tells the engine. */
void perform_all(struct performer *performer, struct cgw_engine *engine,
		 const struct cgw_policy *policy, const struct cgw_action *actions, size_t count);
/* Reaps commands that ended, kills those that are overdue. */
void perform_reap(struct performer *performer);

/* Nothing is to be given back to groups that went; looked at when the records have become twice as many. */
void perform_forget(struct performer *performer);

/* Gives back what a dead one left; returns how many could not be. `all`: standing limits too. */
unsigned perform_restore(struct performer *performer, bool all);

#endif
