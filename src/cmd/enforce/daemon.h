/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.h - state and event loop of `cgward enforce`. */
#pragma once

#include "cmd/enforce/enforcement.h"
#include "cmd/enforce/policy-watch.h"
#include "shared/cli/cli.h"

struct enforce_options {
	const char *policy; /* NULL: DAEMON_POLICY and DAEMON_POLICY_DIRECTORY */
	const char *directory;
	const char *state; /* overrides the policy's setting */
	bool dry_run, once, restore, lock_memory, watch_policy;
};

struct daemon_recorder;
struct postmortem;
struct group_claims;

struct daemon {
	const struct cli_context *context;
	struct enforce_options options;
	struct enforcement state;
	struct cgw_sampler *sampler;
	struct group_claims *claims; /* NULL: dry run, or not possible */
	struct daemon_recorder *recorder;
	struct postmortem *postmortem; /* or NULL */
	struct policy_watch policy_watch;
	sd_event_source *tick, *due, *more;
	/* Actions that are not performed yet, owned by the engine. */
	const struct cgw_action *actions;
	size_t action_count;
	uint64_t slice_end_ns; /* monotonic; then the event loop is next ... */
	uint64_t slice_due_ns; /* ... or at this boottime, because a thaw is due */
	uint64_t last_status_ns, status_cost_ns;
	bool changed; /* since the last status.json */
};

/* Loads the policy and logs every error. Returns NULL if it is invalid. */
struct cgw_policy *daemon_load_policy(const struct enforce_options *options);
/*
 * Takes one sample, runs the engine and applies its actions: for a short time, so that the event
 * loop stays responsive, which then continues with the others. Without a loop it applies them all.
 */
int daemon_tick(struct daemon *daemon);
/* Restores all changes, subject to [policy] on_exit and limits_on_exit. */
void daemon_release(struct daemon *daemon);
/* Runs until SIGTERM or SIGINT. */
int daemon_loop(struct daemon *daemon);
