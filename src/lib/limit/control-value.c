/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control-value.c - parsing, resolving and formatting of control values. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/base/muldiv.h"
#include "lib/base/word-list.h"
#include "lib/limit/control-value.h"
#include "lib/limit/exact-quantity.h"

#define PERIOD_NS (100 * NS_PER_MS) /* the kernel's default */

static const char *unlimited_word(const struct control_row *row)
{
	return row->info.unlimited != NULL ? row->info.unlimited : "max";
}

static int refuse(const struct control_row *row, const char *text, int error, struct cgw_diag *diag)
{
	const char *shown = ESCAPED(96, text);

	if (error == -ERANGE)
		return cgw_diag_set(diag, error, "%s: value '%s' is too large", row->info.key,
				    shown);
	return cgw_diag_set(diag, -EINVAL, "invalid %s '%s' (expected %s)", row->info.key, shown,
			    row->info.syntax);
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* " of host", " of parent" or " of now" after a percentage; without it `*base` is unchanged. */
static bool parse_base(const char *text, enum percent_base *base)
{
	static const struct {
		const char *word;
		enum percent_base base;
	} words[] = {{"host", BASE_HOST},
		     {"machine", BASE_HOST},
		     {"parent", BASE_PARENT},
		     {"now", BASE_NOW},
		     {"limit", BASE_NOW}};

	text = skip_blanks(text);
	if (*text == '\0')
		return true;
	if (strncmp(text, "of ", 3) != 0)
		return false;
	text = skip_blanks(text + 3);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].word) == 0) {
			*base = words[i].base;
			return true;
		}
	return false;
}

/* "50ms/100ms", "50000/100000" (microseconds, as in the kernel's files), "max/100ms". */
static int parse_quota(const char *text, struct request *request)
{
	const char *slash = strchr(text, '/');
	char quota[64];

	if ((size_t)(slash - text) >= sizeof(quota))
		return -EINVAL;
	snprintf(quota, sizeof(quota), "%.*s", (int)(slash - text), text);
	if (quantity_time(skip_blanks(slash + 1), 1000, &request->setting.period_ns) < 0)
		return -EINVAL;
	request->kind = strcmp(quota, "max") == 0 ? REQUEST_UNLIMITED : REQUEST_NUMBER;
	return request->kind == REQUEST_UNLIMITED
		       ? 0
		       : quantity_time(quota, 1000, &request->setting.number);
}

/* "150%", "1.5 cpus", "50% of parent": a share, which request_resolve() converts to a quota. */
static int parse_bandwidth(const char *text, struct request *request)
{
	const char *end;
	int r;

	if (strchr(text, '/') != NULL)
		return parse_quota(text, request);
	r = quantity_decimal_e2(text, &request->percent_e2, &end);
	if (r < 0)
		return r;
	end = skip_blanks(end);
	request->kind = REQUEST_PERCENT;
	if (*end == '%') {
		/* Without a base the percentage is of one CPU, which is a number. */
		if (*skip_blanks(end + 1) == '\0') {
			request->kind = REQUEST_NUMBER;
			return 0;
		}
		return parse_base(end + 1, &request->base) ? 0 : -EINVAL;
	}
	if (strcmp(end, "cpu") != 0 && strcmp(end, "cpus") != 0)
		return -EINVAL;
	if (request->percent_e2 > UINT64_MAX / 100)
		return -ERANGE;
	request->kind = REQUEST_NUMBER;
	request->percent_e2 *= 100;
	return 0;
}

