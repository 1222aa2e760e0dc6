/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invalid-value.c - finds the value that forbids another one.
 *
 * The kernel only returns EINVAL. What may forbid a value is in the table of controls (AT_MOST,
 * NOT_WITH) and, for bandwidth on v1, in the ancestors and descendants of the group.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/list-children.h"
#include "lib/limit/invalid-value.h"
#include "lib/limit/percent-base.h"

/* The value of another control of the group; false if the group has none. */
static bool read_other(const struct cgw_plan *plan, const struct step *step,
		       const struct target *target, int16_t control, struct setting *ret_setting)
{
	const struct control_row *row = control_row((enum cgw_control)control);
	const struct cgw_source *source;
	struct setting setting = {0};
	size_t hierarchy;

	if (control_place(plan->layout, (enum cgw_control)control, step->spec.path, &hierarchy,
			  &source) < 0 ||
	    hierarchy != target->hierarchy || target_get(target, row, source, &setting) < 0)
		return false;
	*ret_setting = setting;
	return true;
}

static bool report_bound(struct step *step, const struct control_row *row,
			 const struct setting *value, const char *relation)
{
	char words[VALUE_MAX];

	setting_format(row, value, words, sizeof(words));
	cgw_diag_set(&step->result.diag, -EINVAL,
		     "the value is %s %s, which is %s; set both in one command", relation,
		     row->info.key, words);
	return true;
}

/* A control of the same group that the value must not exceed, or that must not exceed it. */
static bool explain_companion(const struct cgw_plan *plan, struct step *step,
			      const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control);
	struct setting other;

	if (row->bounded && read_other(plan, step, target, row->at_most, &other) &&
	    setting_compare(&step->after, &other) > 0)
		return report_bound(step, control_row((enum cgw_control)row->at_most), &other,
				    "above");
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct control_row *below = control_row((enum cgw_control)i);

		if (below->bounded && below->at_most == (int16_t)step->spec.control &&
		    read_other(plan, step, target, (int16_t)i, &other) &&
		    setting_compare(&other, &step->after) > 0)
			return report_bound(step, below, &other, "below");
	}
	if (!row->excluded || !read_other(plan, step, target, row->not_with, &other) ||
	    other.number == 0)
		return false;
	cgw_diag_set(&step->result.diag, -EINVAL,
		     "the kernel rejects the value as long as %s of the group is %llu",
		     control_row((enum cgw_control)row->not_with)->info.key,
		     (unsigned long long)other.number);
	return true;
}

/* The search for a child whose bandwidth exceeds the new one of the group. */
struct child_search {
	const struct target *group;
	const struct step *step;
	struct setting found;
	char name[256];
};

static int compare_child(void *context, const struct walk_entry *entry)
{
	struct child_search *search = context;
	const struct control_row *row = control_row(search->step->spec.control);
	const struct kernel_ops *ops = search->group->layout->ops;
	struct target child = *search->group;
	struct setting setting = {0}, most = setting_rate(row, &search->step->after), rate;
	int r;

	child.directory =
		ops->open_beneath(search->group->directory, entry->name, O_PATH | O_DIRECTORY);
	if (child.directory < 0)
		return 0;
	r = target_get(&child, row, search->step->source, &setting);
	target_close(&child);
	rate = setting_rate(row, &setting);
	if (r < 0 || setting.unlimited || setting_compare(&rate, &most) <= 0)
		return 0;
	search->found = setting;
	cgw_escape(search->name, sizeof(search->name), entry->name, strlen(entry->name));
	return 1; /* stop */
}

/* v1 checks a bandwidth against those of the ancestors and of the children. */
static bool explain_hierarchy(struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control);
	struct setting rate = setting_rate(row, &step->after), limit = {0}, most;
	struct child_search search = {.group = target, .step = step};
	char words[VALUE_MAX], path[256], shown[256];

	if (row->form != FORM_BANDWIDTH || step->source->version != 1)
		return false;
	if (percent_bases_parent_limit(row, step->source, target, &limit, path, sizeof(path))) {
		most = setting_rate(row, &limit);
		if (setting_compare(&rate, &most) > 0) {
			setting_format(row, &limit, words, sizeof(words));
			cgw_escape(shown, sizeof(shown), path, strlen(path));
			cgw_diag_set(&step->result.diag, -EINVAL,
				     "the value exceeds that of the ancestor %s, which is %s",
				     shown, words);
			return true;
		}
	}
	if (walk_children(target->layout->ops, target->directory, false, compare_child, &search) <
		    0 ||
	    search.name[0] == '\0')
		return false;
	setting_format(row, &search.found, words, sizeof(words));
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	cgw_diag_set(&step->result.diag, -EINVAL,
		     "the value is below that of the child %s/%s, which is %s", shown, search.name,
		     words);
	return true;
}

int invalid_value_explain(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	if (strcmp(step->spec.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -EINVAL,
				    "the root group cannot be limited; limit its children instead");
	if (explain_companion(plan, step, target) || explain_hierarchy(step, target) ||
	    invalid_list_explain(step, target, -EINVAL))
		return -EINVAL;
	return cgw_diag_set(&step->result.diag, -EINVAL, "the kernel rejected the value %s",
			    step->result.new_value);
}

struct list_search {
	const struct target *group;
	const char *file, *list;
	char found[VALUE_MAX], name[256];
};

/* Does the child have a CPU that is not in the list? */
static int compare_list(void *context, const struct walk_entry *entry)
{
	struct list_search *search = context;
	const struct kernel_ops *ops = search->group->layout->ops;
	struct target child = *search->group;
	char list[VALUE_MAX];
	int r;

	child.directory =
		ops->open_beneath(search->group->directory, entry->name, O_PATH | O_DIRECTORY);
	if (child.directory < 0)
		return 0;
	r = target_read_word(&child, search->file, list, sizeof(list));
	target_close(&child);
	if (r < 0 || list_contains(search->list, list))
		return 0;
	memcpy(search->found, list, sizeof(list));
	cgw_escape(search->name, sizeof(search->name), entry->name, strlen(entry->name));
	return 1; /* stop */
}

bool invalid_list_explain(struct step *step, const struct target *target, int error)
{
	const char *list = strcmp(step->after.text, "none") == 0 ? "" : step->after.text;
	CLEANUP(target_close) struct target parent = TARGET_NONE;
	struct list_search search = {.group = target, .list = list};
	const struct control_row *row = control_row(step->spec.control);
	char above[VALUE_MAX], shown[256];

	if (target == NULL || row->form != FORM_LIST || step->source->version != 1)
		return false;
	search.file = step->source->file;
	parent = *target;
	parent.directory =
		target->layout->ops->open_at(target->directory, "..", O_PATH | O_DIRECTORY);
	if (parent.directory >= 0 &&
	    target_read_word(&parent, search.file, above, sizeof(above)) == 0 &&
	    !list_contains(above, list)) {
		cgw_diag_set(&step->result.diag, error,
			     "%s of the parent is only %s, and on cgroup v1 a group cannot "
			     "have more",
			     row->info.key, above[0] != '\0' ? above : "none");
		return true;
	}
	if (walk_children(target->layout->ops, target->directory, false, compare_list, &search) <
		    0 ||
	    search.name[0] == '\0')
		return false;
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	cgw_diag_set(&step->result.diag, error,
		     "the child %s/%s has %s, and on cgroup v1 it cannot have more than its "
		     "parent",
		     strcmp(shown, "/") == 0 ? "" : shown, search.name, search.found);
	return true;
}
