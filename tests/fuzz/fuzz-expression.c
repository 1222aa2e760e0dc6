/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-expression.c - untrusted conditions: every error has a reason, valid ones evaluate. */
#include "fuzz.h"
#include "lib/sample/snapshot.h"
#include <cgward/expression.h>

/* One group whose values are all unknown. */
static struct cgw_frame *empty_frame(void)
{
	struct topology_arrays to;
	struct topology *topology;
	struct cgw_snapshot *snapshot;
	struct cgw_frame *frame;
	const struct cgw_metric_set none = {0};

	FUZZ_CHECK(topology_new(1, 1, 1, &topology, &to) == 0);
	to.parent[0] = CGW_NO_GROUP;
	to.present[0] = 1;
	to.id[0][0] = 1;
	to.names[0] = '\0';
	to.name[0] = to.names;
	FUZZ_CHECK(snapshot_begin(NULL, topology, &none, &snapshot) == 0);
	FUZZ_CHECK(snapshot_finish(snapshot) == 0);
	topology_unref(topology);
	FUZZ_CHECK(cgw_frame_new(&frame) == 0);
	FUZZ_CHECK(cgw_frame_update(frame, snapshot) == 0);
	cgw_snapshot_unref(snapshot);
	return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cgw_frame *frame;
	char *text = fuzz_text(data, size);
	struct cgw_expression *expression;
	struct cgw_averages *averages;
	struct cgw_metric_set set = {0};
	struct cgw_diag diag = {0};

	if (frame == NULL)
		frame = empty_frame();
	if (cgw_expression_parse(text, &expression, &diag) < 0) {
		FUZZ_CHECK(diag.text[0] != '\0' && strchr(diag.text, '\n') == NULL);
	} else {
		struct cgw_scope scope = {.frame = frame};

		FUZZ_CHECK(cgw_averages_new(expression, &averages) == 0);
		FUZZ_CHECK(cgw_averages_update(averages, frame) == 0);
		scope.averages = averages;
		FUZZ_CHECK(cgw_expression_evaluate(expression, &scope) <= CGW_UNKNOWN);
		cgw_expression_metrics(expression, &set);
		for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
			struct cgw_term term;

			cgw_expression_term(expression, i, &term);
			FUZZ_CHECK(strstr(text, term.text) != NULL);
		}
		cgw_averages_free(averages);
		cgw_expression_free(expression);
	}
	free(text);
	return 0;
}