static int parse_amount(const struct control_row *row, const char *text, struct request *request)
{
	bool step = *text == '+' || *text == '-';
	const char *end;

	request->less = *text == '-';
	text += step;
	if (strchr(text, '%') != NULL && row->info.unit != CGW_UNIT_PERCENT_E2) {
		int r = quantity_decimal_e2(text, &request->percent_e2, &end);

		if (r < 0 || *end != '%')
			return r < 0 ? r : -EINVAL;
		request->kind = step ? REQUEST_STEP_PERCENT : REQUEST_PERCENT;
		request->base = step ? BASE_NOW : BASE_HOST;
		if (!parse_base(end + 1, &request->base))
			return -EINVAL;
		/* A share of the host requires a resource of which the host has a total. */
		return request->base == BASE_NOW || row->capacity != CAPACITY_NONE ? 0 : -EINVAL;
	}
	request->kind = step ? REQUEST_STEP : REQUEST_NUMBER;
	return quantity_parse((enum cgw_unit)row->info.unit, text, &request->setting.number);
}

static int parse_number(const struct control_row *row, const char *text, struct request *request)
{
	if (row->info.unlimited != NULL &&
	    (strcmp(text, row->info.unlimited) == 0 || strcmp(text, "infinity") == 0)) {
		request->kind = REQUEST_UNLIMITED;
		/* "max" includes the kernel's default period: undo records only "max". */
		request->setting.period_ns = row->form == FORM_BANDWIDTH ? PERIOD_NS : 0;
		return 0;
	}
	if (row->form == FORM_BANDWIDTH && *text != '+' && *text != '-')
		return parse_bandwidth(text, request);
	return parse_amount(row, text, request);
}

/* "c 1:3 rwm", "b *:* rm", "a": the syntax of devices.allow. */
static bool is_device_rule(const char *text)
{
	char type = *text;

	if (strcmp(text, "a") == 0)
		return true;
	if ((type != 'a' && type != 'b' && type != 'c') || text[1] != ' ')
		return false;
	text += 2;
	for (int part = 0; part < 2; part++) {
		size_t length = *text == '*' ? 1 : strspn(text, "0123456789");

		if (length == 0 || text[length] != (part == 0 ? ':' : ' '))
			return false;
		text += length + 1;
	}
	return *text != '\0' && strspn(text, "rwm") == strlen(text);
}

static bool are_toggles(const char *text)
{
	if (strcmp(text, "none") == 0)
		return true;
	while (*(text = skip_blanks(text)) != '\0') {
		char word[32];
		size_t length = strcspn(text, " \t"), sign = *text == '+' || *text == '-';

		if (length <= sign || length >= sizeof(word))
			return false;
		snprintf(word, sizeof(word), "%.*s", (int)(length - sign), text + sign);
		if (cgw_controller_find(word) < 0)
			return false;
		text += length;
	}
	return true;
}

/* "enable=1 rlat=75000": keys of the row; the kernel checks their values. */
static bool are_settings(const struct control_row *row, const char *text)
{
	while (*(text = skip_blanks(text)) != '\0') {
		char key[32];
		size_t length = strcspn(text, "= \t"), value;

		if (length == 0 || length >= sizeof(key) || text[length] != '=')
			return false;
		snprintf(key, sizeof(key), "%.*s", (int)length, text);
		value = strspn(text + length + 1, "0123456789.abcdefghijklmnopqrstuvwxyz");
		if (!word_list_has(row->info.words, key) || value == 0)
			return false;
		text += length + 1 + value;
		if (*text != '\0' && *text != ' ' && *text != '\t')
			return false;
	}
	return true;
}

static int parse_text(const struct control_row *row, const char *text, struct request *request)
{
	bool good = false;

	request->kind = REQUEST_TEXT;
	switch ((enum control_form)row->form) {
	case FORM_LIST:
		/* The kernel accepts an empty list ("use the parent's"), written "none". */
		good = strcmp(text, "none") == 0 ||
		       list_normalise(text, request->setting.text, sizeof(request->setting.text)) ==
			       0;
		return good ? 0 : -EINVAL;
	case FORM_WORD:
		good = strchr(text, ' ') == NULL && word_list_has(row->info.words, text);
		break;
	case FORM_TOGGLES:
		good = are_toggles(text);
		break;
	case FORM_DEVICES:
		good = is_device_rule(text);
		break;
	case FORM_SETTINGS:
		good = are_settings(row, text);
		break;
	case FORM_AMOUNT:
	case FORM_BANDWIDTH:
	case FORM_FLAG:
	case FORM_FAMILY:
		break;
	}
	snprintf(request->setting.text, sizeof(request->setting.text), "%s", text);
	return good ? 0 : -EINVAL;
}

