/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * selection.c - groups that a section selects, and groups that are protected.
 *
 * Paths are matched first, once per group. Facts are expensive, so they are evaluated only for
 * groups whose path matches.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/policy/policy-priv.h"

static bool any_matches(const struct string_list *globs, const char *path)
{
	for (size_t i = 0; i < globs->count; i++)
		if (cgw_glob_match(globs->items[i], path))
			return true;
	return false;
}

bool selection_accepts_path(const struct selection *selection, const char *path)
{
	return (selection->match.count == 0 || any_matches(&selection->match, path)) &&
	       !any_matches(&selection->exclude, path);
}

bool selection_needs_facts(const struct selection *selection)
{
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++)
		if (selection->subjects[i].count > 0)
			return true;
	return selection->min_age_ns > 0 || selection->min_procs > 0;
}

static enum cgw_truth subject_matches(const struct string_list *patterns, enum cgw_subject subject,
				      const struct cgw_frame *frame, const struct cgw_facts *facts,
				      uint32_t group)
{
	enum cgw_truth truth = CGW_FALSE;

	for (size_t i = 0; i < patterns->count; i++) {
		enum cgw_truth result =
			facts->matches(facts->context, frame, group, subject, patterns->items[i]);

		if (result == CGW_TRUE)
			return CGW_TRUE;
		if (result == CGW_UNKNOWN)
			truth = CGW_UNKNOWN;
	}
	return truth;
}

enum cgw_truth selection_accepts_facts(const struct selection *selection,
				       const struct cgw_frame *frame, const struct cgw_facts *facts,
				       uint32_t group)
{
	struct cgw_number threads;

	if (!selection_needs_facts(selection))
		return CGW_TRUE;
	if (selection->min_procs > 0) {
		threads = cgw_snapshot_number(cgw_frame_now(frame), CGW_M_PIDS_CURRENT, group);
		if (threads.state != CGW_OK)
			return CGW_UNKNOWN;
		if (threads.value < selection->min_procs)
			return CGW_FALSE;
	}
	if (facts == NULL)
		return CGW_UNKNOWN;
	if (selection->min_age_ns > 0) {
		uint64_t age_ns = facts->age_ns(facts->context, frame, group);

		if (age_ns == UINT64_MAX)
			return CGW_UNKNOWN;
		if (age_ns < selection->min_age_ns)
			return CGW_FALSE;
	}
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++) {
		enum cgw_truth truth;

		if (selection->subjects[i].count == 0)
			continue;
		truth = subject_matches(&selection->subjects[i], (enum cgw_subject)i, frame, facts,
					group);
		if (truth != CGW_TRUE)
			return truth;
	}
	return CGW_TRUE;
}

enum cgw_truth cgw_policy_section_matches(const struct cgw_policy *policy, size_t section,
					  const struct cgw_frame *frame,
					  const struct cgw_facts *facts, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	const struct selection *selection;
	CLEANUP(cleanup_free) char *path = NULL;

	if (section >= policy->count || group >= topology->count)
		return CGW_UNKNOWN;
	selection = &policy->sections[section]->selection;
	path = cgw_topology_path_copy(topology, group);
	if (path == NULL)
		return CGW_UNKNOWN;
	if (!selection_accepts_path(selection, path))
		return CGW_FALSE;
	return selection_accepts_facts(selection, frame, facts, group);
}

