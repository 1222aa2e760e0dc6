/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.h - state and event loop of `cgward enforce`. */
#ifndef CGWARD_CMD_ENFORCE_DAEMON_H
#define CGWARD_CMD_ENFORCE_DAEMON_H

#include <systemd/sd-event.h>

#include "cmd/enforce/apply-actions.h"
#include "lib/base/clock.h"
#include "shared/cli/cli.h"
#include "shared/cli/group-facts.h"
#include <cgward/policy.h>

struct enforce_options {
	const char *policy; /* NULL: DAEMON_POLICY and DAEMON_POLICY_DIRECTORY */
	const char *directory;
	const char *state; /* overrides the policy's setting */
	bool dry_run, once, restore, lock_memory, watch_policy;
};

struct watch;
struct places;
struct daemon_recorder;
struct metrics_endpoint;
struct group_claims;

struct daemon {
	const struct cli_context *context;
	struct enforce_options options;
	struct cgw_layout *layout;
	struct cgw_policy *policy;
	struct cgw_engine *engine;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct facts facts_state;
	struct cgw_facts facts;
	struct undo_store *store;
	struct group_claims *claims; /* NULL: dry run, or not possible */
	struct applier applier;
	struct watch *watch;
	struct places *places;
	struct daemon_recorder *recorder;
	struct metrics_endpoint *metrics_endpoint;
	sd_event *event;
	sd_event_source *tick, *due, *early, *more;
	/* Actions that are not performed yet, owned by the engine. */
	const struct cgw_action *actions;
	size_t action_count;
	uint64_t slice_end_ns;   /* monotonic; then the event loop is next ... */
	uint64_t slice_due_ns;   /* ... or at this boottime, because a thaw is due */
	uint64_t last_sample_ns; /* boottime */
	uint64_t tick_cost_ns;   /* CPU time of the last tick, with the first slice of actions */
	uint64_t last_status_ns, status_cost_ns;
	bool sample_twice; /* schedule another early sample after the next one */
	bool changed;      /* since the last status.json */
};

/* Loads the policy and logs every error. Returns NULL if it is invalid. */
struct cgw_policy *enforce_load(const struct cli_context *context,
				const struct enforce_options *options);
uint64_t daemon_boottime_ns(void);

/* Descriptor limit per sampler (policy, recording, metrics); a quarter stays free. */
unsigned daemon_descriptors(void);
/*
 * Takes one sample, runs the engine and applies its actions: for a short time, so that the event
 * loop stays responsive, which then continues with the others. Without a loop it applies them all.
 */
int daemon_tick(struct daemon *daemon);
/* Restores all changes, subject to [policy] on_exit and limits_on_exit. */
void daemon_release(struct daemon *daemon);
/*
 * Schedules an early sample, at least `after_ns` after the last one and so that ticks use at most a
 * quarter of a CPU.
 */
#define WAKE_GROUP_DELAY_NS (50 * NS_PER_MS)
#define WAKE_EVENT_DELAY_NS (100 * NS_PER_MS) /* longer: kernel events come in bursts */
void daemon_wake(struct daemon *daemon, uint64_t after_ns);
/*
 * Schedules two samples: a rate over a long interval hides what has just started, and some
 * counters lag their event.
 */
void daemon_wake_twice(struct daemon *daemon, uint64_t after_ns);
/* Reloads the policy. If the new one is invalid, the old one stays in effect. */
void daemon_reload(struct daemon *daemon);
/* Runs until SIGTERM or SIGINT. */
int daemon_loop(struct daemon *daemon);

/* wakeup.c: events that trigger early samples. */
int watch_open(struct daemon *daemon);
void watch_close(struct daemon *daemon);
/* Call after each sample: watches new groups. */
void watch_update(struct daemon *daemon);

/* policy-watch.c: reloads the policy when its file is replaced. Freed with the event loop. */
int policy_watch_open(struct daemon *daemon);

#endif