static bool is_number(const struct control_row *row)
{
	return row->form == FORM_AMOUNT || row->form == FORM_BANDWIDTH || row->form == FORM_FLAG;
}

/* Parses the leading instance and returns the rest. NULL: it is missing or too long. */
static const char *parse_instance(const char *text, struct request *request)
{
	size_t length = strcspn(text, " \t");
	const char *rest = skip_blanks(text + length);

	if (length == 0 || length >= sizeof(request->setting.instance) || *rest == '\0')
		return NULL;
	snprintf(request->setting.instance, sizeof(request->setting.instance), "%.*s", (int)length,
		 text);
	return rest;
}

/* Moves " swappiness=N" or " swappiness=max" from the end of the value to the setting. */
static int parse_argument(const struct control_row *row, char *value, struct setting *setting)
{
	size_t length = strlen(row->argument);
	char *blank = strrchr(value, ' '), *at = blank != NULL ? blank + 1 : value;
	uint64_t number;

	if (blank == NULL || strncmp(at, row->argument, length) != 0 || at[length] != '=')
		return 0;
	if (strcmp(at + length + 1, "max") != 0 &&
	    (quantity_parse(CGW_UNIT_COUNT, at + length + 1, &number) < 0 ||
	     number > row->argument_maximum))
		return -EINVAL;
	snprintf(setting->text, sizeof(setting->text), "%s", at);
	while (blank > value && isspace((unsigned char)blank[-1]))
		blank--;
	*blank = '\0';
	return 0;
}

/* Decoders would take some of them for the end of a line or of a name. */
static bool has_control_character(const char *text)
{
	while (*text != '\0' && (*text == '\t' || !iscntrl((unsigned char)*text)))
		text++;
	return *text != '\0';
}

int request_parse(const struct control_row *row, const char *text, struct request *ret_request,
		  struct cgw_diag *diag)
{
	struct request request = {0};
	char trimmed[VALUE_MAX];
	const char *value;
	size_t length;
	int r;

	text = skip_blanks(text);
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	/* The kernel would accept an empty value for some controls. */
	if (length == 0)
		return cgw_diag_set(diag, -EINVAL, "%s: missing value (expected %s)", row->info.key,
				    row->info.syntax);
	if (length >= sizeof(trimmed))
		return cgw_diag_set(diag, -ERANGE,
				    "%s: value too long (%zu characters, at most %zu allowed)",
				    row->info.key, length, sizeof(trimmed) - 1);
	snprintf(trimmed, sizeof(trimmed), "%.*s", (int)length, text);
	value = row->info.instances ? parse_instance(trimmed, &request) : trimmed;
	if (value == NULL || has_control_character(trimmed))
		return refuse(row, trimmed, -EINVAL, diag);
	if (row->argument != NULL && parse_argument(row, trimmed, &request.setting) < 0)
		return refuse(row, trimmed, -EINVAL, diag);
	r = is_number(row) ? parse_number(row, value, &request) : parse_text(row, value, &request);
	if (r < 0)
		return refuse(row, trimmed, r, diag);
	*ret_request = request;
	return 0;
}

static int check_range(const struct control_row *row, const struct setting *setting,
		       struct cgw_diag *diag)
{
	char asked[64], least[64], most[64];
	struct setting bound = {.period_ns = setting->period_ns};

