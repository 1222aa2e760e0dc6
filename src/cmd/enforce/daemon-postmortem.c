/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-postmortem.c - write post-mortem pages, as configured by [postmortem]. */
#include <syslog.h>

#include "cmd/enforce/daemon-postmortem.h"
#include "cmd/enforce/enforcement.h"
#include "cmd/enforce/log.h"

static void log_page(void *context, const char *directory, const char *id, const char *group,
		     const char *summary)
{
	log_event(LOG_WARNING, "%.400s: %.400s; see `cgward postmortem --directory '%s' show %s`",
		  group, summary, directory, id);
}

static void log_problem(void *context, const char *text)
{
	log_event(LOG_WARNING, "%s", text);
}

struct postmortem *daemon_postmortem_start(const struct cgw_layout *layout,
					   const struct cgw_policy *policy, const char *state)
{
	const struct postmortem_options options = {
		.layout = layout,
		.policy = policy,
		.state = state,
		.descriptors_max = sampler_descriptors(),
		.on_page = log_page,
		.on_problem = log_problem,
	};
	struct cgw_policy_postmortem settings;
	struct postmortem *postmortem = NULL;
	struct cgw_diag diag = {0};

	if (cgw_policy_postmortem_section(policy, &settings) &&
	    postmortem_start(&settings, &options, &postmortem, &diag) < 0)
		log_event(LOG_ERR, "cannot write post-mortem pages: %s", diag.text);
	return postmortem;
}
