/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-list.h - rows of the group list: filter, order, selection. Pure.
 *
 * State set by the user (folded, marked, selected) belongs to the group and follows it from sample
 * to sample. A removed group stays on its row, marked as gone, for a few seconds. Pinned groups
 * come first; in the tree they leave their parents, and take the groups below them along.
 */
#pragma once

#include <cgward/expression.h>

#include "lib/base/clock.h"
#include "tui/core/settings.h"
#include "tui/list/group-names.h"

#define LIST_NEW_NS   (5 * NS_PER_S)
#define LIST_GONE_NS  (3 * NS_PER_S)
#define LIST_GONE_MAX 32
/* A group without CPU use for this long is idle. */
#define LIST_BUSY_NS (10 * NS_PER_S)

enum group_flag {
	GROUP_FOLDED = 1,
	GROUP_MARKED = 2,
	GROUP_CONTEXT = 4, /* does not match the filter; shown for its descendants */
	GROUP_PINNED = 8,  /* set by list_arrange() */
	GROUP_HIDDEN = 16, /* the same: below a folded group */
	GROUP_NAMED = 32,  /* its name was looked up, or it can have none */
};

struct group_state {
	uint64_t new_until_ns;  /* monotonic clock; 0: not new */
	uint64_t busy_until_ns; /* the same: used CPU time in the last LIST_BUSY_NS before it */
	uint8_t flags;          /* enum group_flag */
};

#define NO_ROW UINT32_MAX

struct list_row {
	uint32_t group;      /* CGW_NO_GROUP: gone */
	uint32_t gone;       /* if gone: index into `gone` of the list */
	uint32_t parent_row; /* in the tree; NO_ROW for top-level rows */
	uint16_t depth;      /* in rows: groups that are filtered out do not indent */
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
	struct cgw_expression *expression; /* FILTER_EXPRESSION only, else NULL */
	struct cgw_averages *averages;     /* same */
};

struct list {
	struct group_state *states; /* indexed by group of the frame */
	uint32_t count;
	uint32_t *groups; /* groups with a row */
	size_t capacity;
	struct list_row *rows;
	uint32_t row_count;
	size_t row_capacity;
	uint32_t matched; /* groups that match the filter */
	uint32_t marked;
	uint32_t idle; /* groups hidden because they are idle */
	struct list_gone gone[LIST_GONE_MAX];
	size_t gone_count;
	struct list_filter filter;
	const struct group_names *names; /* searched as well; NULL: none */
	const struct pins *pins;         /* NULL: none */
	struct cgw_order_scratch scratch;
	uint32_t selected; /* row */
	uint32_t selected_group;
	uint32_t first; /* first row on the screen */
	uint32_t page;  /* rows on the screen */
};

struct list_order {
	struct cgw_field field;
	bool upwards;
	bool tree;
	bool hide_idle;
};

void list_done(struct list *list);

/* Carries the state of the groups over. Call it after each cgw_frame_update(). */
int list_update(struct list *list, const struct cgw_frame *frame, uint64_t now_ns);
/* Marks no group as new or gone, after a jump in time. */
void list_forget(struct list *list);
/* Rebuilds the rows. Call it after an update and after a change of order, folds or filter. */
int list_arrange(struct list *list, const struct cgw_frame *frame, const struct list_order *order,
		 uint64_t now_ns);

/* The text is an expression if it has one of <>=, a glob if one of *?[{, else a part of paths. */
int list_filter(struct list *list, const char *text, struct cgw_diag *diag);
/* Adds the metrics that the filter reads. */
void list_filter_metrics(const struct list *list, struct cgw_metric_set *set);

/* Sets the number of visible rows, and scrolls to make the selected row visible. */
void list_show(struct list *list, uint32_t page);
void list_select(struct list *list, uint32_t row);
void list_move(struct list *list, int64_t by);
/* Selects the group and unfolds its ancestors. Call list_arrange() afterwards. */
void list_go(struct list *list, const struct cgw_frame *frame, uint32_t group);

/* Whether the group matches the filter. */
bool list_matches(const struct list *list, const struct cgw_frame *frame, uint32_t group);

/*
 * Finds the next group (previous if `backward`) whose path contains the text, ignoring case and
 * wrapping around. Starts at the selected row if `from_here`, else after it. Hidden groups, in
 * folded parents, come last. Returns CGW_NO_GROUP if none matches.
 */
uint32_t list_search(const struct list *list, const struct cgw_frame *frame, const char *text,
		     bool backward, bool from_here);

/* Folds or unfolds a group. Returns false if nothing changed. */
bool list_fold(struct list *list, const struct cgw_frame *frame, uint32_t group, bool fold);
/* Folds all groups below the root; if any is folded, unfolds all. */
void list_fold_all(struct list *list, const struct cgw_frame *frame);
void list_mark(struct list *list, uint32_t group, bool marked);
void list_unmark_all(struct list *list);

/* Whether the name of the group's container or pod contains the text. */
bool list_name_contains(const struct list *list, const struct cgw_topology *topology,
			uint32_t group, const char *text);

/* Finds `part` in `text`, ignoring the case of ASCII letters. NULL: not found. */
const char *find_part(const char *text, const char *part);