	if (setting->unlimited ||
	    (setting->number >= row->info.minimum && setting->number <= row->info.maximum))
		return 0;
	setting_format(row, setting, asked, sizeof(asked));
	bound.number = row->info.minimum;
	setting_format(row, &bound, least, sizeof(least));
	bound.number = row->info.maximum;
	setting_format(row, &bound, most, sizeof(most));
	return cgw_diag_set(diag, -ERANGE, "%s: %s is out of range (expected %s to %s%s%s)",
			    row->info.key, asked, least, most,
			    row->info.unlimited != NULL ? " or " : "",
			    row->info.unlimited != NULL ? row->info.unlimited : "");
}

/* amount * percent / 100 without loss of low digits and without overflow. */
static int share_of(uint64_t amount, uint64_t percent_e2, uint64_t *ret_number)
{
	return scale_u64(amount, percent_e2, 10000, ret_number) ? 0 : -ERANGE;
}

/* Converts a share of CPU time to the quota of one period. */
static int quota_of(uint64_t cpu_ns_per_s, struct setting *setting)
{
	uint64_t quota;

	if (!scale_u64(cpu_ns_per_s, setting->period_ns, NS_PER_S, &quota))
		return -ERANGE;
	/* The kernel accepts whole microseconds. */
	setting->number = quota / 1000 * 1000;
	return 0;
}

static int refuse_relative(const struct control_row *row, struct cgw_diag *diag)
{
	return cgw_diag_set(diag, -EINVAL,
			    "the current value of %s is not a number; specify an absolute value",
			    row->info.key);
}

static int resolve_share(const struct control_row *row, const struct request *request,
			 const struct percent_bases *bases, struct setting *setting,
			 struct cgw_diag *diag)
{
	uint64_t base = request->base == BASE_PARENT ? bases->parent : bases->host;
	int r;

	if (request->base == BASE_NOW) {
		if (bases->now == NULL || bases->now->unlimited)
			return refuse_relative(row, diag);
		return share_of(bases->now->number, request->percent_e2, &setting->number);
	}
	if (base == 0)
		return cgw_diag_set(
			diag, -EINVAL, "%s: 100%% of the %s is unknown; specify an absolute value",
			row->info.key, request->base == BASE_PARENT ? "parent" : "host");
	r = share_of(base, request->percent_e2, &setting->number);
	return r < 0 || row->form != FORM_BANDWIDTH ? r : quota_of(setting->number, setting);
}

static int resolve_step(const struct control_row *row, const struct request *request,
			const struct percent_bases *bases, struct setting *setting,
			struct cgw_diag *diag)
{
	uint64_t step = request->setting.number;
	int r = 0;

	if (bases->now == NULL || bases->now->unlimited)
		return refuse_relative(row, diag);
	if (request->kind == REQUEST_STEP_PERCENT)
		r = share_of(bases->now->number, request->percent_e2, &step);
	if (r < 0)
		return r;
	if (request->less ? step > bases->now->number : step > UINT64_MAX - bases->now->number)
		return -ERANGE;
	setting->number = request->less ? bases->now->number - step : bases->now->number + step;
	return 0;
}

int request_resolve(const struct control_row *row, const struct request *request,
		    const struct percent_bases *bases, struct setting *ret_setting,
		    struct cgw_diag *diag)
{
	struct setting setting = request->setting;
	int r = 0;

	if (row->form == FORM_BANDWIDTH && setting.period_ns == 0)
		setting.period_ns = bases->now != NULL && bases->now->period_ns != 0
					    ? bases->now->period_ns
					    : PERIOD_NS;
	switch (request->kind) {
	case REQUEST_UNLIMITED:
		setting.unlimited = true;
		break;
	case REQUEST_NUMBER:
		if (row->form == FORM_BANDWIDTH && request->setting.period_ns == 0) {
			r = share_of(NS_PER_S, request->percent_e2, &setting.number);
			r = r < 0 ? r : quota_of(setting.number, &setting);
		}
		break;
	case REQUEST_PERCENT:
		r = resolve_share(row, request, bases, &setting, diag);
		break;
	case REQUEST_STEP:
	case REQUEST_STEP_PERCENT:
		r = resolve_step(row, request, bases, &setting, diag);
		if (r == 0 && row->form == FORM_BANDWIDTH)
			setting.number = setting.number / 1000 * 1000;
		break;
	case REQUEST_TEXT:
		break;
	}
	if (r == -ERANGE)
		return cgw_diag_set(diag, r, "%s: the resulting value is negative or too large",
				    row->info.key);
	if (r == 0 && row->form == FORM_BANDWIDTH &&
	    (setting.period_ns < NS_PER_MS || setting.period_ns > NS_PER_S))
		return cgw_diag_set(diag, -ERANGE, "%s: invalid period (expected 1ms to 1s)",
				    row->info.key);
	if (r == 0 && request->kind != REQUEST_TEXT)
		r = check_range(row, &setting, diag);
	if (r == 0)
		*ret_setting = setting;
	return r;
}

