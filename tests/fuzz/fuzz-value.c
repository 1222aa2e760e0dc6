/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz-value.c - fuzzer of control values: line 1 is an untrusted "KEY=VALUE", line 2 the text of
 * a kernel file. A value is refused with a reason, or its text and its kernel text parse to the
 * same value.
 */
#include "fuzz.h"
#include "lib/limit/kernel-text.h"

static void check_reason(const struct cgw_diag *diag)
{
	FUZZ_CHECK(diag->text[0] != '\0');
	for (const char *at = diag->text; *at != '\0'; at++)
		FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
}

static int resolve(const struct control_row *row, const char *text, struct setting *ret_setting)
{
	const struct setting now = {.number = 1 << 30, .period_ns = 100000000};
	const struct percent_bases bases = {
		.host = UINT64_C(4000000000), .parent = UINT64_C(2000000000), .now = &now};
	struct cgw_diag diag = {0};
	struct request request;
	int r = request_parse(row, text, &request, &diag);

	r = r < 0 ? r : request_resolve(row, &request, &bases, ret_setting, &diag);
	if (r < 0)
		check_reason(&diag);
	return r;
}

/* Formats and parses the setting. A value that the kernel reports may exceed the valid range. */
static void check_words(const struct control_row *row, const struct setting *setting)
{
	char value[VALUE_MAX], words[INSTANCE_MAX + VALUE_MAX + 2];
	struct setting again = {0};

	FUZZ_CHECK(setting_format(row, setting, value, sizeof(value)) < sizeof(value));
	snprintf(words, sizeof(words), "%s%s%s", setting->instance,
		 setting->instance[0] != '\0' ? " " : "", value);
	if (resolve(row, words, &again) == 0) {
		FUZZ_CHECK(setting_equal(row, setting, &again));
		FUZZ_CHECK(strcmp(setting->instance, again.instance) == 0);
		FUZZ_CHECK(setting_compare(setting, &again) == 0);
	}
}

/* Encodes, decodes and encodes again: the text must not change, even if values are rounded. */
static void check_kernel_text(const struct control_row *row, const struct cgw_source *source,
			      const struct setting *setting)
{
	char text[VALUE_MAX * 2], again[VALUE_MAX * 2], name[VALUE_MAX];
	struct setting read = {.period_ns = setting->period_ns};

	if (kernel_text_encode(row, source, setting, text, sizeof(text)) < 0)
		return;
	if (kernel_file_name(source, setting->instance, name, sizeof(name)) == 0)
		FUZZ_CHECK(strchr(name, '/') == NULL);
	snprintf(read.instance, sizeof(read.instance), "%s", setting->instance);
	if (row->info.metric < 0 ||
	    kernel_text_decode(row, source, text, strlen(text), &read) < 0 ||
	    kernel_text_encode(row, source, &read, again, sizeof(again)) < 0)
		return;
	FUZZ_CHECK(strcmp(text, again) == 0);
}

static void check_control(const struct control_row *row, const char *value, const char *kernel)
{
	const struct cgw_metric_info *metric =
		row->info.metric < 0 ? NULL : cgw_metric_info((enum cgw_metric)row->info.metric);
	size_t count = metric != NULL ? metric->source_count : row->source_count;
	struct setting setting = {0};
	bool good = row->form != FORM_FAMILY && resolve(row, value, &setting) == 0;

	if (good)
		check_words(row, &setting);
	for (size_t i = 0; i < count; i++) {
		const struct cgw_source *source =
			metric != NULL ? &metric->sources[i] : &row->sources[i];
		struct setting read = {.period_ns = 100000000};

		if (good && row->form != FORM_TOGGLES)
			check_kernel_text(row, source, &setting);
		/* Actions have no value to read. */
		if (metric != NULL &&
		    kernel_text_decode(row, source, kernel, strlen(kernel), &read) == 0)
			check_words(row, &read);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *kernel = strchr(text, '\n'), *value;
	enum cgw_control control;
	struct cgw_diag diag = {0};

	if (kernel != NULL)
		*kernel++ = '\0';
	if (cgw_assignment_parse(text, &control, &value, &diag) < 0) {
		check_reason(&diag);
	} else {
		if (cgw_value_check(control, value, &diag) < 0)
			check_reason(&diag);
		check_control(control_row(control), value, kernel != NULL ? kernel : "");
		free(value);
	}
	free(text);
	return 0;
}
