/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * postmortem.h - write pages about OOM kills, refused forks, and actions of rules.
 *
 * A thread with its own sampler keeps the last minute of every group in memory, so that neither
 * reading nor a hanging disk delays the caller.
 */
#pragma once

#include "shared/postmortem/event-page.h"
#include "shared/postmortem/page-store.h"

struct postmortem_options {
	const struct cgw_layout *layout;
	const struct cgw_policy *policy; /* NULL: none */
	const char *state;               /* directory of journal and status; NULL: the default */
	const char *kernel_log;          /* NULL: /dev/kmsg */
	unsigned descriptors_max;        /* of the sampler */
	/* Called by the thread; all texts but the directory are escaped. */
	void (*on_page)(void *context, const char *directory, const char *id, const char *group,
			const char *summary);
	void (*on_problem)(void *context, const char *text);
	void *context;
};

struct postmortem;
/* The defaults of [postmortem], for a directory. */
struct cgw_policy_postmortem postmortem_defaults(const char *directory);
/* Copies `settings` and `options`; the layout, the policy and the texts must outlive the thread. */
int postmortem_start(const struct cgw_policy_postmortem *settings,
		     const struct postmortem_options *options, struct postmortem **ret_postmortem,
		     struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct postmortem *postmortem_stop(struct postmortem *postmortem);
/* Requests a page if the action is a kill or freeze that was performed; any thread. */
void postmortem_add_action(struct postmortem *postmortem, const struct cgw_action *action,
			   const struct cgw_action_result *result);
