/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step-kill.c - step that signals all processes of a group and its descendants.
 *
 * Each process is signalled as soon as its group is visited, so that a large tree cannot delay the
 * first signal. For SIGKILL v2 has cgroup.kill, which forks cannot escape. On v1 frozen groups are
 * thawed afterwards, because a frozen process does not die there. This is repeated until no process
 * is left; if processes keep appearing, the group is frozen while it is signalled. Since a PID may
 * be reused, its pidfd is opened first, and the process must be in the group's list after that.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/freezer.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

#define TIMEOUT_NS      (10 * NS_PER_S)
#define FREEZE_FOR_NS   (500 * NS_PER_MS)
#define NOT_KILL_PASSES 3

/* The highest PID of any kernel (PID_MAX_LIMIT), as bits. */
#define SEEN_BYTES ((4 << 20) / 8)
/* Open pidfds at a time; the default limit of a process is 1024 descriptors. */
#define BATCH 128

/* What one walk over all hierarchies signals. */
struct round {
	int signal;
	uint8_t *seen;        /* a bit for each PID, which is listed in each hierarchy */
	uint8_t *counted;     /* the same, of all walks: SIGKILL is repeated in each one */
	size_t signalled;     /* in all walks */
	struct members found; /* in this walk; not kernel threads */
};

static bool has_bit(const uint8_t *bits, pid_t pid)
{
	return pid / 8 < SEEN_BYTES && (bits[pid / 8] & 1U << pid % 8) != 0;
}

static void set_bit(uint8_t *bits, pid_t pid)
{
	if (pid / 8 < SEEN_BYTES)
		bits[pid / 8] |= (uint8_t)(1U << pid % 8);
}

static void round_done(struct round *round)
{
	free(round->seen);
	free(round->counted);
	members_done(&round->found);
}

static bool is_kernel_thread(const struct cgw_layout *layout, pid_t pid)
{
	bool kernel = false;
	char state;

	return process_state(layout, pid, &state, &kernel, NULL, 0) == 0 && kernel;
}

/* Signals the processes that are still in the group now that their pidfds are open. */
static int signal_batch(struct round *round, const struct target *group, const pid_t *pids,
			size_t count)
{
	CLEANUP(members_done) struct members now = {0};
	int fds[BATCH], r;

	for (size_t i = 0; i < count; i++)
		fds[i] = process_open(pids[i]);
	r = members_add(&now, group);
	for (size_t i = 0; i < count; i++) {
		if (r == 0 && fds[i] != -ESRCH && members_contain(&now, pids[i])) {
			set_bit(round->seen, pids[i]);
			if (process_signal(fds[i], pids[i], round->signal) == 0 &&
			    !has_bit(round->counted, pids[i])) {
				set_bit(round->counted, pids[i]);
				round->signalled++;
			}
		}
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return r == -ENOMEM ? r : 0;
}

static int signal_group(void *context, const struct target *group)
{
	CLEANUP(members_done) struct members members = {0};
	struct round *round = context;
	pid_t pids[BATCH];
	size_t count = 0;
	int r = members_add(&members, group);

	round->found.groups++;
	round->found.out_of_view += members.out_of_view;
	if (r < 0 && round->found.error == 0 && !cgw_error_is_gone(r))
		round->found.error = r;
	for (size_t i = 0; i < members.count && r == 0; i++) {
		pid_t pid = members.pids[i];

		if (pid == 1 || pid == getpid() || has_bit(round->seen, pid) ||
		    is_kernel_thread(group->layout, pid))
			continue;
		r = members_push(&round->found, pid);
		pids[count++] = pid;
		if (r == 0 && count == BATCH) {
			r = signal_batch(round, group, pids, count);
			count = 0;
		}
	}
	if (r == 0 && count > 0)
		r = signal_batch(round, group, pids, count);
	return r == -ENOMEM ? r : 0;
}

/* Kills all processes of the v2 group at once, if the kernel has cgroup.kill. */
static bool kill_at_once(const struct cgw_plan *plan, const struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int hierarchy = cgw_layout_find_v2(plan->layout);

	return hierarchy >= 0 &&
	       target_open(plan->layout, (size_t)hierarchy, step->spec.path, &target) == 0 &&
	       target_write(&target, "cgroup.kill", "1") == 0;
}

static int thaw_group(void *context, const struct target *group)
{
	char word[16];

	/* Each write makes the kernel visit all descendants: write only where needed. */
	if (target_read_word(group, "freezer.self_freezing", word, sizeof(word)) < 0 ||
	    strcmp(word, "0") != 0)
		(void)target_write(group, "freezer.state", "THAWED");
	return 0;
}

/* SIGKILL has no effect on processes in the v1 freezer: thaw the group and its descendants. */
static void thaw_all(const struct cgw_plan *plan, const struct step *step)
{
	const struct subtree_visitor visitor = {.enter = thaw_group};
	int hierarchy = cgw_layout_find(plan->layout, CGW_FREEZER);

	if (hierarchy >= 0)
		(void)subtree_walk(plan->layout, (size_t)hierarchy, step->spec.path, &visitor);
}

static int signal_all(const struct cgw_plan *plan, const struct step *step, struct round *round)
{
	const struct subtree_visitor visitor = {.enter = signal_group, .context = round};

	members_done(&round->found);
	if (round->signal == SIGKILL)
		memset(round->seen, 0, SEEN_BYTES);
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		int r = subtree_walk(plan->layout, h, step->spec.path, &visitor);

		if (r == -ENOMEM)
			return r;
		if (r < 0 && round->found.error == 0 && !cgw_error_is_gone(r))
			round->found.error = r;
	}
	return 0;
}

