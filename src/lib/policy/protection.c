/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* protection.c - [protect] sections of the system's policy, applied to changes by hand. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/model/group-identity.h"
#include "lib/model/sampling.h"
#include <cgward/policy.h>

#define SYSTEM_FILE      "/etc/cgward/cgward.conf"
#define SYSTEM_DIRECTORY "/etc/cgward/conf.d"

struct cgw_protection {
	const struct cgw_layout *layout;
	struct cgw_policy *policy;
	struct cgw_frame *frame; /* read at the first check; NULL before */
};

struct cgw_protection *cgw_protection_free(struct cgw_protection *protection)
{
	if (protection == NULL)
		return NULL;
	cgw_frame_free(protection->frame);
	cgw_policy_free(protection->policy);
	free(protection);
	return NULL;
}

static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

int cgw_protection_load(const struct cgw_layout *layout, const char *file,
			const struct cgw_policy_reporter *reporter,
			struct cgw_protection **ret_protection)
{
	const char *directory =
		file == NULL && !is_missing(SYSTEM_DIRECTORY) ? SYSTEM_DIRECTORY : NULL;
	struct cgw_protection *protection;
	int r;

	if (file == NULL && !is_missing(SYSTEM_FILE))
		file = SYSTEM_FILE;
	*ret_protection = NULL;
	if (file == NULL && directory == NULL)
		return 0;
	protection = calloc(1, sizeof(*protection));
	if (protection == NULL)
		return -ENOMEM;
	protection->layout = layout;
	r = cgw_policy_load(file, directory, reporter, &protection->policy);
	if (r < 0)
		cgw_protection_free(protection);
	else
		*ret_protection = protection;
	return r;
}

static int read_frame(struct cgw_protection *protection)
{
	const struct cgw_sampler_options options = {.once = true};
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	CLEANUP(cleanup_frame) struct cgw_frame *frame = NULL;
	int r = cgw_sampler_new(protection->layout, &options, &sampler, NULL);

	if (r == 0)
		r = cgw_frame_new(&frame);
	if (r == 0)
		r = sample_into_frame(sampler, frame);
	if (r == 0)
		protection->frame = steal_pointer(&frame);
	return r;
}

/* Only units, containers and owners: processes are not inspected for each change by hand. */
static enum cgw_truth matches(void *context, const struct cgw_frame *frame, uint32_t group,
			      enum cgw_subject subject, const char *pattern)
{
	return subject_by_path(frame, group, subject, pattern);
}

static uint64_t age_ns(void *context, const struct cgw_frame *frame, uint32_t group)
{
	return UINT64_MAX;
}

int cgw_protection_check(void *context, const char *path, enum cgw_step_kind kind,
			 struct cgw_diag *diag)
{
	const struct cgw_facts facts = {matches, age_ns, NULL};
	struct cgw_protection *protection = context;
	uint32_t group;
	int r = 0;

	if (protection == NULL || kind == CGW_STEP_THAW || kind == CGW_STEP_CREATE)
		return 0;
	if (protection->frame == NULL)
		r = read_frame(protection);
	if (r < 0)
		return r;
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(protection->frame)), path);
	if (group == CGW_NO_GROUP) /* created by this plan */
		return 0;
	return cgw_policy_check_protected(protection->policy, protection->frame, &facts, group,
					  CGW_CONTROL_NONE, diag);
}
