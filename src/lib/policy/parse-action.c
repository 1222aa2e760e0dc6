/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-action.c - parser of rule actions such as "limit cpu.max 200%" and "freeze 30s". */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/policy/policy-priv.h"

/* The unparsed rest of an action. */
struct words {
	const char *at;
	struct cgw_diag *diag;
};

static void skip_blanks(struct words *words)
{
	words->at += strspn(words->at, " \t");
}

/* Copies the next word to `buffer`; "" at the end or if the word does not fit. */
static const char *next_word(struct words *words, char *buffer, size_t size)
{
	size_t length;

	skip_blanks(words);
	length = strcspn(words->at, " \t");
	buffer[0] = '\0';
	if (length < size) {
		memcpy(buffer, words->at, length);
		buffer[length] = '\0';
		words->at += length;
	}
	skip_blanks(words);
	return buffer;
}

static bool skip_word(struct words *words, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(words);
	if (strncmp(words->at, word, length) != 0 ||
	    (words->at[length] != '\0' && words->at[length] != ' ' && words->at[length] != '\t'))
		return false;
	words->at += length;
	skip_blanks(words);
	return true;
}

static int parse_quantity(struct words *words, const char *what, enum cgw_unit unit,
			  double *ret_number)
{
	struct cgw_diag reason = {0};
	size_t length;

	skip_blanks(words);
	if (cgw_quantity_parse(words->at, unit, ret_number, &length, &reason) < 0)
		return cgw_diag_set(words->diag, -EINVAL, "%s: %s", what, reason.text);
	words->at += length;
	skip_blanks(words);
	return 0;
}

static int parse_time(struct words *words, const char *what, uint64_t *ret_ns)
{
	double number_ns;
	int r = parse_quantity(words, what, CGW_UNIT_NS, &number_ns);

	if (r < 0)
		return r;
	if (number_ns < 1e6 || number_ns > 7 * 86400e9)
		return cgw_diag_set(words->diag, -EINVAL,
				    "%s: time is out of range (expected 1ms to 7d)", what);
	*ret_ns = (uint64_t)number_ns;
	return 0;
}

int control_check_automatic(enum cgw_control control, struct cgw_diag *diag)
{
	const struct cgw_control_info *info = cgw_control_info(control);

	if (info->action)
		return cgw_diag_set(diag, -EINVAL, "'%s' is an action, not a limit", info->key);
	if (info->risk == CGW_RISK_HANG)
		return cgw_diag_set(diag, -EINVAL,
				    "'%s' can hang processes and can only be set by hand",
				    info->key);
	return 0;
}

static int parse_control(struct words *words, const char *verb, enum cgw_control *ret_control)
{
	struct cgw_diag reason = {0};
	char key[96];
	int control;

	if (next_word(words, key, sizeof(key))[0] == '\0')
		return cgw_diag_set(words->diag, -EINVAL, "%s requires a control such as cpu.max",
				    verb);
	control = cgw_control_find(key, &reason);
	if (control < 0 || control_check_automatic((enum cgw_control)control, &reason) < 0)
		return cgw_diag_set(words->diag, -EINVAL, "%s: %s", verb, reason.text);
	*ret_control = (enum cgw_control)control;
	return 0;
}

static int copy_value(struct words *words, enum cgw_control control, const char *value,
		      char **ret_value)
{
	struct cgw_diag reason = {0};

	if (cgw_value_check(control, value, &reason) < 0)
		return cgw_diag_set(words->diag, -EINVAL, "%s: %s", cgw_control_info(control)->key,
				    reason.text);
	*ret_value = strdup(value);
	return *ret_value != NULL ? 0 : -ENOMEM;
}

/* Copies the rest of the text without trailing blanks. */
static int copy_rest(struct words *words, char **ret_text)
{
	size_t length = strlen(words->at);

	while (length > 0 && (words->at[length - 1] == ' ' || words->at[length - 1] == '\t'))
		length--;
	*ret_text = strndup(words->at, length);
	words->at += strlen(words->at);
	return *ret_text != NULL ? 0 : -ENOMEM;
}

static int parse_limit(struct words *words, struct rule_action *action)
{
	CLEANUP(cleanup_free) char *value = NULL;
	int r = parse_control(words, "limit", &action->control);

	if (r == 0)
		r = copy_rest(words, &value);
	if (r < 0)
		return r;
	if (value == NULL || value[0] == '\0')
		return cgw_diag_set(words->diag, -EINVAL, "limit requires a value: %s",
				    cgw_control_info(action->control)->syntax);
	return copy_value(words, action->control, value, &action->value);
}

static int parse_tighten(struct words *words, struct rule_action *action)
{
	char floor[96];
	int r = parse_control(words, "tighten", &action->control);

	if (r == 0)
		r = parse_quantity(words, "tighten", CGW_UNIT_PERCENT, &action->percent);
	if (r < 0)
		return r;
	if (action->percent < 1 || action->percent > 90)
		return cgw_diag_set(words->diag, -EINVAL,
				    "tighten: percentage is out of range (expected 1%% to 90%%)");
	if (cgw_control_info(action->control)->instances ||
	    cgw_control_info(action->control)->metric < 0 ||
	    cgw_metric_info((enum cgw_metric)cgw_control_info(action->control)->metric)->kind !=
		    CGW_LIMIT)
		return cgw_diag_set(words->diag, -EINVAL,
				    "tighten: '%s' is not a single limit that can be lowered",
				    cgw_control_info(action->control)->key);
	if (!skip_word(words, "floor"))
		return cgw_diag_set(words->diag, -EINVAL,
				    "tighten requires a floor: tighten %s %g%% floor VALUE",
				    cgw_control_info(action->control)->key, action->percent);
	return copy_value(words, action->control, next_word(words, floor, sizeof(floor)),
			  &action->floor);
}

