/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-documented-files.c - every file and key that the kernel documents has a metric, a control,
 * or a reason in undocumented-files.def why it has none.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/control.h"
#include "test.h"

struct documented {
	unsigned version;
	const char *file, *keys;
};

struct exception {
	unsigned version;
	const char *file, *key, *reason;
};

static const struct documented documents[] = {
#define DOCUMENTED(version, file, keys)   {version, file, keys},
#define UNDOCUMENTED(version, file, keys) {version, file, keys},
#define EXCEPTION(...)
#include "documented-files.def"
#include "undocumented-files.def"
#undef DOCUMENTED
#undef UNDOCUMENTED
#undef EXCEPTION
};

static const struct exception exceptions[] = {
#define UNDOCUMENTED(...)
#define EXCEPTION(version, file, key, reason) {version, file, key, reason},
#include "undocumented-files.def"
#undef UNDOCUMENTED
#undef EXCEPTION
};

static unsigned wrong; /* all of them are printed before the test fails */

#define WRONG(...) (wrong++, print_error(__VA_ARGS__))

/* Whether the source reads or writes the key; "": the file as a whole. */
static bool is_read(const struct cgw_source *source, unsigned version, const char *file,
		    const char *key)
{
	if (source->version != version || strcmp(source->file, file) != 0)
		return false;
	if (key[0] == '\0' || source->key == NULL)
		return key[0] == '\0';
	if (source->format == CGW_FORMAT_PREFIX)
		return strncmp(key, source->key, strlen(source->key)) == 0;
	return strcmp(source->key, key) == 0;
}

static bool is_known(unsigned version, const char *file, const char *key)
{
	for (size_t i = 0; i < cgw_metric_count(); i++) {
		const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)i);

		for (size_t s = 0; s < info->source_count; s++)
			if (is_read(&info->sources[s], version, file, key))
				return true;
	}
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct control_row *row = control_row((enum cgw_control)i);

		for (size_t s = 0; s < row->source_count; s++)
			if (is_read(&row->sources[s], version, file, key))
				return true;
	}
	return false;
}

/* What `.own` computes: the documents of v1 list counters of the group alone as well. */
static bool is_own(unsigned version, const char *file, const char *key)
{
	char total[64];

	snprintf(total, sizeof(total), "total_%s", key);
	return version == 1 && key[0] != '\0' && is_known(version, file, total);
}

static const struct exception *find_exception(unsigned version, const char *file, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (exceptions[i].version == version && strcmp(exceptions[i].file, file) == 0 &&
		    strcmp(exceptions[i].key, key) == 0)
			return &exceptions[i];
	return NULL;
}

static void check_key(const struct documented *document, const char *key)
{
	const struct exception *exception = find_exception(document->version, document->file, key);
	bool known = is_known(document->version, document->file, key) ||
		     is_own(document->version, document->file, key);

	if (!known && exception == NULL)
		WRONG("v%u %s %s: no metric, no control and no exception\n", document->version,
		      document->file, key);
	if (known && exception != NULL)
		WRONG("v%u %s %s: is read or written, but also an exception\n", document->version,
		      document->file, key);
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
			return true;
	return list[0] == '\0' && length == 0;
}

static void test_documented_keys_are_known(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		const char *at = documents[i].keys;

		if (*at == '\0')
			check_key(&documents[i], "");
		while (*at != '\0') {
			char key[64];

			snprintf(key, sizeof(key), "%.*s", (int)strcspn(at, " "), at);
			check_key(&documents[i], key);
			at += strcspn(at, " ");
			at += strspn(at, " ");
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_exceptions_are_documented(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_SIZE(documents); k++)
			found |= documents[k].version == exceptions[i].version &&
				 strcmp(documents[k].file, exceptions[i].file) == 0 &&
				 has_word(documents[k].keys, exceptions[i].key);
		if (!found)
			WRONG("v%u %s %s: an exception, but not documented\n",
			      exceptions[i].version, exceptions[i].file, exceptions[i].key);
		assert_true(strlen(exceptions[i].reason) > 10);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documented_keys_are_known),
		cmocka_unit_test(test_exceptions_are_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
