/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-set-guard.c - values below the use of a group: refused, or set after a reclaim. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/muldiv.h"
#include "lib/limit/exact-quantity.h"
#include "lib/limit/step-set-guard.h"

int set_guard(const struct cgw_plan *plan, struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control);
	unsigned percent = row->guard_percent[plan->layout->hierarchies[step->hierarchy].version];
	uint64_t used = 0;
	char in_use[32], least[32];
	struct setting bound = {0};

	if (percent == 0 || target->directory < 0 || plan->options.force || step->after.unlimited ||
	    (step->has_before && setting_compare(&step->after, &step->before) >= 0) ||
	    target_number(target, (enum cgw_metric)row->guard, &used) < 0)
		return 0;
	if (!scale_u64(used, percent, 100, &bound.number))
		bound.number = UINT64_MAX;
	if (step->after.number >= bound.number ||
	    (plan->options.reclaim && row->reclaimable && plan->options.dry_run))
		return 0;
	(void)quantity_format_rounded((enum cgw_unit)row->info.unit, used, false, in_use,
				      sizeof(in_use));
	(void)quantity_format_rounded((enum cgw_unit)row->info.unit, bound.number, true, least,
				      sizeof(least));
	step->result.outcome = CGW_OUTCOME_REFUSED;
	return cgw_diag_set(&step->result.diag, -EBUSY,
			    "%s in use; below %s the kernel would %s immediately; use %s--force to "
			    "set it anyway",
			    in_use, least,
			    row->info.risk == CGW_RISK_KILL ? "kill processes" : "refuse forks",
			    row->reclaimable ? "--reclaim to free memory first, or " : "");
}

const char *set_reclaim_file(const struct cgw_plan *plan, const struct step *step,
			     const struct target *target, char *text, size_t size)
{
	const struct control_row *row = control_row(step->spec.control), *by;
	unsigned version = plan->layout->hierarchies[step->hierarchy].version;
	uint64_t used = 0;

	if (!plan->options.reclaim || !row->reclaimable || target->directory < 0 ||
	    step->after.unlimited ||
	    target_number(target, (enum cgw_metric)row->guard, &used) < 0 ||
	    used <= step->after.number)
		return NULL;
	by = control_row((enum cgw_control)row->reclaim_by[version]);
	snprintf(text, size, "%llu",
		 by->form == FORM_FLAG ? 0ULL
				       : (unsigned long long)(used - step->after.number +
							      step->after.number / 16));
	for (size_t i = 0; i < by->source_count; i++)
		if (by->sources[i].version == version)
			return by->sources[i].file;
	return NULL;
}

void set_reclaim(const struct cgw_plan *plan, const struct step *step, const struct target *target)
{
	char text[32];
	const char *file = set_reclaim_file(plan, step, target, text, sizeof(text));

	/* EAGAIN (less was reclaimed) is not an error: set_guard() checks the result. */
	if (file != NULL)
		(void)target_write(target, file, text);
}
