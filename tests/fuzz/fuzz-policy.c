/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-policy.c - untrusted policy files: accepted, or rejected with at least one error. */
#include "fuzz.h"
#include <cgward/policy.h>

struct reports {
	size_t errors;
};

static void report(void *context, const struct cgw_policy_problem *problem)
{
	struct reports *reports = context;

	FUZZ_CHECK(problem->diag.text[0] != '\0');
	for (const char *at = problem->diag.text; *at != '\0'; at++)
		FUZZ_CHECK((unsigned char)*at >= 0x20);
	reports->errors += !problem->warning;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reports reports = {0};
	const struct cgw_policy_reporter reporter = {report, &reports};
	struct cgw_metric_set set = {0};
	struct cgw_policy *policy;
	char *text = fuzz_text(data, size);

	if (cgw_policy_parse("fuzz", text, size, &reporter, &policy) < 0) {
		FUZZ_CHECK(reports.errors > 0);
	} else {
		FUZZ_CHECK(reports.errors == 0);
		cgw_policy_metrics_used(policy, &set);
		for (size_t i = 0; i < cgw_policy_section_count(policy); i++)
			FUZZ_CHECK(cgw_policy_section(policy, i).name[0] != '\0');
		cgw_policy_free(policy);
	}
	free(text);
	return 0;
}
