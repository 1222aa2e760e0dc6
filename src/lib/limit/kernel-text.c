/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-text.c - encoding and decoding of settings as the text of kernel files. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/limit/controller-set.h"
#include "lib/limit/kernel-text.h"
#include "lib/metric/decode.h"

int kernel_file_name(const struct cgw_source *source, const char *instance, char *buffer,
		     size_t size)
{
	const char *star = strchr(source->file, '*');
	int length = star == NULL ? snprintf(buffer, size, "%s", source->file)
				  : snprintf(buffer, size, "%.*s%s%s", (int)(star - source->file),
					     source->file, instance, star + 1);

	/*
	 * The instance is user input: in a file name it must not lead to another directory. In the
	 * text it may have slashes, such as dmem's region drm/0000:03:00.0/vram0.
	 */
	if (star != NULL && strchr(instance, '/') != NULL)
		return -EINVAL;
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* Converts a v2 weight to v1 shares as systemd does: 100 is 1024 shares. */
static uint64_t shares_of(uint64_t weight)
{
	uint64_t shares = weight >= 10000 ? 262144 : (weight * 1024 + 99) / 100;

	return shares < 2 ? 2 : shares;
}

/* Converts a weight to bfq's scale, which is piecewise linear around 100. */
static uint64_t bfq_of(uint64_t weight)
{
	if (weight <= 100)
		return weight;
	return 100 + ((weight - 100) * (1000 - 100) + (10000 - 100) / 2) / (10000 - 100);
}

static void encode_number(const struct control_row *row, const struct cgw_source *source,
			  const struct setting *setting, char *buffer, size_t size)
{
	uint64_t number = setting->number;

	if (setting->unlimited) {
		snprintf(buffer, size, "%s", row->unlimited[source->version]);
		return;
	}
	switch ((enum cgw_conversion)source->conversion) {
	case CGW_CONVERT_SHARES:
		number = shares_of(number);
		break;
	case CGW_CONVERT_BFQ_WEIGHT:
		number = bfq_of(number);
		break;
	case CGW_CONVERT_DECIMAL_E2:
		snprintf(buffer, size, "%" PRIu64 ".%02" PRIu64, number / 100, number % 100);
		return;
	case CGW_CONVERT_SCALE:
	case CGW_CONVERT_TICKS:
	case CGW_CONVERT_MEMORY_LIMIT:
	case CGW_CONVERT_PAGES: /* of values that cannot be set */
		number /= source->scale > 1 ? source->scale : 1;
		break;
	}
	snprintf(buffer, size, "%" PRIu64, number);
}

int kernel_text_encode(const struct control_row *row, const struct cgw_source *source,
		       const struct setting *setting, char *buffer, size_t size)
{
	char number[VALUE_MAX];
	int length;

	if (setting->unlimited && row->unlimited[source->version] == NULL)
		return -EOPNOTSUPP;
	if (row->form == FORM_LIST || row->form == FORM_WORD || row->form == FORM_DEVICES) {
		/* An empty list is a newline, because write() ignores zero bytes. */
		bool none = row->form == FORM_LIST &&
			    (setting->text[0] == '\0' || strcmp(setting->text, "none") == 0);

		snprintf(buffer, size, "%s", none ? "\n" : setting->text);
		return 0;
	}
	if (row->form == FORM_SETTINGS) {
		length = snprintf(buffer, size, "%s %s", setting->instance, setting->text);
		return length < 0 || (size_t)length >= size ? -E2BIG : 0;
	}
	encode_number(row, source, setting, number, sizeof(number));
	switch ((enum cgw_format)source->format) {
	case CGW_FORMAT_NESTED:
		/* The kernel would take a name with '=' for a key of the line. */
		if (strchr(setting->instance, '=') != NULL)
			return -EINVAL;
		length = snprintf(buffer, size, "%s %s=%s", setting->instance, source->key, number);
		break;
	case CGW_FORMAT_DEVICE_NUMBER:
	case CGW_FORMAT_NAMED:
		length = snprintf(buffer, size, "%s %s", setting->instance, number);
		break;
	case CGW_FORMAT_WORDS:
		length = snprintf(buffer, size, "%s %" PRIu64, number,
				  setting->period_ns / source->scale);
		break;
	default:
		length = snprintf(buffer, size, "%s%s%s", number,
				  setting->text[0] != '\0' ? " " : "", setting->text);
		break;
	}
	return length < 0 || (size_t)length >= size ? -E2BIG : 0;
}

/* Picks one instance of a file. */
struct picked {
	const struct control_row *row;
	struct setting *setting;
	struct cgw_number number;
	bool found;
};

static int pick_instance(void *context, uint32_t slot, const char *name, size_t name_length,
			 struct cgw_number number)
{
	struct picked *picked = context;
	char *instance = picked->setting->instance;

	if (picked->found || name_length >= INSTANCE_MAX)
		return 0;
	if (*instance == '\0')
		snprintf(instance, INSTANCE_MAX, "%.*s", (int)name_length, name);
	if (strlen(instance) != name_length || memcmp(instance, name, name_length) != 0)
		return 0;
	picked->number = number;
	picked->found = true;
	return 0;
}

static int pick_text(void *context, uint32_t slot, const char *text, size_t length)
{
	struct picked *picked = context;
	char *to = picked->setting->text;

	/* What users write has no blanks at its end, either. */
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\n'))
		length--;
	if (length >= VALUE_MAX)
		return -ERANGE;
	snprintf(to, VALUE_MAX, "%.*s", (int)length, text);
	/* The kernel may report the same list in another order or in other ranges. */
	if (picked->row->form == FORM_LIST && list_normalise(to, to, VALUE_MAX) < 0)
		return -EBADMSG;
	if (picked->row->form == FORM_TOGGLES && toggles_apply(to, "", to, VALUE_MAX) < 0)
		return -EBADMSG;
	picked->found = true;
	return 0;
}

int kernel_text_decode(const struct control_row *row, const struct cgw_source *source,
		       const char *text, size_t length, struct setting *setting)
{
	struct setting read = {0};
	struct picked picked = {.row = row, .setting = &read};
	const struct decode_sink sink = {
		.instance = pick_instance, .text = pick_text, .context = &picked};
	struct cgw_number number;
	bool starred = strchr(source->file, '*') != NULL;
	bool instances = row->info.instances && !starred;
	const struct decode_request request = {
		.key = source->key,
		.key_length = source->key != NULL ? (uint32_t)strlen(source->key) : 0,
		.scale = source->scale,
		.conversion = source->conversion,
		.instances = instances,
	};
	int r;

	snprintf(read.instance, sizeof(read.instance), "%s", setting->instance);
	r = decode((enum cgw_format)source->format, text, length, &request, 1, &number, &sink);
	if (r < 0)
		return r;
	if (instances)
		number = picked.found                  ? picked.number
			 : row->info.unlimited != NULL ? (struct cgw_number){0, CGW_MAX}
						       : (struct cgw_number){0, CGW_ABSENT};
	if (number.state == CGW_BAD)
		return -EBADMSG;
	if (number.state != CGW_OK && number.state != CGW_MAX)
		return -ENOENT;
	read.unlimited = number.state == CGW_MAX;
	read.number = number.value;
	read.period_ns = setting->period_ns;
	*setting = read;
	return 0;
}
