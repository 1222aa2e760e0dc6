/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-exposition-format.c - expositions as a strict reader sees them. */
#include <errno.h>
#include <locale.h>

#include "exposition-reader.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "special-names.h"
#include <cgward/render.h>

struct text {
	char *bytes;
	size_t length, size;
	size_t room; /* bytes until the sink fails */
};

static int put(void *context, const char *piece, size_t length)
{
	struct text *text = context;

	if (text->length + length > text->room)
		return -ENOSPC;
	if (text->length + length + 1 > text->size) {
		text->size = 2 * (text->length + length + 1);
		text->bytes = realloc(text->bytes, text->size);
		assert_non_null(text->bytes);
	}
	memcpy(text->bytes + text->length, piece, length);
	text->length += length;
	text->bytes[text->length] = '\0';
	return 0;
}

static struct cgw_exposition *new_exposition(enum cgw_exposition_dialect dialect, struct text *text)
{
	struct cgw_exposition *exposition;

	*text = (struct text){.room = SIZE_MAX};
	assert_int_equal(cgw_exposition_new(dialect, put, text, &exposition), 0);
	return exposition;
}

#define GROUP_COUNT (SPECIAL_NAME_COUNT + 2)

/* The root, and groups with special names in a group that has one as well. */
struct machine {
	char paths[GROUP_COUNT][160];
	uint32_t groups[GROUP_COUNT];
	struct cgw_frame *frame;
};

static void fill(struct cgw_snapshot *snapshot)
{
	for (uint32_t i = 0; i < GROUP_COUNT; i++) {
		int type = snapshot->column_of[CGW_M_CGROUP_TYPE];
		int bytes = snapshot->column_of[CGW_M_IO_RBYTES];

		snapshot_set(snapshot, snapshot->column_of[CGW_M_CPU_USAGE], i,
			     (struct cgw_number){UINT64_MAX - i, CGW_OK});
		snapshot_set(snapshot, snapshot->column_of[CGW_M_MEMORY_MAX], i,
			     (struct cgw_number){i, i % 2 == 0 ? CGW_OK : CGW_MAX});
		snapshot_set(snapshot, type, i, (struct cgw_number){0, CGW_OK});
		assert_int_equal(snapshot_add_text(snapshot, type, i, special_names[i % 7],
						   strlen(special_names[i % 7])),
				 0);
		assert_int_equal(snapshot_add_instance(snapshot, bytes, i, "8:0 \"\\\n", 7,
						       (struct cgw_number){i, CGW_OK}),
				 0);
		assert_int_equal(snapshot_add_instance(snapshot, bytes, i, "sdb", 3,
						       (struct cgw_number){0, CGW_DENIED}),
				 0);
		snapshot_set(snapshot, bytes, i, (struct cgw_number){i, CGW_OK});
	}
}

static int setup(void **state)
{
	static const enum cgw_metric requested[] = {CGW_M_CPU_USAGE, CGW_M_MEMORY_MAX,
						    CGW_M_CGROUP_TYPE, CGW_M_IO_RBYTES};
	struct machine *machine = calloc(1, sizeof(*machine));
	struct frame_group groups[GROUP_COUNT];
	const char *names[SPECIAL_NAME_COUNT];
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot;
	struct topology *topology;

	special_names_sorted(names);
	for (uint32_t i = 0; i < GROUP_COUNT; i++) {
		snprintf(machine->paths[i], sizeof(machine->paths[i]), "%s%s",
			 i == 0   ? "/"
			 : i == 1 ? "/\"\\\n"
				  : "/\"\\\n/",
			 i < 2 ? "" : names[i - 2]);
		groups[i] = (struct frame_group){machine->paths[i], i + 1};
		machine->groups[i] = i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(requested); i++)
		cgw_metric_set_add(&metrics, requested[i]);
	topology = frame_topology(groups, GROUP_COUNT);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	fill(snapshot);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_new(&machine->frame), 0);
	assert_int_equal(cgw_frame_update(machine->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	cgw_frame_free(machine->frame);
	free(machine);
	return 0;
}

/* Labels of containers, with characters that must be escaped. */
static size_t more_labels(void *context, const struct cgw_identity *identity,
			  struct cgw_label *labels, size_t capacity)
{
	assert_true(capacity >= 2);
	labels[0] = (struct cgw_label){"container_name", context};
	labels[1] = (struct cgw_label){"image", "plain"};
	return 2;
}

static void expose(struct machine *machine, enum cgw_exposition_dialect dialect,
		   const char *container, struct text *text)
{
	struct cgw_exposition *exposition = new_exposition(dialect, text);
	struct cgw_field fields[512];
	size_t count = 0;

	while (cgw_field_nth(count, &fields[count]) == 0)
		assert_true(++count < ARRAY_SIZE(fields));
	cgw_exposition_groups(exposition, &(struct cgw_exposition_group_filter){
						  .frame = machine->frame,
						  .fields = fields,
						  .field_count = count,
						  .groups = machine->groups,
						  .group_count = GROUP_COUNT,
						  .more_labels = more_labels,
						  .context = (void *)(uintptr_t)container,
					  });
	assert_int_equal(cgw_exposition_end(exposition), 0);
}

/* All series of a name, in the order of the groups, name their group so that it can be restored. */
static void assert_groups(const struct machine *machine, const struct exposition_reader *reader,
			  const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < reader->series_count; i++) {
		CLEANUP(cleanup_free) char *path = NULL;

		if (strcmp(reader->series[i].name, name) != 0)
			continue;
		path = unescape(series_label_value(&reader->series[i], "group"));
		assert_true(count < GROUP_COUNT);
		assert_string_equal(path, machine->paths[count++]);
	}
	assert_int_equal(count, GROUP_COUNT);
}

