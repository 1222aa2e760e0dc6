/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-value.c - how the values of keys are read: one function a type. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/policy/policy-keys.h"

static void store(const struct key *key, void *member, uint64_t number)
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
		policy_error(loading, "%s: \"%s\" is left over; %s is wanted", key->name,
			     value + length, key->syntax);
		return false;
	}
	return true;
}

static void take_duration(struct policy_loading *loading, const struct key *key, void *member,
			  const char *value)
{
	double number_ns;

	if (!parse_quantity(loading, key, CGW_UNIT_NS, value, &number_ns))
		return;
	if (number_ns < key->least || number_ns > key->most)
		policy_error(loading, "%s: %s is out of range; from %gs to %gs is wanted",
			     key->name, value, key->least / 1e9, key->most / 1e9);
	else
		store(key, member, (uint64_t)number_ns);
}

static void take_number(struct policy_loading *loading, const struct key *key, void *member,
			const char *value)
{
	double number;

	if (!parse_quantity(loading, key, CGW_UNIT_COUNT, value, &number))
		return;
	if (number < key->least || number > key->most || strchr(value, '.') != NULL)
		policy_error(loading, "%s: a whole number from %.0f to %.0f is wanted, not %s",
			     key->name, key->least, key->most, value);
	else
		store(key, member, (uint64_t)number);
}

static void take_real(struct policy_loading *loading, const struct key *key, void *member,
		      const char *value)
{
	double number;

	if (!parse_quantity(loading, key, CGW_UNIT_COUNT, value, &number))
		return;
	if (number < key->least || number > key->most)
		policy_error(loading, "%s: a number from %g to %g is wanted, not %s", key->name,
			     key->least, key->most, value);
	else
		memcpy(member, &number, sizeof(number));
}

static void take_choice(struct policy_loading *loading, const struct key *key, void *member,
			const char *value)
{
	struct suggestion nearest = {.input = value};

	for (const struct choice *choice = key->type->choices; choice->word != NULL; choice++) {
		if (strcmp(choice->word, value) == 0) {
			store(key, member, choice->value);
			return;
		}
		suggestion_offer(&nearest, choice->word);
	}
	if (suggestion_word(&nearest) != NULL)
		policy_error(loading, "%s: unknown word \"%s\"; did you mean \"%s\"?", key->name,
			     value, suggestion_word(&nearest));
	else
		policy_error(loading, "%s: unknown word \"%s\"; %s is wanted", key->name, value,
			     key->syntax);
}

static void keep_text(struct policy_loading *loading, void *member, const char *value)
{
	char *copy = strdup(value);
	char **text = member;

	loading->out_of_memory = loading->out_of_memory || copy == NULL;
	free(*text);
	*text = copy;
}

static void take_absolute(struct policy_loading *loading, const struct key *key, void *member,
			  const char *value)
{
	if (value[0] != '/')
		policy_error(loading, "%s: an absolute path is wanted, not \"%s\"", key->name,
			     value);
	else
		keep_text(loading, member, value);
}

static void take_size(struct policy_loading *loading, const struct key *key, void *member,
		      const char *value)
{
	double bytes;

	if (!parse_quantity(loading, key, CGW_UNIT_BYTES, value, &bytes))
		return;
	if (bytes < key->least || bytes > key->most)
		policy_error(loading, "%s: %s is out of range; a size such as 200M is wanted",
			     key->name, value);
	else
		store(key, member, (uint64_t)bytes);
}

/* Keys of figures, so that a wrong one is told here and not when they are first read. */
static void take_fields(struct policy_loading *loading, const struct key *key, void *member,
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
	keep_text(loading, member, value);
}

/* Only its form: what can be listened on is known when it is tried. */
static void take_listen(struct policy_loading *loading, const struct key *key, void *member,
			const char *value)
{
	const char *port = strrchr(value, ':');
	bool is_path = strncmp(value, "unix:/", 6) == 0;

	if (!is_path && strcmp(value, "systemd") != 0 &&
	    (port == NULL || port == value || port[1] == '\0' ||
	     port[1 + strspn(port + 1, "0123456789")] != '\0'))
		policy_error(loading, "%s: %s is wanted, not \"%s\"", key->name, key->syntax,
			     value);
	else
		keep_text(loading, member, value);
}

static void collect_group(struct policy_loading *loading, const struct key *key, void *member,
			  const char *value)
{
	if (value[0] != '/' || strstr(value, "/..") != NULL || strpbrk(value, "*?[{") != NULL)
		policy_error(loading,
			     "%s: the path of one group such as /batch.slice is wanted, "
			     "not \"%s\"",
			     key->name, value);
	else
		keep_text(loading, member, value);
}

/* What is run as root must not be what others can write. */
static void check_command(struct policy_loading *loading, const char *what, const char *command)
{
	size_t length = strcspn(command, " \t");
	char path[512];
	struct stat status;

	if (command[0] != '/' || length >= sizeof(path)) {
		policy_error(loading, "%s: a command starts with an absolute path, not \"%s\"",
			     what, command);
		return;
	}
	if (!loading->check_files)
		return;
	memcpy(path, command, length);
	path[length] = '\0';
	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
	    !(status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		policy_error(loading, "%s: %s is not a program", what, path);
	else if (geteuid() == 0 && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH))))
		policy_error(loading, "%s: %s can be written by others than root", what, path);
}

static void take_command(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	check_command(loading, key->name, value);
	keep_text(loading, member, value);
}

static void append(struct policy_loading *loading, void *member, const char *value)
{
	if (word_list_add(member, value) < 0)
		loading->out_of_memory = true;
}

