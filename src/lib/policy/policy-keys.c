/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-keys.c - sections of the policy file and their keys, including the controls of [limit]. */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/policy/policy-keys.h"

#define KIND_BIT(kind)   (1U << (kind))
#define KINDS_POLICY     KIND_BIT(SECTION_POLICY)
#define KINDS_RECORD     KIND_BIT(SECTION_RECORD)
#define KINDS_METRICS    KIND_BIT(SECTION_METRICS)
#define KINDS_POSTMORTEM KIND_BIT(SECTION_POSTMORTEM)
#define KINDS_PROTECT    KIND_BIT(CGW_SECTION_PROTECT)
#define KINDS_LIMIT      KIND_BIT(CGW_SECTION_LIMIT)
#define KINDS_RULE       KIND_BIT(CGW_SECTION_RULE)
#define KINDS_PLACE      KIND_BIT(CGW_SECTION_PLACE)
#define KINDS_SELECT     (KINDS_PROTECT | KINDS_LIMIT | KINDS_RULE)
#define KINDS_ALL        (KINDS_SELECT | KINDS_PLACE)

/* The struct that holds a key's member. */
#define OWNER_POLICY     struct cgw_policy
#define OWNER_RECORD     struct cgw_policy
#define OWNER_METRICS    struct cgw_policy
#define OWNER_POSTMORTEM struct cgw_policy
#define OWNER_PROTECT    struct section
#define OWNER_LIMIT      struct section
#define OWNER_RULE       struct section
#define OWNER_PLACE      struct section
#define OWNER_SELECT     struct section
#define OWNER_ALL        struct section