static const struct series *find_series(const struct exposition_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->series_count; i++)
		if (strcmp(reader->series[i].name, name) == 0)
			return &reader->series[i];
	fail_msg("no series %s", name);
	return NULL;
}

/* A scrape with every field, of groups with special names: a reader accepts all of it. */
static void test_strict_readers_accept_special_names(void **state)
{
	static const char container[] = "a \"name\"\\ of \xe6\xbc\xa2";
	struct machine *machine = *state;

	for (int i = 0; i < 2; i++) {
		bool openmetrics = i == 0;
		struct exposition_reader reader;
		const struct series *series;
		struct text text;

		expose(machine, openmetrics ? CGW_EXPOSITION_OPENMETRICS : CGW_EXPOSITION_TEXT,
		       container, &text);
		exposition_read(text.bytes, openmetrics, &reader);
		assert_true(reader.family_count > 100);
		assert_groups(machine, &reader, "cgward_group_info");
		assert_groups(machine, &reader, "cgward_cpu_usage_seconds_total");
		assert_groups(machine, &reader, "cgward_memory_max_bytes");
		assert_groups(machine, &reader, "cgward_cgroup_type_info");
		/* Of two devices, one may not be read. */
		assert_groups(machine, &reader, "cgward_io_read_bytes_total");
		series = find_series(&reader, "cgward_io_read_bytes_total");
		assert_string_equal(series_label_value(series, "device"), "8:0 \"\\\\x0a");
		series = find_series(&reader, "cgward_group_info");
		assert_string_equal(series_label_value(series, "container_name"), container);
		assert_string_equal(series_label_value(series, "image"), "plain");
		series = find_series(&reader, "cgward_cpu_usage_seconds_total");
		assert_string_equal(series->number, "18446744073.709551615");
		exposition_reader_free(&reader);
		free(text.bytes);
	}
}

/* Labels and help texts of other values than those of groups. */
static void test_every_text_is_escaped(void **state)
{
	static const char odd[] = "back\\slash \"quotes\"\nline \\n";
	static const struct cgw_family family = {"cgward_odd_seconds", "seconds", odd,
						 CGW_FAMILY_COUNTER};

	for (int i = 0; i < 2; i++) {
		struct text text;
		struct exposition_reader reader;
		struct cgw_exposition *exposition = new_exposition(
			i == 0 ? CGW_EXPOSITION_OPENMETRICS : CGW_EXPOSITION_TEXT, &text);

		cgw_exposition_family(exposition, &family);
		cgw_exposition_sample(exposition, NULL, 0, 0, 1);
		cgw_exposition_sample(exposition,
				      (const struct cgw_label[]){{"a", odd}, {"b", "\\"}}, 2, 1, 1);
		assert_int_equal(cgw_exposition_end(exposition), 0);
		exposition_read(text.bytes, i == 0, &reader);
		assert_int_equal(reader.series_count, 2);
		assert_int_equal(reader.series[0].label_count, 0);
		assert_string_equal(series_label_value(&reader.series[1], "a"), odd);
		assert_string_equal(series_label_value(&reader.series[1], "b"), "\\");
		assert_string_equal(reader.families[0].name,
				    i == 0 ? "cgward_odd_seconds" : "cgward_odd_seconds_total");
		assert_memory_equal(reader.families[0].help, odd, strlen(odd));
		assert_string_equal(reader.families[0].help + strlen(odd), ".");
		if (i == 0)
			assert_string_equal(reader.families[0].unit, "seconds");
		else
			assert_null(reader.families[0].unit);
		exposition_reader_free(&reader);
		free(text.bytes);
	}
}

