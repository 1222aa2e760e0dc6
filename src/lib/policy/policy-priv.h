/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-priv.h - a loaded policy: its sections, selections and actions. Constant once loaded.
 */
#pragma once

#include <cgward/policy.h>

#include "lib/base/string-list.h"

/* Selects groups: all given keys must match, and of a repeated key one value. */
struct selection {
	struct string_list match, exclude;
	struct string_list subjects[CGW_SUBJECT_COUNT];
	uint64_t min_age_ns;
	uint64_t min_procs;
};

struct assignment {
	enum cgw_control control;
	char *value;
};

/* One action of a rule, as in the file. */
struct rule_action {
	uint8_t kind;   /* enum cgw_action_kind; `tighten` is a LIMIT with `percent` */
	bool largest;   /* KILL */
	int signals[2]; /* KILL: the second after `grace_ns`; 0: none */
	enum cgw_control control;
	char *value;          /* LIMIT, RECLAIM; RUN: the command */
	char *floor;          /* LIMIT by percent: the lower bound */
	double percent;       /* LIMIT: reduction of the current value; 0: set `value` */
	uint64_t duration_ns; /* FREEZE: the maximum; KILL: the grace */
};

/* A step of a ladder; a rule without `step` has one. */
struct rule_step {
	struct rule_action *actions;
	size_t count, capacity;
	uint64_t hold_ns; /* 0: that of the rule */
};

struct rule {
	struct cgw_expression *when, *until;
	uint64_t for_ns, until_for_ns, hold_ns, max_hold_ns, cooldown_ns;
	struct {
		double factor; /* 1: no backoff */
		uint64_t max_ns, decay_ns;
	} backoff;
	struct rule_step *steps;
	size_t step_count, step_capacity;
	uint64_t max_per_hour; /* 0: limited only by [policy] */
	uint64_t priority;
	bool dry_run, force;
	bool sum;   /* evaluate the sum over the groups with the same parent */
	bool picks; /* act only on the due group with the highest value of `pick` */
	struct cgw_field pick;
};

struct section {
	uint8_t kind; /* enum cgw_section_kind, or enum single */
	bool faulty;  /* has an error, so missing keys are not reported */
	char *name, *file;
	unsigned line;
	struct selection selection;
	struct rule rule;
	struct assignment *sets; /* LIMIT */
	size_t set_count, set_capacity;
	uint64_t always;     /* LIMIT: set again what another process has changed */
	uint64_t on_missing; /* LIMIT: enum on_missing */
	uint64_t soft;       /* PROTECT: weights and protections may be set */
	char *to;            /* PLACE */
	uint64_t create;     /* PLACE */
};

/* Sections without a name, at most one of each; their keys are members of struct cgw_policy. */
enum single {
	SECTION_POLICY = CGW_SECTION_KIND_COUNT,
	SECTION_RECORD,
	SECTION_METRICS,
	SECTION_POSTMORTEM,
	SECTION_END
};

enum on_missing { ON_MISSING_IGNORE, ON_MISSING_WARN };

struct cgw_policy {
	struct cgw_policy_settings settings;
	char *state, *notify; /* the settings point to these */
	struct section **sections;
	size_t count, capacity;
	struct section *singles[SECTION_END - SECTION_POLICY]; /* or NULL */
	struct {
		char *to, *columns;
		uint64_t interval_ns, size_bytes, keep_ns;
		struct string_list match;
	} record;
	struct {
		char *listen, *columns;
		uint64_t depth_max, groups_max;
		struct string_list match;
	} metrics;
	struct {
		char *to;
		uint64_t interval_ns, last_ns, gap_ns, size_bytes, pages_max;
	} postmortem;
};

/* State of one load. */
struct policy_loading {
	struct cgw_policy *policy;
	const struct cgw_policy_reporter *reporter;
	const char *file;
	unsigned line;
	struct section *section; /* the current one; NULL after an invalid header */
	bool in_section;
	uint64_t seen; /* bits by row of policy-keys.def, for this section */
	unsigned seen_line[64];
	bool seen_controls[CGW_CONTROL_COUNT]; /* in this section */
	void *names;                           /* the sections as a tree, see tsearch(3) */
	size_t errors;
	bool out_of_memory;
	bool check_files; /* check that commands exist and are not writable by others */
};

/* policy-errors.c */
void policy_error(struct policy_loading *loading, const char *format, ...) CGW_PRINTF(2, 3);
void policy_warning(struct policy_loading *loading, const struct section *section,
		    const char *format, ...) CGW_PRINTF(3, 4);
/* Reports the section's line instead of the current one. */
void policy_error_at(struct policy_loading *loading, const struct section *section,
		     const char *format, ...) CGW_PRINTF(3, 4);

/* Begins the section "[KIND NAME]"; `loading->section` is NULL if the header is invalid. */
void policy_begin_section(struct policy_loading *loading, const char *header);
/* Frees `names`, before the sections. */
void policy_forget_names(struct policy_loading *loading);
void policy_parse_key(struct policy_loading *loading, const char *key, const char *value);
/* Checks whole sections: missing keys, selections, contradictions. */
void policy_check(struct policy_loading *loading);

/* Parses an action such as "limit cpu.max 200%" and appends it to the step. */
int rule_action_parse(const char *text, struct rule_step *step, uint64_t *ret_hold_ns,
		      struct cgw_diag *diag);
/* -EINVAL, with the reason, if a policy must not set the control. */
int control_check_automatic(enum cgw_control control, struct cgw_diag *diag);
void rule_action_done(struct rule_action *action);

/* Accepts NULL. */
void section_free(struct section *section);

/* selection.c */
bool selection_accepts_path(const struct selection *selection, const char *path);
bool selection_needs_facts(const struct selection *selection) CGW_PURE;
enum cgw_truth selection_accepts_facts(const struct selection *selection,
				       const struct cgw_frame *frame, const struct cgw_facts *facts,
				       uint32_t group);

/*
 * Whether the group has the mark "oomd_omit" or "oomd_avoid": a user.* or trusted.* attribute
 * with the value 1, set by systemd (ManagedOOMPreference=) or the administrator.
 */
bool selection_has_mark(const struct cgw_frame *frame, const struct cgw_facts *facts,
			uint32_t group, const char *mark);

/*
 * Computes how strict a value is: the lower the rank, the stricter. Returns false if the rank
 * cannot be derived from the text and the system. If `system` is NULL, percentages have no rank.
 */
bool value_rank(enum cgw_control control, const char *value, const struct cgw_system_stat *system,
		double *ret_rank);

/* The metric from which `tighten` starts if no limit is set. */
enum cgw_metric tighten_usage(enum cgw_control control) CGW_PURE;
