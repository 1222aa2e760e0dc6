/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-group.c - the group of a probe: what it reads, and how it takes memory. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/change/probe-group.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/limit/freezer.h"

const char *const probe_methods[] = {
	[PROBE_BY_AUTO] = "auto",
	[PROBE_BY_RECLAIM] = "reclaim",
	[PROBE_BY_HIGH] = "high",
	NULL,
};

static uint64_t page_bytes(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int read_refaults(const struct target *target, uint64_t *ret_bytes)
{
	static const enum cgw_metric metrics[] = {CGW_M_MEMORY_WORKINGSET_REFAULT,
						  CGW_M_MEMORY_WORKINGSET_REFAULT_ANON};
	uint64_t pages = 0;

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		uint64_t count = 0;
		int r = target_number(target, metrics[i], &count);

		if (r < 0)
			return r;
		pages += count;
	}
	*ret_bytes = pages * page_bytes();
	return 0;
}

static int check_frozen(struct probe_group *group)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct freezer_state state = {0};

	if (freezer_open(group->layout, group->path, &target) < 0 ||
	    freezer_read(&target, &state) < 0 ||
	    !(state.frozen || state.requested || state.by_ancestor))
		return 0;
	return cgw_diag_set(&group->diag, -EBUSY,
			    "the group is frozen, so nothing shows which memory it needs");
}

static int read_failed(struct probe_group *group, int error, const char *what)
{
	bool gone = cgw_error_is_gone(error);

	if (gone && target_has(&group->target, "memory.stat"))
		return cgw_diag_set(&group->diag, -EOPNOTSUPP, "the kernel does not report %s",
				    what);
	return cgw_diag_set(&group->diag, error, "cannot read %s: %s", what,
			    gone ? "the group was removed" : strerror(-error));
}

int probe_group_read(void *context, struct probe_reading *ret_reading)
{
	struct probe_group *group = context;
	struct probe_reading reading = {.time_ns = clock_now_ns()};
	int r = target_number(&group->target, CGW_M_MEMORY_CURRENT, &reading.use_bytes);

	if (r < 0)
		return read_failed(group, r, "memory.current");
	r = target_number(&group->target, CGW_M_MEMORY_PRESSURE_SOME_TOTAL, &reading.pressure_ns);
	if (r < 0)
		return read_failed(group, r, "memory.pressure");
	r = read_refaults(&group->target, &reading.refaults_bytes);
	if (r < 0)
		return read_failed(group, r,
				   "workingset_refault_file and workingset_refault_anon in "
				   "memory.stat (Linux 5.9)");
	r = check_frozen(group);
	if (r == 0)
		*ret_reading = reading;
	return r;
}

static int check_pressure(struct probe_group *group, unsigned bound_e2)
{
	uint64_t now_e2 = 0;
	int r = target_number(&group->target, CGW_M_MEMORY_PRESSURE_SOME_AVG10, &now_e2);

	/* EOPNOTSUPP: psi=0 on the kernel's command line; no file: cgroup.pressure is 0. */
	if (r < 0)
		return cgw_diag_set(&group->diag, -EOPNOTSUPP,
				    "the group has no memory.pressure, which a probe requires: "
				    "the kernel does not account pressure (boot option psi=1), or "
				    "cgroup.pressure is 0");
	if (now_e2 < bound_e2)
		return 0;
	return cgw_diag_set(&group->diag, -EBUSY,
			    "the group is under memory pressure already: %u.%02u%% of the last 10 "
			    "seconds (bound %u.%02u%%)",
			    (unsigned)(now_e2 / 100), (unsigned)(now_e2 % 100), bound_e2 / 100,
			    bound_e2 % 100);
}

static int choose_method(struct probe_group *group)
{
	bool reclaim = target_has(&group->target, "memory.reclaim");

	if (group->method == PROBE_BY_RECLAIM && !reclaim)
		return cgw_diag_set(&group->diag, -EOPNOTSUPP,
				    "the group has no memory.reclaim (Linux 5.19)");
	if (group->method == PROBE_BY_AUTO)
		group->method = reclaim ? PROBE_BY_RECLAIM : PROBE_BY_HIGH;
	return 0;
}