static void test_numbers_are_exact(void **state)
{
	static const struct {
		uint64_t value, divisor;
		const char *expected;
	} rows[] = {
		{0, 1, "0"},
		{7, 1, "7"},
		{UINT64_MAX, 1, "18446744073709551615"},
		{0, 1000000000, "0"},
		{1, 1000000000, "0.000000001"},
		{10, 1000000000, "0.000000010"},
		{1000000000, 1000000000, "1"},
		{1500000000, 1000000000, "1.500000000"},
		{UINT64_MAX, 1000000000, "18446744073.709551615"},
		{1234, 10000, "0.1234"},
		{10000, 10000, "1"},
		{5, 100, "0.05"},
	};
	static const struct cgw_family family = {"cgward_x", "", "A help text", CGW_FAMILY_GAUGE};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct text text;
		struct exposition_reader reader;
		struct cgw_exposition *exposition =
			new_exposition(CGW_EXPOSITION_OPENMETRICS, &text);

		cgw_exposition_family(exposition, &family);
		cgw_exposition_sample(exposition, NULL, 0, rows[i].value, rows[i].divisor);
		assert_int_equal(cgw_exposition_end(exposition), 0);
		exposition_read(text.bytes, true, &reader);
		assert_string_equal(reader.series[0].number, rows[i].expected);
		exposition_reader_free(&reader);
		free(text.bytes);
	}
}

/* Text that exceeds the buffer of the writer is neither lost nor repeated. */
static void test_large_expositions(void **state)
{
	static const struct cgw_family family = {"cgward_x", "", "A help text", CGW_FAMILY_INFO};
	char value[3000];

	for (size_t length = 1; length < sizeof(value); length += 331) {
		struct text text;
		struct exposition_reader reader;
		struct cgw_exposition *exposition =
			new_exposition(CGW_EXPOSITION_OPENMETRICS, &text);

		cgw_exposition_family(exposition, &family);
		for (unsigned i = 0; i < 300; i++) {
			memset(value, 'a', length);
			snprintf(value + length - 1, sizeof(value) - length + 1, "%u", i);
			cgw_exposition_sample(exposition, &(struct cgw_label){"v", value}, 1, 1, 1);
		}
		assert_int_equal(cgw_exposition_end(exposition), 0);
		exposition_read(text.bytes, true, &reader);
		assert_int_equal(reader.series_count, 300);
		for (size_t i = 0; i < 300; i++)
			assert_int_equal(
				atoi(series_label_value(&reader.series[i], "v") + length - 1), i);
		exposition_reader_free(&reader);
		free(text.bytes);
	}
}

static void test_first_error_is_kept(void **state)
{
	char name[200];
	const struct cgw_family family = {name, "", "A help text", CGW_FAMILY_INFO};
	static const size_t rooms[] = {0, 100000, 200000};
	struct text text;
	struct cgw_exposition *exposition = new_exposition(CGW_EXPOSITION_TEXT, &text);

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	cgw_exposition_family(exposition, &family); /* too long */
	assert_int_equal(cgw_exposition_end(exposition), -ENAMETOOLONG);
	assert_int_equal(text.length, 0);
	free(text.bytes);
	name[20] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		exposition = new_exposition(CGW_EXPOSITION_TEXT, &text);
		text.room = rooms[i];
		cgw_exposition_family(exposition, &family);
		for (unsigned j = 0; j < 20000; j++)
			cgw_exposition_sample(exposition, NULL, 0, 1, 1);
		text.room = SIZE_MAX; /* nothing is written after a failure */
		assert_int_equal(cgw_exposition_end(exposition), -ENOSPC);
		assert_true(text.length <= rooms[i]);
		free(text.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_strict_readers_accept_special_names, setup,
						teardown),
		cmocka_unit_test(test_every_text_is_escaped),
		cmocka_unit_test(test_numbers_are_exact),
		cmocka_unit_test(test_large_expositions),
		cmocka_unit_test(test_first_error_is_kept),
	};

	/* The reader checks for UTF-8. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