static int parse_freeze(struct words *words, struct rule_action *action)
{
	if (*words->at == '\0')
		return cgw_diag_set(words->diag, -EINVAL,
				    "freeze requires a maximum time, such as 'freeze 30s'");
	return parse_time(words, "freeze", &action->duration_ns);
}

static int parse_signal(struct words *words, int *ret_signal)
{
	char word[24];
	const char *name = next_word(words, word, sizeof(word));

	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (int number = 1; number < 32; number++) {
		const char *known = sigabbrev_np(number);

		if (known != NULL && strcmp(known, name) == 0) {
			*ret_signal = number;
			return 0;
		}
	}
	return cgw_diag_set(words->diag, -EINVAL,
			    "kill: unknown signal '%s' (expected a name such as TERM or KILL)",
			    word);
}

static int parse_kill(struct words *words, struct rule_action *action)
{
	int r = parse_signal(words, &action->signals[0]);

	if (r == 0 && skip_word(words, "grace")) {
		r = parse_time(words, "kill: grace", &action->duration_ns);
		if (r == 0 && !skip_word(words, "then"))
			r = cgw_diag_set(words->diag, -EINVAL,
					 "kill: 'grace TIME' requires 'then SIGNAL'");
		if (r == 0)
			r = parse_signal(words, &action->signals[1]);
	}
	if (r == 0)
		action->largest = skip_word(words, "largest");
	return r;
}

static int parse_reclaim(struct words *words, struct rule_action *action)
{
	const char *from = words->at;
	double bytes;
	int r = parse_quantity(words, "reclaim", CGW_UNIT_BYTES, &bytes);

	if (r < 0)
		return r;
	action->value = strndup(from, strcspn(from, " \t"));
	return action->value != NULL ? 0 : -ENOMEM;
}

static int parse_run(struct words *words, struct rule_action *action)
{
	if (*words->at != '/')
		return cgw_diag_set(words->diag, -EINVAL,
				    "run requires the absolute path of a program");
	return copy_rest(words, &action->value);
}

static int parse_no_arguments(struct words *words, struct rule_action *action)
{
	return 0;
}

static const struct {
	const char *word;
	enum cgw_action_kind kind;
	int (*parse)(struct words *words, struct rule_action *action);
} verbs[] = {
	{"limit", CGW_ACTION_LIMIT, parse_limit},
	{"tighten", CGW_ACTION_LIMIT, parse_tighten},
	{"freeze", CGW_ACTION_FREEZE, parse_freeze},
	{"kill", CGW_ACTION_KILL, parse_kill},
	{"reclaim", CGW_ACTION_RECLAIM, parse_reclaim},
	{"notify", CGW_ACTION_NOTIFY, parse_no_arguments},
	{"run", CGW_ACTION_RUN, parse_run},
	{"log", CGW_ACTION_LOG, parse_no_arguments},
};

static int parse_verb(struct words *words, struct rule_action *action)
{
	struct suggestion nearest = {0};
	char word[32];

	(void)next_word(words, word, sizeof(word));
	nearest.input = word;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].word, word) == 0) {
			action->kind = (uint8_t)verbs[i].kind;
			return verbs[i].parse(words, action);
		}
		suggestion_offer(&nearest, verbs[i].word);
	}
	if (suggestion_word(&nearest) != NULL)
		return cgw_diag_set(words->diag, -EINVAL, "unknown action '%s'; did you mean '%s'?",
				    word, suggestion_word(&nearest));
	return cgw_diag_set(words->diag, -EINVAL,
			    "unknown action '%s' (expected limit, tighten, freeze, kill, "
			    "reclaim, notify, run or log)",
			    word);
}

/* Cuts off "hold TIME" before the action is parsed, because values may contain blanks. */
static int cut_hold(char *text, uint64_t *ret_hold_ns, struct cgw_diag *diag)
{
	char *hold = strstr(text, " hold "), *later;
	struct words words = {.diag = diag};
	int r;

	if (hold == NULL)
		return 0;
	while ((later = strstr(hold + 1, " hold ")) != NULL)
		hold = later;
	words.at = hold + strlen(" hold ");
	r = parse_time(&words, "hold", ret_hold_ns);
	if (r == 0 && *words.at != '\0')
		return cgw_diag_set(diag, -EINVAL, "unexpected '%s' after 'hold TIME'", words.at);
	*hold = '\0';
	return r;
}

void rule_action_done(struct rule_action *action)
{
	free(action->value);
	free(action->floor);
	*action = (struct rule_action){0};
}

int rule_action_parse(const char *text, struct rule_step *step, uint64_t *ret_hold_ns,
		      struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *copy = strdup(text);
	struct words words = {.at = copy, .diag = diag};
	struct rule_action action = {0};
	int r = 0;

	if (copy == NULL)
		return -ENOMEM;
	if (strncmp(text, "run ", 4) != 0)
		r = cut_hold(copy, ret_hold_ns, diag);
	if (r == 0)
		r = parse_verb(&words, &action);
	if (r == 0 && *words.at != '\0')
		r = cgw_diag_set(diag, -EINVAL, "unexpected argument '%s'", words.at);
	if (r < 0) {
		rule_action_done(&action);
		return r;
	}
	if (ARRAY_RESERVE(step->actions, step->capacity, step->count + 1) < 0) {
		rule_action_done(&action);
		return -ENOMEM;
	}
	step->actions[step->count++] = action;
	return 0;
}
