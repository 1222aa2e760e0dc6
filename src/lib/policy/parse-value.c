/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-value.c - parsers of key values, one function per type. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/policy/policy-keys.h"
#include "lib/render/value-text.h"

static void store_number(const struct key *key, void *member, uint64_t number)
{
	uint32_t word = (uint32_t)number;
	bool flag = number != 0;

	if (key->size == sizeof(number))
		memcpy(member, &number, sizeof(number));
	else if (key->size == sizeof(word))
		memcpy(member, &word, sizeof(word));
	else
		memcpy(member, &flag, sizeof(flag));
}

static bool parse_quantity(struct policy_loading *loading, const struct key *key,
			   enum cgw_unit unit, const char *value, double *ret_number)
{
	struct cgw_diag reason = {0};
	size_t length;

	if (cgw_quantity_parse(value, unit, ret_number, &length, &reason) < 0) {
		policy_error(loading, "%s: %s", key->name, reason.text);
		return false;
	}
	if (value[length] != '\0') {
		policy_error(loading, "%s: invalid value '%s' (expected %s)", key->name, value,
			     key->syntax);
		return false;
	}
	return true;
}

static void parse_duration(struct policy_loading *loading, const struct key *key, void *member,
			   const char *value)
{
	double number_ns;

	if (!parse_quantity(loading, key, CGW_UNIT_NS, value, &number_ns))
		return;
	if (number_ns >= key->min && number_ns <= key->max) {
		store_number(key, member, (uint64_t)number_ns);
		return;
	}
	policy_error(loading, "%s: '%s' is out of range (expected %s to %s)", key->name, value,
		     DURATION_TEXT(key->min), DURATION_TEXT(key->max));
}

static void parse_number(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	double number;

	if (!parse_quantity(loading, key, CGW_UNIT_COUNT, value, &number))
		return;
	if (number < key->min || number > key->max || strchr(value, '.') != NULL)
		policy_error(loading,
			     "%s: invalid number '%s' (expected a whole number from %.0f to %.0f)",
			     key->name, value, key->min, key->max);
	else
		store_number(key, member, (uint64_t)number);
}

static void parse_real(struct policy_loading *loading, const struct key *key, void *member,
		       const char *value)
{
	double number;

	if (!parse_quantity(loading, key, CGW_UNIT_COUNT, value, &number))
		return;
	if (number < key->min || number > key->max)
		policy_error(loading, "%s: invalid number '%s' (expected %g to %g)", key->name,
			     value, key->min, key->max);
	else
		memcpy(member, &number, sizeof(number));
}

static void parse_choice(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	struct suggestion nearest = {.input = value};

	for (const struct choice *choice = key->type->choices; choice->word != NULL; choice++) {
		if (strcmp(choice->word, value) == 0) {
			store_number(key, member, choice->value);
			return;
		}
		suggestion_offer(&nearest, choice->word);
	}
	if (suggestion_word(&nearest) != NULL)
		policy_error(loading, "%s: unknown value '%s'; did you mean '%s'?", key->name,
			     value, suggestion_word(&nearest));
	else
		policy_error(loading, "%s: unknown value '%s' (expected %s)", key->name, value,
			     key->syntax);
}

static void store_text(struct policy_loading *loading, void *member, const char *value)
{
	char *copy = strdup(value);
	char **text = member;

	loading->out_of_memory = loading->out_of_memory || copy == NULL;
	free(*text);
	*text = copy;
}

static void parse_absolute(struct policy_loading *loading, const struct key *key, void *member,
			   const char *value)
{
	if (value[0] != '/')
		policy_error(loading, "%s: invalid path '%s' (expected an absolute path)",
			     key->name, value);
	else
		store_text(loading, member, value);
}

static void parse_size(struct policy_loading *loading, const struct key *key, void *member,
		       const char *value)
{
	double bytes;

	if (!parse_quantity(loading, key, CGW_UNIT_BYTES, value, &bytes))
		return;
	if (bytes < key->min || bytes > key->max)
		policy_error(loading, "%s: '%s' is out of range (expected a size such as 200M)",
			     key->name, value);
	else
		store_number(key, member, (uint64_t)bytes);
}

/* Checks metric keys now, so that errors are not reported only when the metrics are used. */
static void parse_fields(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	char *word, *rest = NULL;

	if (copy == NULL) {
		loading->out_of_memory = true;
		return;
	}
	for (word = strtok_r(copy + (copy[0] == '+'), ", ", &rest); word != NULL;
	     word = strtok_r(NULL, ", ", &rest)) {
		struct cgw_diag reason = {0};
		struct cgw_field field;

		if (strcmp(word, "all") != 0 && cgw_field_parse(word, &field, &reason) < 0) {
			policy_error(loading, "%s: %s", key->name, reason.text);
			return;
		}
	}
	store_text(loading, member, value);
}