/* For any signal but SIGKILL: signals each process once, including those forked in the meantime. */
static int signal_once(struct cgw_plan *plan, struct step *step, struct round *round)
{
	for (int pass = 0; pass < NOT_KILL_PASSES; pass++) {
		size_t before = round->signalled;
		int r = signal_all(plan, step, round);

		if (r < 0 || round->signalled == before)
			return r;
	}
	return 0;
}

/* Why the process did not die, from its state; the walk has just found it. */
static const char *survival_reason(const struct cgw_plan *plan, pid_t pid, bool ancestor_frozen)
{
	bool kernel;
	char state = 0;

	if (kill(pid, 0) < 0 && errno == EPERM)
		return "may not be signalled by this user";
	if (ancestor_frozen)
		return "dies when the frozen ancestor of the group is thawed";
	if (process_state(plan->layout, pid, &state, &kernel, NULL, 0) == 0 && state == 'D')
		return "is in an uninterruptible system call";
	return "has not exited yet";
}

static int report_survivors(const struct cgw_plan *plan, struct step *step,
			    const struct members *members)
{
	CLEANUP(target_close) struct target freezer = TARGET_NONE;
	struct freezer_state state = {0};
	char names[256];

	if (members->count == 0)
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "%zu processes remain in another PID namespace, from which "
				    "they cannot be signalled",
				    members->out_of_view);
	if (freezer_open(plan->layout, step->spec.path, &freezer) == 0)
		(void)freezer_read(&freezer, &state);
	members_format(members, plan->layout, names, sizeof(names));
	return cgw_diag_set(
		&step->result.diag, -ETIMEDOUT, "processes remain after SIGKILL: %s; %d %s", names,
		(int)members->pids[0], survival_reason(plan, members->pids[0], state.by_ancestor));
}

/* All processes that were found are dead, but a group below could not be read. */
static int report_unread(struct step *step, int error)
{
	if (error == 0)
		return 0;
	return cgw_diag_set(&step->result.diag, error,
			    "every process that was found is dead, but a group below cannot be "
			    "read: %s",
			    strerror(-error));
}

/* Freezes a possible fork bomb; processes that do not freeze are signalled as well. */
static bool freeze_first(const struct cgw_plan *plan, const struct step *step)
{
	CLEANUP(target_close) struct target freezer = TARGET_NONE;

	if (freezer_open(plan->layout, step->spec.path, &freezer) < 0 ||
	    plan->layout->hierarchies[freezer.hierarchy].version != 1)
		return false;
	(void)freezer_set(&freezer, true, FREEZE_FOR_NS);
	return true;
}

/* Leaves out processes that have died since they were found. */
static void drop_dead(const struct cgw_plan *plan, struct members *members)
{
	size_t kept = 0;

	for (size_t i = 0; i < members->count; i++) {
		bool kernel, gone = kill(members->pids[i], 0) < 0 && errno == ESRCH;
		char state = 0;

		(void)process_state(plan->layout, members->pids[i], &state, &kernel, NULL, 0);
		if (!gone && state != 'Z' && state != 'X')
			members->pids[kept++] = members->pids[i];
	}
	members->count = kept;
}

