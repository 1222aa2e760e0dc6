/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-priv.h - a loaded policy: sections, what they select, what they do. Constant once loaded.
 */
#ifndef CGWARD_LIB_POLICY_POLICY_PRIV_H
#define CGWARD_LIB_POLICY_POLICY_PRIV_H

#include <cgward/policy.h>

/* A list that a repeated key appends to. */
struct word_list {
	char **items;
	size_t count;
};

/* Which groups: all keys that are given must hold, and of a repeated key one value. */
struct selection {
	struct word_list match, exclude;
	struct word_list subjects[CGW_SUBJECT_COUNT];
	uint64_t min_age_ns;
	uint64_t min_procs;
};

struct assignment {
	enum cgw_control control;
	char *value;
};

/* One action of a rule as it is written. */
struct rule_action {
	uint8_t kind;   /* enum cgw_action_kind; tightening is a LIMIT with `percent` */
	bool largest;   /* KILL */
	int signals[2]; /* KILL: the second after `grace_ns`; 0: none */
	enum cgw_control control;
	char *value;          /* LIMIT, RECLAIM; RUN: the command */
	char *floor;          /* LIMIT by percent: not below this */
	double percent;       /* LIMIT: so much below what it is now; 0: to `value` */
	uint64_t duration_ns; /* FREEZE: the maximum; KILL: the grace */
};

/* Rungs of a ladder; a rule without `step` has one. */
struct rule_step {
	struct rule_action *actions;
	size_t count;
	uint64_t hold_ns; /* 0: the rule's */
};

struct rule {
	struct cgw_expression *when, *until;
	uint64_t for_ns, until_for_ns, hold_ns, max_hold_ns, cooldown_ns;
	struct {
		double factor; /* 1: none */
		uint64_t max_ns, decay_ns;
	} backoff;
	struct rule_step *steps;
	size_t step_count;
	uint64_t max_per_hour; /* 0: as many as [policy] allows */
	uint64_t priority;
	bool dry_run, force;
	bool sum;   /* the condition is about the sum over its groups of one parent */
	bool picks; /* of groups that are due, only the one with most of `pick` is acted on */
	struct cgw_field pick;
};

struct section {
	uint8_t kind; /* enum cgw_section_kind, or enum single */
	bool faulty;  /* a key was a mistake: what is missing then is not said besides */
	char *name, *file;
	unsigned line;
	struct selection selection;
	struct rule rule;
	struct assignment *sets; /* LIMIT */
	size_t set_count;
	uint64_t always;     /* LIMIT: set again what somebody changed */
	uint64_t on_missing; /* LIMIT: enum on_missing */
	uint64_t soft;       /* PROTECT: what cannot hurt may be set */
	char *to;            /* PLACE */
	uint64_t create;     /* PLACE */
};

/* Sections that are there once, without a name; their keys are members of struct cgw_policy. */
enum single {
	SECTION_POLICY = CGW_SECTION_KIND_COUNT,
	SECTION_RECORD,
	SECTION_METRICS,
	SECTION_END
};

enum on_missing { ON_MISSING_IGNORE, ON_MISSING_WARN };

struct cgw_policy {
	struct cgw_policy_settings settings;
	char *state, *notify; /* what the settings point to */
	struct section **sections;
	size_t count;
	struct section *singles[SECTION_END - SECTION_POLICY]; /* or NULL */
	struct {
		char *to, *columns;
		uint64_t interval_ns, size_bytes, keep_ns;
		struct word_list match;
	} record;
	struct {
		char *listen, *columns;
		uint64_t depth_max, groups_max;
		struct word_list match;
	} metrics;
};

/* Where reports of a load go, and how many errors there were. */
struct policy_loading {
	struct cgw_policy *policy;
	const struct cgw_policy_reporter *reporter;
	const char *file;
	unsigned line;
	struct section *section; /* whose keys are read; NULL after a bad header */
	bool in_section;
	uint64_t seen; /* keys of this section, by row of the table */
	unsigned seen_line[64];
	size_t errors;
	bool out_of_memory;
	bool check_files; /* commands must be there and not be writable by others */
};

void policy_error(struct policy_loading *loading, const char *format, ...) CGW_PRINTF(2, 3);
void policy_warning(struct policy_loading *loading, const struct section *section,
		    const char *format, ...) CGW_PRINTF(3, 4);
/* At another line than the one that is read. */
void policy_error_at(struct policy_loading *loading, const struct section *section,
		     const char *format, ...) CGW_PRINTF(3, 4);

/* "[KIND NAME]": the new section, or NULL after the mistake was reported. */
void policy_begin_section(struct policy_loading *loading, const char *header);
void policy_parse_key(struct policy_loading *loading, const char *key, const char *value);
/* What can be said only of the whole: masks, selections, what is missing. */
void policy_check(struct policy_loading *loading);

/* "limit cpu.max 200% floor 50%": appends to the step. */
int rule_action_parse(const char *text, struct rule_step *step, uint64_t *ret_hold_ns,
		      struct cgw_diag *diag);
void rule_action_done(struct rule_action *action);

/* Accepts NULL. */
void section_free(struct section *section);
int word_list_add(struct word_list *list, const char *word);
void word_list_done(struct word_list *list);

/* selection.c */
bool selection_accepts_path(const struct selection *selection, const char *path);
bool selection_needs_facts(const struct selection *selection) CGW_PURE;
enum cgw_truth selection_accepts_facts(const struct selection *selection,
				       const struct cgw_frame *frame, const struct cgw_facts *facts,
				       uint32_t group);

/*
 * What systemd (ManagedOOMPreference=) and administrators write on groups: "oomd_omit", "oomd_avoid",
 * as user.* or trusted.* attribute with the value 1.
 */
bool selection_has_mark(const struct cgw_frame *frame, const struct cgw_facts *facts,
			uint32_t group, const char *mark);

/*
 * How strict a value is: the smaller, the stricter. False where that cannot be told from the text and
 * the machine. `machine` may be NULL: then percentages of it cannot.
 */
bool value_rank(enum cgw_control control, const char *value, const struct cgw_system_stat *machine,
		double *ret_rank);

/* The figure that "tighten" goes down from where nothing is set yet. */
enum cgw_metric tighten_usage(enum cgw_control control) CGW_PURE;

#endif