static const struct key keys[] = {
#define KEY(sections_, name_, type_, member_, min_, max_, syntax_, help_) \
	{                                                                 \
		.name = (name_),                                          \
		.syntax = (syntax_),                                      \
		.help = (help_),                                          \
		.type = &key_type_##type_,                                \
		.kinds = KINDS_##sections_,                               \
		.offset = offsetof(OWNER_##sections_, member_),           \
		.size = sizeof(((OWNER_##sections_ *)0)->member_),        \
		.min = (min_),                                            \
		.max = (max_),                                            \
	},
#include "lib/policy/policy-keys.def"
#undef KEY
};

static const char *const kind_names[] = {
	[CGW_SECTION_PROTECT] = "protect", [CGW_SECTION_LIMIT] = "limit",
	[CGW_SECTION_RULE] = "rule",       [CGW_SECTION_PLACE] = "place",
	[SECTION_POLICY] = "policy",       [SECTION_RECORD] = "record",
	[SECTION_METRICS] = "metrics",     [SECTION_POSTMORTEM] = "postmortem",
};

const char *cgw_section_kind_name(enum cgw_section_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : "?";
}

int cgw_policy_key(size_t i, struct cgw_policy_key *ret_key)
{
	const char *sections = "policy";

	if (i >= ARRAY_SIZE(keys))
		return -ENOENT;
	if (keys[i].kinds == KINDS_ALL)
		sections = "protect limit rule place";
	else if (keys[i].kinds == KINDS_SELECT)
		sections = "protect limit rule";
	for (size_t kind = 0; kind < ARRAY_SIZE(kind_names); kind++)
		if (keys[i].kinds == KIND_BIT(kind))
			sections = kind_names[kind];
	*ret_key = (struct cgw_policy_key){.sections = sections,
					   .key = keys[i].name,
					   .syntax = keys[i].syntax,
					   .help = keys[i].help,
					   .repeatable = keys[i].type->repeatable};
	return 0;
}

/* Sections without a name, which may appear only once. */
static bool is_single(size_t kind)
{
	return kind >= SECTION_POLICY;
}

static size_t kind_by_name(const char *word)
{
	size_t kind = 0;

	while (kind < ARRAY_SIZE(kind_names) && strcmp(kind_names[kind], word) != 0)
		kind++;
	return kind;
}

/* Returns ARRAY_SIZE(kind_names) if `word` is not a section. */
static size_t find_kind(struct policy_loading *loading, const char *word)
{
	struct suggestion nearest = {.input = word};
	size_t found = kind_by_name(word);

	if (found < ARRAY_SIZE(kind_names))
		return found;
	for (size_t kind = 0; kind < ARRAY_SIZE(kind_names); kind++)
		suggestion_offer(&nearest, kind_names[kind]);
	if (suggestion_word(&nearest) != NULL)
		policy_error(loading, "unknown section '%s'; did you mean [%s%s]?", word,
			     suggestion_word(&nearest),
			     is_single(kind_by_name(suggestion_word(&nearest))) ? "" : " NAME");
	else
		policy_error(loading,
			     "unknown section '%s' (expected [policy], [record], [metrics], "
			     "[postmortem], [protect NAME], [limit NAME], [rule NAME] or "
			     "[place NAME])",
			     word);
	return ARRAY_SIZE(kind_names);
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct section *first = a, *second = b;

	if (first->kind != second->kind)
		return first->kind < second->kind ? -1 : 1;
	return strcmp(first->name, second->name);
}

static void keep_section(void *section)
{
}

void policy_forget_names(struct policy_loading *loading)
{
	tdestroy(loading->names, keep_section);
	loading->names = NULL;
}

/* Appends the section to the policy, which then owns it, unless its name is used already. */
static void begin_named(struct policy_loading *loading, struct section *section)
{
	struct cgw_policy *policy = loading->policy;
	struct section *const *found = NULL;

	if (ARRAY_RESERVE(policy->sections, policy->capacity, policy->count + 1) == 0)
		found = tsearch(section, &loading->names, by_kind_and_name);
	if (found == NULL) {
		loading->out_of_memory = true;
		section_free(section);
		return;
	}
	if (*found != section) {
		policy_error(loading, "duplicate section [%s %s] (first defined at %s:%u)",
			     kind_names[section->kind], section->name, (*found)->file,
			     (*found)->line);
		section_free(section);
		return;
	}
	policy->sections[policy->count++] = section;
	loading->section = section;
}

static struct section *new_section(struct policy_loading *loading, size_t kind, const char *name)
{
	struct section *section = calloc(1, sizeof(*section));

	if (section == NULL)
		return NULL;
	section->kind = (uint8_t)kind;
	section->name = strdup(name);
	section->file = strdup(loading->file);
	section->line = loading->line;
	section->on_missing = ON_MISSING_WARN;
	section->create = true;
	section->rule.hold_ns = section->rule.cooldown_ns = UINT64_C(60000000000);
	section->rule.backoff.factor = 1;
	section->rule.priority = 50;
	if (section->name == NULL || section->file == NULL) {
		free(section->name);
		free(section->file);
		free(section);
		return NULL;
	}
	return section;
}

/* Stored as a section without a name, so that duplicate keys are reported as in other sections. */
static void begin_single(struct policy_loading *loading, struct section *section)
{
	struct section **place = &loading->policy->singles[section->kind - SECTION_POLICY];

	if (*place != NULL) {
		policy_error(loading, "duplicate section [%s] (first defined at %s:%u)",
			     kind_names[section->kind], (*place)->file, (*place)->line);
		section_free(section);
		return;
	}
	*place = section;
	loading->section = section;
}

void policy_begin_section(struct policy_loading *loading, const char *header)
{
	size_t length = strcspn(header, " \t");
	const char *name = header + length + strspn(header + length, " \t");
	struct section *section;
	char word[64];
	size_t kind;

	loading->section = NULL;
	loading->seen = 0;
	memset(loading->seen_controls, 0, sizeof(loading->seen_controls));
	if (length >= sizeof(word))
		length = sizeof(word) - 1;
	memcpy(word, header, length);
	word[length] = '\0';
	kind = find_kind(loading, word);
	if (kind == ARRAY_SIZE(kind_names))
		return;
	if (is_single(kind) && name[0] != '\0') {
		policy_error(loading, "unexpected name '%s' in section [%s]", name, word);
		return;
	}
	if (!is_single(kind) && name[0] == '\0') {
		policy_error(loading, "section [%s] requires a name: [%s NAME]", word, word);
		return;
	}
	if (name[strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] !=
	    '\0') {
		policy_error(loading,
			     "invalid section name '%s' (expected letters, digits, '_', '.' "
			     "and '-')",
			     name);
		return;
	}
	section = new_section(loading, kind, name);
	if (section == NULL)
		loading->out_of_memory = true;
	else if (is_single(kind))
		begin_single(loading, section);
	else
		begin_named(loading, section);
}

static void unknown_key(struct policy_loading *loading, const char *name)
{
	struct suggestion nearest = {.input = name};
	unsigned kind = loading->section->kind;
	const char *other_section = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].kinds & KIND_BIT(kind))
			suggestion_offer(&nearest, keys[i].name);
		else if (strcmp(keys[i].name, name) == 0)
			for (size_t other = 0; other < ARRAY_SIZE(kind_names); other++)
				if (keys[i].kinds & KIND_BIT(other))
					other_section = kind_names[other];
	}
	for (size_t i = 0; kind == CGW_SECTION_LIMIT && i < cgw_control_count(); i++)
		suggestion_offer(&nearest, cgw_control_info((enum cgw_control)i)->key);
	if (other_section != NULL)
		policy_error(loading,
			     "unknown key '%s' in section [%s]; it belongs in section [%s]", name,
			     kind_names[kind], other_section);
	else if (suggestion_word(&nearest) != NULL)
		policy_error(loading, "unknown key '%s' in section [%s]; did you mean '%s'?", name,
			     kind_names[kind], suggestion_word(&nearest));
	else
		policy_error(loading, "unknown key '%s' in section [%s]", name, kind_names[kind]);
}

/* In [limit], every control is a key. Returns false if `name` is not a control. */
static bool parse_assignment(struct policy_loading *loading, const char *name, const char *value)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct section *section = loading->section;
	struct assignment set;
	struct cgw_diag reason = {0};

	if (asprintf(&text, "%s=%s", name, value) < 0) {
		text = NULL;
		loading->out_of_memory = true;
		return true;
	}
	if (cgw_assignment_parse(text, &set.control, &set.value, &reason) < 0)
		return false;
	if (cgw_control_info(set.control)->action)
		policy_error(loading,
			     "'%s' is an action, not a limit; use a [rule] section instead", name);
	else if (control_check_automatic(set.control, &reason) < 0)
		policy_error(loading, "%s", reason.text);
	else if (cgw_value_check(set.control, set.value, &reason) < 0)
		policy_error(loading, "%s: %s", name, reason.text);
	if (ARRAY_RESERVE(section->sets, section->set_capacity, section->set_count + 1) < 0) {
		free(set.value);
		loading->out_of_memory = true;
		return true;
	}
	if (loading->seen_controls[set.control] && !cgw_control_info(set.control)->instances)
		policy_error(loading, "duplicate key '%s'", name);
	loading->seen_controls[set.control] = true;
	section->sets[section->set_count++] = set;
	return true;
}

void policy_parse_key(struct policy_loading *loading, const char *name, const char *value)
{
	struct section *section = loading->section;
	size_t i;

	if (section == NULL)
		return; /* the error in its header is already reported */
	if (value[0] == '\0') {
		policy_error(loading, "key '%s' requires a value", name);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if ((keys[i].kinds & KIND_BIT(section->kind)) && strcmp(keys[i].name, name) == 0)
			break;
	if (i == ARRAY_SIZE(keys)) {
		if (section->kind != CGW_SECTION_LIMIT || !parse_assignment(loading, name, value))
			unknown_key(loading, name);
		return;
	}
	if (loading->seen >> i & 1 && !keys[i].type->repeatable) {
		policy_error(loading, "duplicate key '%s' (first set on line %u)", name,
			     loading->seen_line[i]);
		return;
	}
	loading->seen |= UINT64_C(1) << i;
	loading->seen_line[i] = loading->line;
	keys[i].type->parse(loading, &keys[i],
			    (is_single(section->kind) ? (char *)loading->policy : (char *)section) +
				    keys[i].offset,
			    value);
}

_Static_assert(ARRAY_SIZE(keys) <= 64, "the keys seen are bits of one uint64_t");
