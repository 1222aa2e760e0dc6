/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protect.c - the [protect] sections of the machine's policy, for changes by hand. */
#include <cgward/policy.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "verbs/protect.h"

struct verb_protection {
	const struct verb *verb;
	struct cgw_policy *policy;
	struct cgw_frame *frame; /* the groups of this moment, once one is asked for */
};

static void say_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		cli_diag(context, &problem->diag);
}

struct verb_protection *protect_free(struct verb_protection *protection)
{
	if (protection == NULL)
		return NULL;
	cgw_frame_free(protection->frame);
	cgw_policy_free(protection->policy);
	free(protection);
	return NULL;
}

static int take_frame(struct verb_protection *protection)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_sampler *sampler = NULL;
	struct cgw_frame *frame = NULL;
	int r = cgw_sampler_new(protection->verb->layout, &options, &sampler, NULL);

	if (r == 0)
		r = cgw_sampler_sample(sampler, &snapshot);
	if (r == 0)
		r = cgw_frame_new(&frame);
	if (r == 0)
		r = cgw_frame_update(frame, snapshot);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	if (r < 0)
		cgw_frame_free(frame);
	else
		protection->frame = frame;
	return r;
}

/* What lets a group go on, or makes a new one, harms nobody. */
static bool is_harmless(enum cgw_step_kind kind)
{
	return kind == CGW_STEP_THAW || kind == CGW_STEP_CREATE;
}

static int protect(void *context, const char *path, enum cgw_step_kind kind, struct cgw_diag *diag)
{
	struct verb_protection *protection = context;
	uint32_t group;
	int r = 0;

	if (protection->verb->options.yes_really || is_harmless(kind))
		return 0;
	if (protection->frame == NULL)
		r = take_frame(protection);
	if (r < 0)
		return r;
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(protection->frame)), path);
	if (group == CGW_NO_GROUP) /* made since, by this very plan */
		return 0;
	return cgw_policy_protects(protection->policy, protection->frame, NULL, group,
				   CGW_CONTROL_COUNT, diag);
}

enum cli_exit protect_load(struct verb *verb)
{
	const char *file = verb->policy != NULL ? verb->policy : PROTECT_FILE;
	const char *directory = verb->policy != NULL ? NULL : PROTECT_DIRECTORY;
	const struct cgw_policy_reporter reporter = {say_problem, verb->context};
	struct verb_protection *protection;
	int r;

	if (verb->policy == NULL && access(file, F_OK) < 0 && errno == ENOENT)
		file = NULL;
	if (directory != NULL && access(directory, F_OK) < 0 && errno == ENOENT)
		directory = NULL;
	if (file == NULL && directory == NULL)
		return CLI_OK;
	protection = calloc(1, sizeof(*protection));
	if (protection == NULL)
		return CLI_FAILED;
	protection->verb = verb;
	r = cgw_policy_load(file, directory, &reporter, &protection->policy);
	if (r < 0) {
		protect_free(protection);
		if (verb->options.yes_really)
			return CLI_OK;
		cli_error(verb->context, "the policy says what is protected, and cannot be read; "
					 "--yes-really goes on without it");
		return CLI_POLICY_INVALID;
	}
	verb->protection = protection;
	verb->options.protect = protect;
	verb->options.protect_context = protection;
	return CLI_OK;
}