int probe_group_open(struct probe_group *group, unsigned pressure_e2)
{
	int hierarchy = cgw_layout_find(group->layout, CGW_MEMORY), r;
	struct probe_reading reading;

	if (hierarchy < 0)
		return cgw_diag_set(&group->diag, -EOPNOTSUPP,
				    "this machine has no memory controller");
	if (group->layout->hierarchies[hierarchy].version != 2)
		return cgw_diag_set(&group->diag, -EOPNOTSUPP,
				    "a probe requires cgroup v2: the memory controller of this "
				    "machine is that of v1, which has neither memory.reclaim nor "
				    "memory.high, and no pressure per group");
	r = target_open(group->layout, (size_t)hierarchy, group->path, &group->target);
	if (r < 0)
		return cgw_diag_set(&group->diag, r, "%s", strerror(-r));
	if (!target_has(&group->target, "memory.high"))
		return cgw_diag_set(&group->diag, -EOPNOTSUPP, "%s",
				    strcmp(group->path, "/") == 0
					    ? "the root group has no memory.high and no "
					      "memory.current"
					    : "the memory controller is not enabled for the "
					      "group; add it to cgroup.subtree_control of its "
					      "parent");
	r = choose_method(group);
	r = r < 0 ? r : check_frozen(group);
	r = r < 0 ? r : check_pressure(group, pressure_e2);
	return r < 0 ? r : probe_group_read(group, &reading);
}

/* Writes memory.high or memory.reclaim, which is a change in the journal. */
static int set_control(struct probe_group *group, enum cgw_control control, const char *value,
		       uint64_t *ret_change_id)
{
	const struct cgw_step step = {.kind = CGW_STEP_SET,
				      .path = group->path,
				      .control = control,
				      .value = value,
				      .expected_id = group->target.id,
				      .expected_hierarchy = group->target.hierarchy};
	struct cgw_plan *plan = NULL;
	int r = cgw_plan_new(group->layout, &group->options, &plan);

	r = r < 0 ? r : cgw_plan_add(plan, &step, &group->diag);
	r = r < 0 ? r : cgw_plan_apply(plan);
	if (plan != NULL)
		group->options.transaction = cgw_plan_transaction(plan);
	if (r == 0)
		*ret_change_id = cgw_plan_result(plan, 0)->change_id;
	else if (plan != NULL && cgw_plan_failure(plan) != NULL)
		group->diag = cgw_plan_failure(plan)->diag;
	cgw_plan_free(plan);
	return r;
}

/* A change of memory.high by a process that may have been killed before it restored it. */
struct leftover {
	const struct probe_group *group;
	uint64_t change_id; /* 0: none */
	bool undone;        /* or about to be */
	char old_value[256], new_value[256];
};

/* Finds the newest one; an earlier process may have had the same PID. */
static int find_change(void *context, const struct cgw_change *change)
{
	struct leftover *leftover = context;
	const struct probe_group *group = leftover->group;

	if (change->id <= group->last_change)
		return 1;
	if (change->pid != group->writer || change->kind != CGW_STEP_SET || change->undoes != 0 ||
	    strcmp(change->key, "memory.high") != 0 || strcmp(change->path, group->path) != 0)
		return 0;
	leftover->change_id = change->id;
	leftover->undone = change->undone;
	snprintf(leftover->old_value, sizeof(leftover->old_value), "%s", change->old_value);
	snprintf(leftover->new_value, sizeof(leftover->new_value), "%s", change->new_value);
	return 1;
}

/* Undoes a change as an action of its own. */
static int undo(const struct probe_group *group, uint64_t change_id, struct cgw_result *ret_result)
{
	struct cgw_limit_options options = group->options;

	options.transaction = 0;
	return cgw_journal_undo(group->layout, &options, change_id, ret_result);
}

void probe_group_restore(void *context)
{
	struct probe_group *group = context;
	struct leftover leftover = {.group = group};
	struct cgw_result result;
	char now[256];

	(void)cgw_journal_read(group->options.journal, find_change, &leftover, NULL);
	if (leftover.change_id == 0)
		return;
	if (!leftover.undone)
		(void)undo(group, leftover.change_id, &result);
	/* The journal has the intent to undo it, but the process was killed before the write. */
	else if (cgw_control_read(group->layout, group->path, CGW_C_MEMORY_HIGH, NULL, now,
				  sizeof(now), NULL) == 0 &&
		 strcmp(now, leftover.new_value) == 0)
		(void)set_control(group, CGW_C_MEMORY_HIGH, leftover.old_value,
				  &leftover.change_id);
}

static int note_last_change(void *context, const struct cgw_change *change)
{
	struct probe_group *group = context;

	group->last_change = change->id;
	return 1;
}

