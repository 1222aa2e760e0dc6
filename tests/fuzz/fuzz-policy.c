/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-policy.c - a policy file from anyone: taken whole, or refused with at least one reason. */
#include "fuzz.h"
#include <cgward/policy.h>

struct heard {
	size_t errors;
};

static void hear(void *context, const struct cgw_policy_problem *problem)
{
	struct heard *heard = context;

	FUZZ_CHECK(problem->diag.text[0] != '\0');
	for (const char *at = problem->diag.text; *at != '\0'; at++)
		FUZZ_CHECK((unsigned char)*at >= 0x20);
	heard->errors += !problem->warning;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard heard = {0};
	const struct cgw_policy_reporter reporter = {hear, &heard};
	struct cgw_metric_set set = {0};
	struct cgw_policy *policy;
	char *text = fuzz_text(data, size);

	if (cgw_policy_parse("fuzz", text, size, &reporter, &policy) < 0) {
		FUZZ_CHECK(heard.errors > 0);
	} else {
		FUZZ_CHECK(heard.errors == 0);
		cgw_policy_metrics_used(policy, &set);
		for (size_t i = 0; i < cgw_policy_section_count(policy); i++)
			FUZZ_CHECK(cgw_policy_section(policy, i).name[0] != '\0');
		cgw_policy_free(policy);
	}
	free(text);
	return 0;
}
