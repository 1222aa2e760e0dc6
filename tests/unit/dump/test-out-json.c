/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-out-json.c - JSON and NDJSON as a strict reader sees them. */
#include <jansson.h>

#include "report-fixture.h"

/* Duplicate keys are errors, although many readers accept them. */
static json_t *read_json(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (json == NULL)
		fail_msg("%s at byte %d of: %.200s", error.text, error.position, text);
	return json;
}

static void assert_member(const json_t *object, const char *key, const char *expected)
{
	json_t *member = json_object_get(object, key);
	char *text = member == NULL ? NULL
				    : json_dumps(member, JSON_ENCODE_ANY | JSON_COMPACT |
								 JSON_REAL_PRECISION(15));

	if (text == NULL ? expected != NULL : expected == NULL || strcmp(text, expected) != 0)
		fail_msg("%s: expected %s, got %s", key, expected, text);
	free(text);
}

/* Prints one group as NDJSON, and reads it. */
static json_t *read_group(struct report_fixture *fixture, uint32_t *group, const char *keys)
{
	char *text;
	json_t *json;

	fixture->report.groups = group;
	fixture->report.group_count = 1;
	text = print_report(fixture, keys, report_ndjson);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	json = read_json(text);
	free(text);
	return json;
}

static void assert_name(const json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));
	const char *hex = json_string_value(json_object_get(json_object_get(object, "bytes"), key));
	char *bytes, expected_hex[512] = "";

	assert_non_null(text);
	for (const char *c = text; *c != '\0'; c++)
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
	bytes = unescape(text);
	assert_string_equal(bytes, expected);
	free(bytes);
	/* The bytes are there exactly if the text is not the name. */
	for (size_t i = 0; i < strlen(expected); i++)
		snprintf(expected_hex + 2 * i, 3, "%02x", (unsigned char)expected[i]);
	if (strcmp(text, expected) == 0)
		assert_null(hex);
	else
		assert_string_equal(hex, expected_hex);
}

static void test_names_are_restored(void **state)
{
	struct report_fixture *fixture = *state;
	char *text = print_report(fixture, "group,name", report_json);
	json_t *document = read_json(text), *groups = json_object_get(document, "groups");

	assert_int_equal(json_array_size(groups), GROUP_COUNT);
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		const json_t *object = json_array_get(groups, i);

		assert_name(object, "group", fixture->paths[i]);
		assert_name(object, "name", i == 0 ? "/" : strrchr(fixture->paths[i], '/') + 1);
	}
	json_decref(document);
	free(text);
}

static void test_document(void **state)
{
	struct report_fixture *fixture = *state;
	json_t *document, *layout;
	char *text;

	fixture->report.host = "odd \"host\"\\";
	fixture->report.group_count = 0;
	text = print_report(fixture, "group", report_json);
	document = read_json(text);
	free(text);
	assert_int_equal(json_object_size(document), 6);
	assert_member(document, "schema", "1");
	assert_string_equal(json_string_value(json_object_get(document, "cgward")), cgw_version());
	assert_member(document, "host", "\"odd \\\"host\\\"\\\\\"");
	assert_member(document, "time", "\"2023-11-14T22:13:20.123Z\"");
	assert_member(document, "groups", "[]");
	layout = json_object_get(document, "layout");
	assert_member(layout, "kind", "\"v2\"");
	assert_int_equal(json_array_size(json_object_get(layout, "hierarchies")), 1);
	json_decref(document);
	/* A name that is not UTF-8 cannot be a JSON string. */
	fixture->report.host = "bad\xff";
	text = print_report(fixture, "group", report_json);
	document = read_json(text);
	free(text);
	assert_member(document, "host", "null");
	json_decref(document);
	/* A stream has the layout once. */
	fixture->report.first = false;
	text = print_report(fixture, "group", report_json);
	document = read_json(text);
	free(text);
	assert_null(json_object_get(document, "layout"));
	json_decref(document);
}