/* Checks only the form; whether the address can be used is known when it is bound. */
static void parse_listen(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	const char *port = strrchr(value, ':');
	bool is_path = strncmp(value, "unix:/", 6) == 0;

	if (!is_path && strcmp(value, "systemd") != 0 &&
	    (port == NULL || port == value || port[1] == '\0' ||
	     port[1 + strspn(port + 1, "0123456789")] != '\0'))
		policy_error(loading, "%s: invalid address '%s' (expected %s)", key->name, value,
			     key->syntax);
	else
		store_text(loading, member, value);
}

static void parse_group(struct policy_loading *loading, const struct key *key, void *member,
			const char *value)
{
	if (value[0] != '/' || strstr(value, "/..") != NULL || strpbrk(value, "*?[{") != NULL)
		policy_error(loading,
			     "%s: invalid group '%s' (expected one path such as /batch.slice)",
			     key->name, value);
	else
		store_text(loading, member, value);
}

/* Only root may be able to change a command that root runs. */
static void check_command(struct policy_loading *loading, const char *what, const char *command)
{
	size_t length = strcspn(command, " \t");
	CLEANUP(cleanup_free) char *path = NULL;
	struct stat status;

	if (command[0] != '/') {
		policy_error(loading, "%s: invalid command '%s' (expected an absolute path)", what,
			     command);
		return;
	}
	if (!loading->check_files)
		return;
	path = strndup(command, length);
	if (path == NULL) {
		loading->out_of_memory = true;
		return;
	}
	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
	    !(status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		policy_error(loading, "%s: '%s' is not an executable file", what, path);
	else if (geteuid() == 0 && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH))))
		policy_error(loading, "%s: '%s' is writable by users other than root", what, path);
}

static void parse_command(struct policy_loading *loading, const struct key *key, void *member,
			  const char *value)
{
	check_command(loading, key->name, value);
	store_text(loading, member, value);
}

static void append_word(struct policy_loading *loading, void *member, const char *value)
{
	if (string_list_add(member, value) < 0)
		loading->out_of_memory = true;
}

static void parse_glob_list(struct policy_loading *loading, const struct key *key, void *member,
			    const char *value)
{
	struct cgw_diag reason = {0};
	size_t length = strlen(value);

	if (cgw_glob_check(value, &reason) < 0)
		policy_error(loading, "%s: %s", key->name, reason.text);
	else if (value[0] != '/' && value[0] != '*' && strchr(value, '/') != NULL)
		policy_error(loading,
			     "%s: pattern '%s' matches nothing, because paths start with '/'; "
			     "did you mean '/%s'?",
			     key->name, value, value);
	else if (strstr(value, "//") != NULL || (length > 1 && value[length - 1] == '/'))
		policy_error(loading,
			     "%s: pattern '%s' matches nothing, because no path has an empty part",
			     key->name, value);
	else
		append_word(loading, member, value);
}

static void parse_subject_list(struct policy_loading *loading, const struct key *key, void *member,
			       const char *value)
{
	struct cgw_diag reason = {0};

	if (cgw_glob_check(value, &reason) < 0)
		policy_error(loading, "%s: %s", key->name, reason.text);
	else
		append_word(loading, member, value);
}

static void parse_expression(struct policy_loading *loading, const struct key *key, void *member,
			     const char *value)
{
	struct cgw_expression **expression = member;
	struct cgw_diag reason = {0};
	int r;

	*expression = cgw_expression_free(*expression);
	r = cgw_expression_parse(value, expression, &reason);
	if (r == -ENOMEM)
		loading->out_of_memory = true;
	else if (r < 0)
		policy_error(loading, "%s: %s", key->name, reason.text);
}

/* A metric whose values can be compared. */
static void parse_pick(struct policy_loading *loading, const struct key *key, void *member,
		       const char *value)
{
	struct cgw_diag reason = {0};
	struct cgw_field field;

	if (cgw_field_parse(value, &field, &reason) < 0) {
		policy_error(loading, "%s: %s", key->name, reason.text);
		return;
	}
	if (field.shape == CGW_STRING || field.unit == CGW_UNIT_TEXT) {
		policy_error(loading,
			     "%s: '%s' is text (expected a numeric metric such as memory.anon)",
			     key->name, value);
		return;
	}
	memcpy(member, &field, sizeof(field));
	loading->section->rule.picks = true;
}

static struct rule_step *add_step(struct policy_loading *loading, struct rule *rule)
{
	if (ARRAY_RESERVE(rule->steps, rule->step_capacity, rule->step_count + 1) < 0) {
		loading->out_of_memory = true;
		return NULL;
	}
	return &rule->steps[rule->step_count++];
}

static void parse_action(struct policy_loading *loading, const struct key *key, const char *value,
			 struct rule_step *step)
{
	struct cgw_diag reason = {0};
	uint64_t hold_ns = UINT64_MAX;
	bool is_step = strcmp(key->name, "step") == 0;
	const struct rule_action *last;
	int r;