/* One walk; frozen groups are thawed after it, and none is left frozen by it. */
static int kill_pass(struct cgw_plan *plan, struct step *step, struct round *round, unsigned pass)
{
	/* Most groups are empty after the first walk, and the second one finds that. */
	bool frozen = pass > 1 && freeze_first(plan, step);
	int r = signal_all(plan, step, round);

	if (pass == 0 || frozen)
		thaw_all(plan, step);
	return r;
}

static int kill_until_empty(struct cgw_plan *plan, struct step *step, struct round *round)
{
	uint64_t end_ns =
		clock_now_ns() + (step->spec.timeout_ns != 0 ? step->spec.timeout_ns : TIMEOUT_NS);
	bool at_once = kill_at_once(plan, step), late = false;

	for (unsigned pass = 0;; pass++) {
		int r = kill_pass(plan, step, round, pass);

		if (r < 0)
			return r;
		if (round->found.count == 0 && round->found.out_of_view == 0) {
			/* Those that cgroup.kill killed were not counted. */
			if (at_once && round->signalled < step->process_count)
				round->signalled = step->process_count;
			return report_unread(step, round->found.error);
		}
		if (round->found.count == 0 && !at_once)
			return report_survivors(plan, step, &round->found);
		if (clock_now_ns() >= end_ns) {
			drop_dead(plan, &round->found);
			if (round->found.count > 0 || round->found.out_of_view > 0)
				return report_survivors(plan, step, &round->found);
			/* A walk may take longer than the timeout: one more shows what is left. */
			if (late)
				return cgw_diag_set(
					&step->result.diag, -ETIMEDOUT,
					"processes were started until the timeout; each "
					"that was found is dead");
			late = true;
		}
		clock_sleep_ms(pass < 10 ? 2 : 20);
	}
}

/*
 * Refuses to signal only some of the processes. cgroup.kill asks for write access to the file, not
 * for the right to signal each process.
 */
static int check_rights(const struct cgw_plan *plan, struct step *step,
			const struct members *members)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int hierarchy = cgw_layout_find_v2(plan->layout);

	if (signal_of(step) == SIGKILL && hierarchy >= 0 &&
	    target_open(plan->layout, (size_t)hierarchy, step->spec.path, &target) == 0 &&
	    target_has(&target, "cgroup.kill") && target_may_write(&target, "cgroup.kill") == 0)
		return 0;
	for (size_t i = 0; i < members->count; i++) {
		const struct members one = {.pids = &members->pids[i], .count = 1};
		char name[96];

		if (kill(members->pids[i], 0) == 0 || errno != EPERM)
			continue;
		members_format(&one, plan->layout, name, sizeof(name));
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "user %u may not signal %s; root may", (unsigned)geteuid(),
				    name);
	}
	return 0;
}

static int kill_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members members = {0};
	struct cgw_result *result = &step->result;
	char names[384];
	int r = members_add_all(&members, plan->layout, step->spec.path);

	if (r < 0)
		return advise_group(step, r);
	step->process_count = members.count;
	snprintf(result->old_value, sizeof(result->old_value), "%zu process%s", members.count,
		 members.count == 1 ? "" : "es");
	if (members.count == 0) {
		snprintf(result->new_value, sizeof(result->new_value), "0 processes");
		result->outcome = CGW_OUTCOME_UNCHANGED;
		return 0;
	}
	members_format(&members, plan->layout, names, sizeof(names));
	snprintf(result->how, sizeof(result->how), "send signal %d to %s", signal_of(step), names);
	return check_rights(plan, step, &members);
}

static int kill_apply(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members left = {0};
	CLEANUP(round_done)
	struct round round = {.signal = signal_of(step),
			      .seen = calloc(1, SEEN_BYTES),
			      .counted = calloc(1, SEEN_BYTES)};
	int r = -ENOMEM;

	if (round.seen != NULL && round.counted != NULL)
		r = round.signal == SIGKILL ? kill_until_empty(plan, step, &round)
					    : signal_once(plan, step, &round);
	if (r < 0)
		return step->result.diag.text[0] != '\0' ? r : advise_group(step, r);
	if (round.signal != SIGKILL)
		(void)members_add_all(&left, plan->layout, step->spec.path);
	snprintf(step->result.new_value, sizeof(step->result.new_value),
		 "signal %d: %zu signalled, %zu process%s left", round.signal, round.signalled,
		 left.count, left.count == 1 ? "" : "es");
	return 0;
}

const struct step_kind step_kill = {
	.prepare = kill_prepare,
	.apply = kill_apply,
	.always_refused = true,
};
