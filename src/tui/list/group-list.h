/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-list.h - which groups stand in the list, in which order, which of them is selected. Pure.
 *
 * What the user did to a group (folded, marked, selected) follows the group from sample to sample,
 * never the row. A group that went stays on its row, marked as gone, for a few seconds.
 */
#ifndef CGWARD_TUI_LIST_GROUP_LIST_H
#define CGWARD_TUI_LIST_GROUP_LIST_H

#include <cgward/expression.h>

#define LIST_NEW_NS   UINT64_C(5000000000)
#define LIST_GONE_NS  UINT64_C(3000000000)
#define LIST_GONE_MAX 32

enum group_flag {
	GROUP_FOLDED = 1,
	GROUP_MARKED = 2,
	GROUP_CONTEXT = 4, /* stands there for its children alone: the filter does not match it */
};

struct group_state {
	uint64_t new_until_ns; /* of the monotonic clock; 0: not new */
	uint8_t flags;         /* enum group_flag */
};

#define NO_ROW UINT32_MAX

struct list_row {
	uint32_t group;      /* CGW_NO_GROUP: gone */
	uint32_t gone;       /* index of `gone` then */
	uint32_t parent_row; /* in the tree; NO_ROW at its top */
	uint16_t depth;      /* of rows, not of groups: what is filtered out does not indent */
	bool last;           /* no sibling follows */
};

struct list_gone {
	char *path; /* raw */
	uint32_t row;
	uint64_t until_ns;
};

enum filter_kind { FILTER_NONE, FILTER_WORD, FILTER_GLOB, FILTER_EXPRESSION };

struct list_filter {
	enum filter_kind kind;
	char text[512];
	struct cgw_expression *expression; /* where the kind says so, as below */
	struct cgw_averages *averages;
};

struct list {
	struct group_state *states, *next_states; /* by group of the frame */
	uint32_t *groups;                         /* those listed */
	uint32_t count, capacity;
	struct list_row *rows;
	uint32_t row_count, row_capacity;
	uint32_t matched; /* rows that the filter matches */
	uint32_t marked;
	struct list_gone gone[LIST_GONE_MAX];
	size_t gone_count;
	struct list_filter filter;
	struct cgw_order_scratch scratch;
	uint32_t selected; /* row */
	uint32_t selected_group;
	uint32_t first; /* row at the top of the screen */
	uint32_t page;  /* rows on the screen */
};

struct list_order {
	struct cgw_field field;
	bool upwards;
	bool tree;
};

void list_done(struct list *list);

/* After each cgw_frame_update(): carries what is known of the groups over. */
int list_update(struct list *list, const struct cgw_frame *frame, uint64_t now_ns);
/* Nothing is new or gone: it was not seen to come or go. */
void list_forget(struct list *list);
/* Makes the rows anew: after an update, and whenever order, folds or filter changed. */
int list_arrange(struct list *list, const struct cgw_frame *frame, const struct list_order *order,
		 uint64_t now_ns);

/* A glob where it has one of *?[{, an expression where it compares, else part of a path. "": all. */
int list_filter(struct list *list, const char *text, struct cgw_diag *diag);
/* All metrics that the filter reads. */
void list_filter_metrics(const struct list *list, struct cgw_metric_set *set);

/* Rows `page` high are shown: scrolls so that the selected one is among them. */
void list_show(struct list *list, uint32_t page);
void list_select(struct list *list, uint32_t row);
void list_move(struct list *list, int64_t by);
/* Selects the group, unfolding what hides it; list_arrange() shows it. */
void list_go(struct list *list, const struct cgw_frame *frame, uint32_t group);

/* Is the group among those that match the filter? */
bool list_matches(const struct list *list, const struct cgw_frame *frame, uint32_t group);

/*
 * The next group after `from` (before it, with `backward`) whose path holds the text, whatever the
 * case; round the end. Rows come in the order of the list, then groups that are folded away.
 */
uint32_t list_search(const struct list *list, const struct cgw_frame *frame, const char *text,
		     bool backward, bool from_here);

/* Folds, unfolds; false where there is nothing to. */
bool list_fold(struct list *list, const struct cgw_frame *frame, uint32_t group, bool fold);
/* Folds all groups below the selected one's top, or unfolds them where one was folded. */
void list_fold_all(struct list *list, const struct cgw_frame *frame);
void list_mark(struct list *list, uint32_t group, bool marked);
void list_unmark_all(struct list *list);

/* Does `text` hold `part`, whatever the case of ASCII letters? Where, or NULL. */
const char *find_part(const char *text, const char *part);

#endif
