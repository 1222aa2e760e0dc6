/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-json-writer.c - compares the output with that of jansson. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/json-writer.h"
#include "lib/base/cleanup.h"
#include "test.h"

static void assert_written(struct json_writer *writer, json_t *value)
{
	char *expected = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert_non_null(expected);
	json_put(writer, "", 1);
	assert_false(writer->failed);
	assert_string_equal(writer->bytes, expected);
	free(expected);
	json_decref(value);
	json_writer_reset(writer);
}

static void test_reals(void **state)
{
	static const double numbers[] = {0,
					 -0.0,
					 1,
					 -1,
					 0.1,
					 1.5,
					 1e20,
					 1e21,
					 1e-7,
					 1e-5,
					 123456.789,
					 1e15,
					 1e16,
					 1e100,
					 1e-100,
					 0.3333333333333333,
					 DBL_MAX,
					 DBL_MIN,
					 2.5e-10,
					 1e300 / 7,
					 9007199254740993.0};
	CLEANUP(json_writer_done) struct json_writer writer = {0};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		json_put_real(&writer, numbers[i]);
		assert_written(&writer, json_real(numbers[i]));
	}
	json_put_real(&writer, NAN);
	json_put_real(&writer, INFINITY);
	json_put(&writer, "", 1);
	assert_string_equal(writer.bytes, "nullnull");
}

static void test_integers(void **state)
{
	static const int64_t numbers[] = {0, 1, 9, 10, 99, 100, 4294967295, INT64_MAX};
	CLEANUP(json_writer_done) struct json_writer writer = {0};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		json_put_integer(&writer, (uint64_t)numbers[i]);
		assert_written(&writer, json_integer(numbers[i]));
	}
}

static void test_strings(void **state)
{
	static const char *const texts[] = {"",
					    "plain",
					    "a\"b",
					    "\\x07",
					    "/slash/",
					    "a\nb",
					    "tab\tend",
					    "\x01\x1f",
					    "\"",
					    "\b\f\r",
					    "\u00e4\u6f22\u5b57",
					    "\x7f"};
	CLEANUP(json_writer_done) struct json_writer writer = {0};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_put_string(&writer, texts[i], strlen(texts[i]));
		assert_written(&writer, json_string(texts[i]));
	}
}

/* Long enough to make the buffer grow. */
static void test_members(void **state)
{
	CLEANUP(json_writer_done) struct json_writer writer = {.compact = true};
	json_t *object = json_object();
	char key[16], *expected;

	json_put(&writer, "{", 1);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		json_put_key(&writer, 1, key);
		json_put_integer(&writer, i);
		json_object_set_new(object, key, json_integer(i));
	}
	json_put(&writer, "}", 2);
	expected = json_dumps(object, JSON_COMPACT);
	assert_string_equal(writer.bytes, expected);
	free(expected);
	json_decref(object);
	json_writer_reset(&writer);
	json_put_hex(&writer, "\xff\x00\x1b", 3);
	json_put(&writer, "", 1);
	assert_string_equal(writer.bytes, "\"ff001b\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