int cgw_value_check(enum cgw_control control, const char *value, struct cgw_diag *diag)
{
	const struct control_row *row = control_row(control);
	struct setting setting;
	struct request request = {0};
	/* Bases that fit any value: the real ones are known only on the machine. */
	struct setting some = {.period_ns = PERIOD_NS};
	struct percent_bases bases = {.host = NS_PER_S, .parent = NS_PER_S, .now = &some};
	int r;

	if (row == NULL)
		return cgw_diag_set(diag, -EINVAL, "invalid control %d", (int)control);
	if (row->form == FORM_FAMILY)
		return 0; /* each part is checked separately */
	some.number = row->info.minimum;
	r = request_parse(row, value, &request, diag);
	if (r < 0 || request.kind == REQUEST_PERCENT || request.kind == REQUEST_STEP ||
	    request.kind == REQUEST_STEP_PERCENT)
		return r;
	return request_resolve(row, &request, &bases, &setting, diag);
}

size_t setting_format(const struct control_row *row, const struct setting *setting, char *buffer,
		      size_t size)
{
	char quota[32], period[32];

	if (!is_number(row))
		return (size_t)snprintf(buffer, size, "%s",
					row->form == FORM_LIST && setting->text[0] == '\0'
						? "none"
						: setting->text);
	if (row->form != FORM_BANDWIDTH) {
		if (setting->unlimited)
			return (size_t)snprintf(buffer, size, "%s", unlimited_word(row));
		if (row->argument == NULL || setting->text[0] == '\0')
			return quantity_format((enum cgw_unit)row->info.unit, setting->number,
					       buffer, size);
		quantity_format((enum cgw_unit)row->info.unit, setting->number, quota,
				sizeof(quota));
		return (size_t)snprintf(buffer, size, "%s %s", quota, setting->text);
	}
	quantity_format(CGW_UNIT_NS, setting->number, quota, sizeof(quota));
	quantity_format(CGW_UNIT_NS, setting->period_ns, period, sizeof(period));
	if (setting->unlimited && setting->period_ns == PERIOD_NS)
		return (size_t)snprintf(buffer, size, "max");
	return (size_t)snprintf(buffer, size, "%s/%s", setting->unlimited ? "max" : quota, period);
}

bool setting_equal(const struct control_row *row, const struct setting *a, const struct setting *b)
{
	if (!is_number(row))
		return strcmp(a->text, b->text) == 0;
	if (row->form == FORM_BANDWIDTH && a->period_ns != b->period_ns)
		return false;
	return a->unlimited == b->unlimited && (a->unlimited || a->number == b->number);
}

int setting_compare(const struct setting *a, const struct setting *b)
{
	if (a->unlimited || b->unlimited)
		return (int)a->unlimited - (int)b->unlimited;
	return (a->number > b->number) - (a->number < b->number);
}

struct setting setting_rate(const struct control_row *row, const struct setting *setting)
{
	struct setting rate = *setting;

	if (row->form == FORM_BANDWIDTH && rate.period_ns != 0 &&
	    !scale_u64(rate.number, NS_PER_S, rate.period_ns, &rate.number))
		rate.number = UINT64_MAX;
	return rate;
}