int cgw_policy_sum_members(const struct cgw_policy *policy, size_t section,
			   const struct cgw_frame *frame, const struct cgw_facts *facts,
			   uint32_t group, uint32_t **ret_groups, size_t *ret_count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	uint32_t parent = group < topology->count ? topology->parent[group] : CGW_NO_GROUP;
	uint32_t end, *groups;
	size_t count = 0;

	*ret_groups = NULL;
	*ret_count = 0;
	if (section >= policy->count || policy->sections[section]->kind != CGW_SECTION_RULE ||
	    !policy->sections[section]->rule.sum || parent == CGW_NO_GROUP)
		return 0;
	groups = calloc(topology->below[parent] + (size_t)1, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	end = parent + topology->below[parent] + 1;
	for (uint32_t child = parent + 1; child < end; child += topology->below[child] + 1)
		if (cgw_policy_section_matches(policy, section, frame, facts, child) == CGW_TRUE)
			groups[count++] = child;
	*ret_groups = groups;
	*ret_count = count;
	return 0;
}

bool selection_has_mark(const struct cgw_frame *frame, const struct cgw_facts *facts,
			uint32_t group, const char *mark)
{
	static const char *const families[] = {"user", "trusted"};

	for (size_t i = 0; facts != NULL && i < ARRAY_SIZE(families); i++)
		if (facts->matches(facts->context, frame, group, CGW_SUBJECT_ATTRIBUTE,
				   FORMATTED(64, "%s.%s=1", families[i], mark)) == CGW_TRUE)
			return true;
	return false;
}

enum cgw_truth cgw_policy_place_matches(const struct cgw_policy *policy, size_t section,
					enum cgw_truth (*matches)(void *context,
								  enum cgw_subject subject,
								  const char *pattern),
					void *context)
{
	const struct selection *selection;

	if (section >= policy->count)
		return CGW_UNKNOWN;
	selection = &policy->sections[section]->selection;
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++) {
		const struct string_list *patterns = &selection->subjects[i];
		enum cgw_truth truth = patterns->count > 0 ? CGW_FALSE : CGW_TRUE;

		for (size_t j = 0; j < patterns->count && truth != CGW_TRUE; j++)
			truth = matches(context, (enum cgw_subject)i, patterns->items[j]);
		if (truth != CGW_TRUE)
			return truth;
	}
	return CGW_TRUE;
}

/*
 * Groups that the system or cgward itself needs. [protect] can extend the list, but not shorten it.
 * The groups that cgward runs in are found at run time by cgw_protect_check().
 */
static const char *const built_in[] = {
	"/", /* the other patterns have no slash and match the last component of the path */
	"init.scope",
	"systemd-journald.service",
	"systemd-logind.service",
	"systemd-udevd.service",
	"systemd-resolved.service",
	"systemd-networkd.service",
	"systemd-oomd.service",
	"dbus.service",
	"dbus-broker.service",
	"ssh.service",
	"sshd.service",
	"sshd@*.service",
	"getty@*.service",
	"serial-getty@*.service",
	"cgward.service",
};

/* Unlike in other sections, one matching key is enough. */
static bool section_protects(const struct section *section, const struct cgw_frame *frame,
			     const struct cgw_facts *facts, uint32_t group, const char *path)
{
	const struct selection *selection = &section->selection;

	if (any_matches(&selection->exclude, path))
		return false;
	if (any_matches(&selection->match, path))
		return true;
	for (size_t i = 0; facts != NULL && i < CGW_SUBJECT_COUNT; i++)
		if (subject_matches(&selection->subjects[i], (enum cgw_subject)i, frame, facts,
				    group) == CGW_TRUE)
			return true;
	return false;
}

/* Weights and protections, which neither block nor kill processes. */
static bool is_soft(enum cgw_control control)
{
	return control < CGW_CONTROL_COUNT && cgw_control_info(control)->risk == CGW_RISK_NONE;
}

int cgw_policy_check_protected(const struct cgw_policy *policy, const struct cgw_frame *frame,
			       const struct cgw_facts *facts, uint32_t group,
			       enum cgw_control control, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free)
	char *path = cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(frame)), group);

	if (path == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
		if (cgw_glob_match(built_in[i], path))
			return cgw_diag_set(diag, -EPERM,
					    "protected: the system requires %s (built-in)",
					    built_in[i]);
	if (selection_has_mark(frame, facts, group, "oomd_omit"))
		return cgw_diag_set(diag, -EPERM, "protected: oomd_omit is set on the group");
	for (size_t i = 0; i < policy->count; i++) {
		const struct section *section = policy->sections[i];

		if (section->kind != CGW_SECTION_PROTECT || (section->soft && is_soft(control)))
			continue;
		if (section_protects(section, frame, facts, group, path))
			return cgw_diag_set(diag, -EPERM, "protected by [protect %s] at %s:%u",
					    section->name, section->file, section->line);
	}
	return 0;
}
