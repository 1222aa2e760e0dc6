/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* row-subject.c - keeps the selected row of a page while rows appear or disappear above it. */
#include <string.h>

#include "tui/detail/detail.h"

static bool is_first_of(const struct detail *detail, uint32_t row,
			const struct row_subject *subject)
{
	const struct detail_row *at = &detail->rows[row];

	if (at->cause > 0)
		return (int)detail->causes[at->cause - 1].kind == subject->cause &&
		       (row == 0 || at[-1].cause != at->cause);
	return subject->cause < 0 && at->left[0] != '\0' && strcmp(at->left, subject->left) == 0;
}

struct row_subject detail_selected_subject(const struct detail *detail)
{
	uint32_t row = detail->scroll.selected;
	struct row_subject subject = {.cause = -1};

	/* The selected process is kept by its PID. */
	if (row >= detail->row_count || detail->page == PAGE_PROCESSES)
		return subject;
	if (detail->rows[row].cause > 0) {
		subject.cause = (int)detail->causes[detail->rows[row].cause - 1].kind;
		while (row > 0 && detail->rows[row - 1].cause == detail->rows[row].cause)
			row--;
	} else {
		while (row > 0 && detail->rows[row].left[0] == '\0')
			row--;
		memcpy(subject.left, detail->rows[row].left, sizeof(subject.left));
	}
	subject.offset = detail->scroll.selected - row;
	return subject;
}

void detail_select_subject(struct detail *detail, const struct row_subject *subject)
{
	uint32_t row = detail->scroll.selected - subject->offset;

	if (row < detail->row_count && is_first_of(detail, row, subject))
		return;
	for (row = 0; row + subject->offset < detail->row_count; row++)
		if (is_first_of(detail, row, subject)) {
			detail->scroll.selected = row + subject->offset;
			return;
		}
}