static void take_glob_list(struct policy_loading *loading, const struct key *key, void *member,
			   const char *value)
{
	struct cgw_diag reason = {0};
	size_t length = strlen(value);

	if (cgw_glob_check(value, &reason) < 0)
		policy_error(loading, "%s: %s", key->name, reason.text);
	else if (value[0] != '/' && value[0] != '*' && strchr(value, '/') != NULL)
		policy_error(loading,
			     "%s: %s can match nothing, since paths start with a slash; "
			     "did you mean \"/%s\"?",
			     key->name, value, value);
	else if (strstr(value, "//") != NULL || (length > 1 && value[length - 1] == '/'))
		policy_error(loading, "%s: %s can match nothing: no path has an empty part",
			     key->name, value);
	else
		append(loading, member, value);
}

static void take_subject_list(struct policy_loading *loading, const struct key *key, void *member,
			      const char *value)
{
	struct cgw_diag reason = {0};

	if (cgw_glob_check(value, &reason) < 0)
		policy_error(loading, "%s: %s", key->name, reason.text);
	else
		append(loading, member, value);
}

static void take_expression(struct policy_loading *loading, const struct key *key, void *member,
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

/* A figure of which there can be more or less. */
static void take_pick(struct policy_loading *loading, const struct key *key, void *member,
		      const char *value)
{
	struct cgw_diag reason = {0};
	struct cgw_field field;

	if (cgw_field_parse(value, &field, &reason) < 0) {
		policy_error(loading, "%s: %s", key->name, reason.text);
		return;
	}
	if (field.shape == CGW_STRING || field.unit == CGW_UNIT_TEXT) {
		policy_error(loading, "%s: %s is a text; a figure such as memory.anon is wanted",
			     key->name, value);
		return;
	}
	memcpy(member, &field, sizeof(field));
	loading->section->rule.picks = true;
}

static struct rule_step *add_step(struct policy_loading *loading, struct rule *rule)
{
	struct rule_step *steps =
		reallocarray(rule->steps, rule->step_count + 1, sizeof(*rule->steps));

	if (steps == NULL) {
		loading->out_of_memory = true;
		return NULL;
	}
	rule->steps = steps;
	steps[rule->step_count] = (struct rule_step){0};
	return &steps[rule->step_count++];
}

static void take_action(struct policy_loading *loading, const struct key *key, const char *value,
			struct rule_step *step)
{
	struct cgw_diag reason = {0};
	uint64_t hold_ns = UINT64_MAX;
	bool may_hold = strcmp(key->name, "step") == 0;
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
	if (hold_ns != UINT64_MAX && !may_hold)
		policy_error(loading, "%s: \"hold\" belongs to step; this rule has a key hold",
			     key->name);
	else if (hold_ns != UINT64_MAX)
		step->hold_ns = hold_ns;
}

static void take_action_list(struct policy_loading *loading, const struct key *key, void *member,
			     const char *value)
{
	struct rule *rule = member;

	if (rule->step_count == 0)
		(void)add_step(loading, rule);
	take_action(loading, key, value, rule->step_count > 0 ? &rule->steps[0] : NULL);
}

static void take_step_list(struct policy_loading *loading, const struct key *key, void *member,
			   const char *value)
{
	take_action(loading, key, value, add_step(loading, member));
}

/* "2x max 1h decay 10m" */
static void take_backoff(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value)
{
	struct rule *rule = &loading->section->rule;
	char *at;
	double factor = strtod(value, &at);

	(void)member;
	if (strspn(value, "0123456789.") != (size_t)(at - value) || *at != 'x' || factor < 1 ||
	    factor > 100) {
		policy_error(loading, "%s: a factor from 1x to 100x is wanted first", key->name);
		return;
	}
	rule->backoff.factor = factor;
	at++;
	while (*(at += strspn(at, " \t")) != '\0') {
		bool most = strncmp(at, "max ", 4) == 0, decay = strncmp(at, "decay ", 6) == 0;
		struct cgw_diag reason = {0};
		double number_ns;
		size_t length;

		if (!most && !decay) {
			policy_error(loading, "%s: %s is wanted", key->name, key->syntax);
			return;
		}
		at += most ? 4 : 6;
		at += strspn(at, " \t");
		if (cgw_quantity_parse(at, CGW_UNIT_NS, &number_ns, &length, &reason) < 0) {
			policy_error(loading, "%s: %s", key->name, reason.text);
			return;
		}
		at += length;
		*(most ? &rule->backoff.max_ns : &rule->backoff.decay_ns) = (uint64_t)number_ns;
	}
}

#define TYPE(name, function, repeated) \
	const struct key_type key_type_##name = {.take = (function), .repeatable = (repeated)};
TYPE(DURATION, take_duration, false)
TYPE(NUMBER, take_number, false)
TYPE(REAL, take_real, false)
TYPE(ABSOLUTE, take_absolute, false)
TYPE(SIZE, take_size, false)
TYPE(FIELDS, take_fields, false)
TYPE(LISTEN, take_listen, false)
TYPE(COMMAND, take_command, false)
TYPE(GROUP, collect_group, false)
TYPE(EXPRESSION, take_expression, false)
TYPE(BACKOFF, take_backoff, false)
TYPE(PICK, take_pick, false)
TYPE(GLOB_LIST, take_glob_list, true)
TYPE(SUBJECT_LIST, take_subject_list, true)
TYPE(ACTION_LIST, take_action_list, true)
TYPE(STEP_LIST, take_step_list, true)

#define CHOICES(name, ...)                                                      \
	static const struct choice choices_##name[] = {__VA_ARGS__, {NULL, 0}}; \
	const struct key_type key_type_##name = {.take = take_choice, .choices = choices_##name};
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