/* Values are numbers in base units; a missing one is null with its reason, never 0. */
static void test_values_and_reasons(void **state)
{
	static const struct {
		const char *key;
		uint32_t group;
		const char *value, *reason;
	} rows[] = {
		{"cpu.usage", 1, "1500500042", NULL},
		{"memory.current", 0, "9223372036854775807", NULL},
		{"cpu.usage", 0, "9.22337203685478e18", NULL}, /* JSON integers have 63 bits */
		{"cpu.usage", 3, "null", "\"absent\""},
		{"cpu", 1, "25.025", NULL},
		{"cpu", 2, "null", "\"reset\""},
		{"cpu", 3, "null", "\"absent\""},
		{"memory.max", 1, "null", "\"max\""},
		{"memory.max", 2, "2097152", NULL},
		{"memory.growth", 1, "-2048.0", NULL},
		{"memory.current.percent", 2, "50.0", NULL},
		{"pids.current", 1, "null", "\"denied\""},
		{"cgroup.frozen", 1, "true", NULL},
		{"cgroup.frozen", 2, "false", NULL},
		{"memory.pressure.some.avg10", 1, "12.34", NULL},
		{"cgroup.type", 1, "\"domain threaded\"", NULL},
		{"cgroup.type", 2, "\"\"", NULL},
		{"cgroup.type", 3, "null", "\"absent\""},
		{"depth", 1, "1", NULL},
		{"slice", 3, "\"user-1000.slice\"", NULL},
	};
	struct report_fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t group = rows[i].group;
		json_t *object = read_group(fixture, &group, rows[i].key);

		assert_member(object, rows[i].key, rows[i].value);
		assert_member(json_object_get(object, "reasons"), rows[i].key, rows[i].reason);
		json_decref(object);
	}
}

static void test_instances(void **state)
{
	struct report_fixture *fixture = *state;
	uint32_t group = 1;
	json_t *object = read_group(fixture, &group, "io.rbytes,group");

	assert_member(object, "io.rbytes", "30");
	assert_member(object, "instances",
		      "{\"io.rbytes\":{\"sda\":10,\"odd \\\"\\\\\\\\x0a\\\\xff name\":20}}");
	json_decref(object);
	group = 2;
	object = read_group(fixture, &group, "io.rbytes,group");
	assert_member(object, "instances", NULL);
	json_decref(object);
}

/* With every field: no key twice, also not among the members that are not fields. */
static void test_every_field_has_its_own_key(void **state)
{
	static const char *const others[] = {"instances", "bytes", "reasons", "time"};
	struct report_fixture *fixture = *state;

	for (uint32_t group = 0; group < GROUP_COUNT; group++) {
		json_t *object = read_group(fixture, &group, "all");
		size_t count = fixture->fields.count, extra = 0;

		for (size_t i = 0; i < count; i++) {
			const char *key = report_key(fixture->fields.items[i]).text;
			const json_t *value = json_object_get(object, key);

			assert_non_null(value);
			if (json_is_null(value))
				assert_non_null(
					json_object_get(json_object_get(object, "reasons"), key));
			for (size_t j = 0; j < ARRAY_SIZE(others); j++)
				assert_string_not_equal(key, others[j]);
		}
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			extra += json_object_get(object, others[i]) != NULL;
		assert_int_equal(json_object_size(object), count + extra);
		assert_member(object, "time", "\"2023-11-14T22:13:20.123Z\"");
		json_decref(object);
	}
}

static void test_ndjson_has_one_object_per_line(void **state)
{
	struct report_fixture *fixture = *state;
	char *text = print_report(fixture, "group,memory.max,io.rbytes", report_ndjson),
	     *rest = text, *line;
	size_t count = 0;

	while (*(line = strsep(&rest, "\n")) != '\0') {
		json_t *object = read_json(line);

		assert_name(object, "group", fixture->paths[count]);
		assert_int_equal(json_object_get(object, "instances") != NULL, count == 1);
		json_decref(object);
		count++;
	}
	assert_null(rest);
	assert_int_equal(count, GROUP_COUNT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_are_restored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_document, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values_and_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_instances, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_field_has_its_own_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ndjson_has_one_object_per_line, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