int probe_group_start(struct probe_group *group)
{
	struct cgw_owner owner = {0};
	int r = 0;

	if (group->method != PROBE_BY_HIGH)
		return 0;
	if (group->options.backend != CGW_BACKEND_DIRECT)
		r = cgw_owner_find(group->layout, group->path, &owner);
	if (r < 0)
		return cgw_diag_set(&group->diag, r,
				    "cannot determine the manager of the group: %s", strerror(-r));
	group->owned = owner.kind == CGW_OWNER_SYSTEMD || owner.kind == CGW_OWNER_SYSTEMD_USER;
	group->writer = getpid();
	r = cgw_journal_read(group->options.journal, note_last_change, group, &group->diag);
	if (r < 0)
		return r;
	r = cleanup_process_start(&group->cleanup, -1, probe_group_restore, group);
	return r < 0 ? cgw_diag_set(&group->diag, r, "cannot start a process: %s", strerror(-r))
		     : 0;
}

void probe_group_close(struct probe_group *group)
{
	if (group->cleanup.pid > 0) {
		probe_group_restore(group);
		cleanup_process_stop(&group->cleanup);
	}
	target_close(&group->target);
}

/* Lowers memory.high for as long as the kernel reclaims down to it. */
static int take_by_high(struct probe_group *group, uint64_t use_bytes, uint64_t bytes)
{
	uint64_t high = UINT64_MAX, change_id = 0;
	struct cgw_result result;
	char value[32];
	int r;

	/* "max" is no number. */
	if (target_number(&group->target, CGW_M_MEMORY_HIGH, &high) == 0 &&
	    high <= use_bytes - bytes)
		return -EAGAIN;
	snprintf(value, sizeof(value), "%" PRIu64,
		 (use_bytes - bytes) / page_bytes() * page_bytes());
	r = set_control(group, CGW_C_MEMORY_HIGH, value, &change_id);
	if (r < 0)
		return r;
	/* From Linux 6.16 on, the write of a plan leaves the reclaim to the group. */
	if (!group->owned)
		(void)target_write(&group->target, "memory.high", value);
	r = undo(group, change_id, &result);
	if (r < 0)
		return cgw_diag_set(
			&group->diag, r,
			"cannot restore memory.high, which was %s (change %" PRIu64 "): %s",
			result.old_value[0] != '\0' ? result.old_value : "max", change_id,
			result.diag.text[0] != '\0' ? result.diag.text : strerror(-r));
	return -EAGAIN; /* what was taken is not reported */
}

int probe_group_take(void *context, uint64_t bytes)
{
	struct probe_group *group = context;
	uint64_t use_bytes = 0, change_id;
	int r = target_number(&group->target, CGW_M_MEMORY_CURRENT, &use_bytes);

	if (r == 0 && bytes > use_bytes)
		return -EAGAIN;
	if (r == 0 && group->method == PROBE_BY_HIGH)
		return take_by_high(group, use_bytes, bytes);
	r = r < 0 ? r
		  : set_control(group, CGW_C_MEMORY_RECLAIM, FORMATTED(32, "%" PRIu64, bytes),
				&change_id);
	if (r == -EAGAIN) /* less than requested */
		group->diag = (struct cgw_diag){0};
	return r;
}

int probe_group_wait(void *context, uint64_t ns)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	uint64_t end_ns = clock_now_ns() + ns, now_ns;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	while ((now_ns = clock_now_ns()) < end_ns) {
		const struct timespec rest = timespec_from_ns(end_ns - now_ns);

		int signal = sigtimedwait(&set, NULL, &rest);

		if (signal == SIGTSTP)
			raise(SIGSTOP);
		else if (signal > 0)
			return -EINTR;
	}
	return 0;
}

bool probe_group_has_swap(const struct probe_group *group)
{
	CLEANUP(cleanup_free) char *text = NULL;
	uint64_t used = 0, most = UINT64_MAX;
	unsigned long long free_kb = 0;
	size_t length;
	const char *at;

	if (cgw_proc_read(group->layout, "meminfo", &text, &length) < 0)
		return true; /* not known */
	at = strstr(text, "\nSwapFree:");
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's number fits */
	if (at != NULL && sscanf(at, "\nSwapFree: %llu", &free_kb) == 1 && free_kb == 0)
		return false;
	return target_number(&group->target, CGW_M_MEMORY_SWAP_CURRENT, &used) < 0 ||
	       target_number(&group->target, CGW_M_MEMORY_SWAP_MAX, &most) < 0 || used < most;
}

uint64_t probe_group_anon_bytes(const struct probe_group *group)
{
	uint64_t bytes = 0;

	return target_number(&group->target, CGW_M_MEMORY_ANON, &bytes) == 0 ? bytes : 0;
}