	if (step == NULL)
		return;
	r = rule_action_parse(value, step, &hold_ns, &reason);
	if (r == -ENOMEM)
		loading->out_of_memory = true;
	if (r < 0) {
		policy_error(loading, "%s: %s", key->name, reason.text);
		return;
	}
	last = &step->actions[step->count - 1];
	if (last->kind == CGW_ACTION_RUN)
		check_command(loading, "run", last->value);
	if (hold_ns != UINT64_MAX && !is_step)
		policy_error(loading,
			     "%s: 'hold' is only valid in 'step'; use the key 'hold' instead",
			     key->name);
	else if (hold_ns != UINT64_MAX)
		step->hold_ns = hold_ns;
}

static void parse_action_list(struct policy_loading *loading, const struct key *key, void *member,
			      const char *value)
{
	struct rule *rule = member;

	if (rule->step_count == 0)
		(void)add_step(loading, rule);
	parse_action(loading, key, value, rule->step_count > 0 ? &rule->steps[0] : NULL);
}

static void parse_step_list(struct policy_loading *loading, const struct key *key, void *member,
			    const char *value)
{
	parse_action(loading, key, value, add_step(loading, member));
}

/* "2x max 1h decay 10m" */
static void parse_backoff(struct policy_loading *loading, const struct key *key, void *member,
			  const char *value)
{
	struct rule *rule = &loading->section->rule;
	char *at;
	double factor = strtod(value, &at);

	if (strspn(value, "0123456789.") != (size_t)(at - value) || *at != 'x' || factor < 1 ||
	    factor > 100) {
		policy_error(loading,
			     "%s: invalid value '%s' (expected a factor from 1x to 100x first)",
			     key->name, value);
		return;
	}
	rule->backoff.factor = factor;
	at++;
	while (*(at += strspn(at, " \t")) != '\0') {
		bool max = strncmp(at, "max ", 4) == 0, decay = strncmp(at, "decay ", 6) == 0;
		struct cgw_diag reason = {0};
		double number_ns;
		size_t length;

		if (!max && !decay) {
			policy_error(loading, "%s: unexpected '%s' (expected %s)", key->name, at,
				     key->syntax);
			return;
		}
		at += max ? 4 : 6;
		at += strspn(at, " \t");
		if (cgw_quantity_parse(at, CGW_UNIT_NS, &number_ns, &length, &reason) < 0) {
			policy_error(loading, "%s: %s", key->name, reason.text);
			return;
		}
		at += length;
		*(max ? &rule->backoff.max_ns : &rule->backoff.decay_ns) = (uint64_t)number_ns;
	}
}

#define TYPE(name, function, repeated) \
	const struct key_type key_type_##name = {.parse = (function), .repeatable = (repeated)};
TYPE(DURATION, parse_duration, false)
TYPE(NUMBER, parse_number, false)
TYPE(REAL, parse_real, false)
TYPE(ABSOLUTE, parse_absolute, false)
TYPE(SIZE, parse_size, false)
TYPE(FIELDS, parse_fields, false)
TYPE(LISTEN, parse_listen, false)
TYPE(COMMAND, parse_command, false)
TYPE(GROUP, parse_group, false)
TYPE(EXPRESSION, parse_expression, false)
TYPE(BACKOFF, parse_backoff, false)
TYPE(PICK, parse_pick, false)
TYPE(GLOB_LIST, parse_glob_list, true)
TYPE(SUBJECT_LIST, parse_subject_list, true)
TYPE(ACTION_LIST, parse_action_list, true)
TYPE(STEP_LIST, parse_step_list, true)

#define CHOICES(name, ...)                                                      \
	static const struct choice choices_##name[] = {__VA_ARGS__, {NULL, 0}}; \
	const struct key_type key_type_##name = {.parse = parse_choice, .choices = choices_##name};
CHOICES(MODE, {"enforce", CGW_MODE_ENFORCE}, {"dry-run", CGW_MODE_DRY_RUN},
	{"observe", CGW_MODE_OBSERVE})
CHOICES(BACKEND, {"auto", CGW_BACKEND_AUTO}, {"systemd", CGW_BACKEND_SYSTEMD},
	{"direct", CGW_BACKEND_DIRECT})
CHOICES(ON_EXIT, {"restore", false}, {"keep", true})
CHOICES(CONFLICT, {"yield", false}, {"reassert", true})
CHOICES(ALLOW, {"read", false}, {"soft", true})
CHOICES(APPLY, {"new", false}, {"always", true})
CHOICES(MISSING, {"ignore", ON_MISSING_IGNORE}, {"warn", ON_MISSING_WARN})
CHOICES(SCOPE, {"each", false}, {"sum", true})
CHOICES(BOOLEAN, {"no", false}, {"yes", true})
