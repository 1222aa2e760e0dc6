/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.h - enforcement as it runs: what it holds, its loop. */
#ifndef CGWARD_CMD_ENFORCE_DAEMON_H
#define CGWARD_CMD_ENFORCE_DAEMON_H

#include <systemd/sd-event.h>

#include "cmd/enforce/apply-actions.h"
#include "shared/cli/cli.h"
#include "shared/cli/group-facts.h"
#include <cgward/policy.h>

struct enforce_options {
	const char *policy; /* NULL: DAEMON_POLICY and DAEMON_POLICY_DIRECTORY */
	const char *directory;
	const char *state; /* instead of what the policy says */
	bool dry_run, once, restore, lock_memory, watch_policy;
};

struct watch;
struct places;
struct keeper;
struct metrics_endpoint;

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
	struct performer performer;
	struct watch *watch;
	struct places *places;
	struct keeper *keeper;
	struct metrics_endpoint *exposed;
	sd_event *event;
	sd_event_source *tick, *due, *early;
	uint64_t last_sample_ns; /* boottime */
	uint64_t tick_cost_ns;   /* CPU time of the last one, all in all */
	uint64_t last_status_ns;
	bool again;   /* another early sample follows the next one */
	bool changed; /* since the status was written */
};

/* Loads the policy, reporting every mistake on standard error. */
struct cgw_policy *enforce_load(const struct cli_context *context,
				const struct enforce_options *options);
uint64_t enforce_boottime_ns(void);

/* How many each of the daemon's samplers may hold: to decide, to record, for metrics; the fourth part is spared. */
unsigned daemon_descriptors(void);
/* One sample, one decision, its actions. */
int daemon_tick(struct daemon *daemon);
/* Gives back all that is held, as [policy] on_exit says. */
void daemon_release(struct daemon *daemon);
/*
 * A sample before the next one is due: something happened that should not wait. Not sooner after the
 * last one than `after_ns`, and no more often than costs a quarter of a CPU.
 */
#define HURRY_GROUP_NS UINT64_C(50000000)
#define HURRY_EVENT_NS UINT64_C(100000000) /* the kernel tells of each: they come in swarms */
void daemon_wake(struct daemon *daemon, uint64_t after_ns);
/*
 * Two of them: a rate since a sample long ago does not tell yet what began just now, nor does a figure
 * that the kernel counts only after it told.
 */
void daemon_wake_twice(struct daemon *daemon, uint64_t after_ns);
/* The policy anew. One with mistakes changes nothing: the old one goes on. */
void daemon_reload(struct daemon *daemon);
/* Until SIGTERM. */
int daemon_loop(struct daemon *daemon);

/* watch.c: what wakes the daemon between samples. */
int watch_open(struct daemon *daemon);
void watch_close(struct daemon *daemon);
/* After each sample: groups came and went. */
void watch_follow(struct daemon *daemon);

/* replaced.c: loads the policy anew whenever another file takes its place. Ends with the loop. */
int replaced_open(struct daemon *daemon);

#endif
