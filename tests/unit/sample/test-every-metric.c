/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-every-metric.c - each row of metrics.def against an independent table, on v1 and on v2.
 *
 * All files of a group exist with a distinct number in each key, so a row that names another file,
 * key, controller or unit reads a wrong number. A metric without a row in metric-expectations.def
 * fails the test.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "group-files.h"
#include "sample-machine.h"

#define INSTANCES_MAX 8
#define SOURCES_MAX   8

/* EACH: instances without a sum. */
enum expected_shape { ONE, MANY, EACH, WORDS };

/* How the kernel's number becomes the metric's. */
enum conversion { TIMES, PER_TICK, PER_PAGE, SPLIT_PROCESSES, EXACTLY };

struct expected_source {
	unsigned version; /* 0: no further source */
	const char *file; /* NULL: this version has no such metric */
	const char *key;
	enum conversion conversion;
	uint64_t factor;
	bool tree; /* descendants are included */
};

struct expected_metric {
	const char *key, *unit, *kind;
	enum expected_shape shape;
	const char *limit;
	struct expected_source sources[SOURCES_MAX];
};

#define NS      .conversion = TIMES, .factor = 1
#define BYTES   .conversion = TIMES, .factor = 1
#define COUNT   .conversion = TIMES, .factor = 1
#define FLAG    .conversion = TIMES, .factor = 1
#define PERCENT .conversion = TIMES, .factor = 1 /* of hundredths, as group-files.h counts them */
#define TEXT    .conversion = TIMES, .factor = 1
#define US      .conversion = TIMES, .factor = 1000
#define MS      .conversion = TIMES, .factor = 1000000
#define TICKS   .conversion = PER_TICK
#define PAGES   .conversion = PER_PAGE
#define SPLIT   .conversion = SPLIT_PROCESSES
#define IS(n)   .conversion = EXACTLY, .factor = UINT64_C(n)
#define GROUP   .tree = false
#define TREE    .tree = true

#define SOURCE(version_, file_, key_, ...)                                         \
	{                                                                          \
		.version = (version_), .file = (file_), .key = (key_), __VA_ARGS__ \
	}
#define V1(...) SOURCE(1, __VA_ARGS__)
#define V2(...) SOURCE(2, __VA_ARGS__)
#define NO_V1   SOURCE(1, NULL, NULL, COUNT, GROUP)
#define NO_V2   SOURCE(2, NULL, NULL, COUNT, GROUP)

#define METRIC(key, unit, kind, shape, limit, ...) {key, unit, kind, shape, limit, {__VA_ARGS__}},
static const struct expected_metric expectations[] = {
#include "metric-expectations.def"
};
#undef METRIC

static unsigned wrong; /* of the test that runs; all of them are printed before it fails */

#define WRONG(...) (wrong++, print_error(__VA_ARGS__))

static const struct expected_metric *expectation_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++)
		if (strcmp(expectations[i].key, key) == 0)
			return &expectations[i];
	return NULL;
}

/* The sources of one version, in their order. */
static size_t sources_of(const struct expected_metric *row, unsigned version,
			 const struct expected_source *ret_sources[SOURCES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < SOURCES_MAX && row->sources[i].version != 0; i++)
		if (row->sources[i].version == version)
			ret_sources[count++] = &row->sources[i];
	return count;
}

static uint64_t expected_value(const struct group_files *files,
			       const struct expected_source *source,
			       const struct group_number *number)
{
	switch (source->conversion) {
	case EXACTLY:
		return source->factor;
	case PER_TICK:
		return number->number * UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
	case PER_PAGE:
		return number->number * (uint64_t)sysconf(_SC_PAGESIZE);
	case SPLIT_PROCESSES:
		return group_files_split_processes(files);
	case TIMES:
		break;
	}
	return number->number * source->factor;
}

/* What is compared in the functions below. */
struct reading {
	const struct group_files *files;
	const struct cgw_snapshot *snapshot;
	const struct expected_metric *row;
	const struct expected_source *source;
	enum cgw_metric metric;
	uint32_t group;
};

static void check_number(const struct reading *reading, const char *instance,
			 struct cgw_number number, enum cgw_state state, uint64_t value)
{
	if (number.state == state && (state != CGW_OK || number.value == value))
		return;
	WRONG("v%u %s %s: %s %" PRIu64 ", expected %s %" PRIu64 " of %s %s\n",
	      reading->source->version, reading->row->key, instance, cgw_state_name(number.state),
	      number.value, cgw_state_name(state), value,
	      reading->source->file != NULL ? reading->source->file : "no file",
	      reading->source->key != NULL ? reading->source->key : "");
}

static void check_text(const struct reading *reading, const char *expected)
{
	enum cgw_state state;
	const char *text =
		cgw_snapshot_text(reading->snapshot, reading->metric, reading->group, &state);

	if (expected == NULL || text == NULL || strcmp(text, expected) != 0)
		WRONG("v%u %s: %s '%s', expected '%s' of %s\n", reading->source->version,
		      reading->row->key, cgw_state_name(state), text != NULL ? text : "",
		      expected != NULL ? expected : "a number", reading->source->file);
}

/* Each instance by its name, and their sum, if it has a meaning. */
static void check_instances(const struct reading *reading,
			    const struct group_number *const *numbers, size_t expected_count,
			    bool unlimited)
{
	uint64_t sum = 0;
	size_t count;
	const struct cgw_instance *instances =
		cgw_snapshot_instances(reading->snapshot, reading->metric, reading->group, &count);

	if (count != expected_count)
		WRONG("v%u %s: %zu instances, expected %zu\n", reading->source->version,
		      reading->row->key, count, expected_count);
	for (size_t i = 0; i < expected_count; i++) {
		uint64_t value = expected_value(reading->files, reading->source, numbers[i]);
		struct cgw_number number = {0, CGW_ABSENT};

		for (size_t k = 0; k < count; k++)
			if (strcmp(instances[k].name, numbers[i]->instance) == 0)
				number = instances[k].number;
		check_number(reading, numbers[i]->instance, number, unlimited ? CGW_MAX : CGW_OK,
			     value);
		sum += value;
	}
	check_number(reading, "in sum",
		     cgw_snapshot_number(reading->snapshot, reading->metric, reading->group),
		     unlimited                     ? CGW_MAX
		     : reading->row->shape == EACH ? CGW_ABSENT
						   : CGW_OK,
		     sum);
}

/*
 * Without its controller a group of v2 has no file of it, except those that the core adds:
 * cgroup.*, *.pressure, and cpu.stat with the keys of CPU time.
 */
static bool is_core_v2(const struct expected_source *source)
{
	return strncmp(source->file, "cgroup.", 7) == 0 || source->file[0] == '/' ||
	       strstr(source->file, ".pressure") != NULL ||
	       (strcmp(source->file, "cpu.stat") == 0 &&
		(strcmp(source->key, "usage_usec") == 0 || strcmp(source->key, "user_usec") == 0 ||
		 strcmp(source->key, "system_usec") == 0 || strcmp(source->key, "nice_usec") == 0 ||
		 strcmp(source->key, "core_sched.force_idle_usec") == 0 ||
		 strcmp(source->key, "*") == 0));
}

/* On v1 a file is found in the hierarchy of its controller only: a wrong one reads nothing. */
static void check_controller(const struct reading *reading, int controller)
{
	const char *name = controller == CGW_CORE
				   ? "cgroup"
				   : cgw_controller_name((enum cgw_controller)controller, 2);
	const char *expected = is_core_v2(reading->source) ? "cgroup" : reading->source->file;

	if (reading->source->version == 2 &&
	    (strncmp(expected, name, strlen(name)) != 0 || strcspn(expected, ".") != strlen(name)))
		WRONG("v2 %s: of the controller %s, but %s is not\n", reading->row->key, name,
		      reading->source->file);
}

/* Whether the metric was read from this version, and includes descendants or not. */
static void check_origin(const struct reading *reading)
{
	const struct cgw_source *source = cgw_snapshot_source(reading->snapshot, reading->metric);
	bool tree;

	if (source == NULL || source->version != reading->source->version) {
		WRONG("v%u %s: not read from this version\n", reading->source->version,
		      reading->row->key);
		return;
	}
	check_controller(reading, source->controller);
	tree = cgw_metric_info(reading->metric)->hierarchical && !source->own;
	if (tree != reading->source->tree)
		WRONG("v%u %s: %s, but %s counts %s\n", reading->source->version, reading->row->key,
		      tree ? "hierarchical" : "not hierarchical", reading->source->file,
		      reading->source->tree ? "descendants" : "one group");
}

/* Returns whether the file has a word for "no limit", which is then what is expected. */
static bool check_source(const struct group_files *files, const struct cgw_snapshot *snapshot,
			 const struct expected_metric *row, const struct expected_source *source,
			 bool unlimited)
{
	const struct group_number *numbers[INSTANCES_MAX] = {NULL};
	int metric = cgw_metric_find(row->key);
	const struct reading reading = {
		.files = files,
		.snapshot = snapshot,
		.row = row,
		.source = source,
		.metric = (enum cgw_metric)metric,
		.group = cgw_topology_find(cgw_snapshot_topology(snapshot), "/a"),
	};
	struct cgw_number number;
	size_t count;

	if (metric < 0)
		return false; /* test_metadata prints it */
	number = cgw_snapshot_number(snapshot, reading.metric, reading.group);
	if (source->file == NULL) {
		check_number(&reading, "", number, CGW_ABSENT, 0);
		return false;
	}
	count = group_files_find(files, source->file, source->key, numbers, INSTANCES_MAX);
	if (count == 0) {
		WRONG("%s: no '%s' in %s\n", row->key, source->key, source->file);
		return false;
	}
	check_origin(&reading);
	unlimited = unlimited && numbers[0]->no_limit != NULL;
	if (row->shape == WORDS)
		check_text(&reading, numbers[0]->text);
	else if (row->shape != ONE)
		/* An empty word: the kernel leaves out the line of a device without a limit. */
		check_instances(&reading, numbers,
				unlimited && numbers[0]->no_limit[0] == '\0' ? 0 : count,
				unlimited);
	else
		check_number(&reading, "", number, unlimited ? CGW_MAX : CGW_OK,
			     expected_value(files, source, numbers[0]));
	return unlimited;
}

/* A machine with all files, and what its sampler reads there. */
struct fixture {
	struct machine *machine;
	struct group_files *files;
};

static struct fixture setup(unsigned version, bool unlimited)
{
	struct fixture fixture = {.machine = machine_new(tree_machine_v2)};

	fixture.files = group_files_new(fixture.machine->dir, version, unlimited);
	return fixture;
}

static struct cgw_snapshot *sample_keys(struct fixture *fixture, const char *keys)
{
	machine_open(fixture->machine, keys);
	return sample(fixture->machine);
}

static struct cgw_snapshot *sample_everything(struct fixture *fixture)
{
	struct cgw_metric_set every = {0};

	for (size_t i = 0; i < cgw_metric_count(); i++)
		cgw_metric_set_add(&every, (enum cgw_metric)i);
	machine_open(fixture->machine, "");
	assert_int_equal(cgw_sampler_set_metrics(fixture->machine->sampler, &every), 0);
	return sample(fixture->machine);
}

static void teardown(struct fixture *fixture)
{
	group_files_free(fixture->files);
	machine_free(fixture->machine);
}

static int reset(void **state)
{
	wrong = 0;
	return 0;
}

static enum expected_shape shape_of(const struct cgw_metric_info *info)
{
	if (info->shape == CGW_INSTANCES)
		return info->summed ? MANY : EACH;
	return info->shape == CGW_SCALAR ? ONE : WORDS;
}

static const char *shape_name(enum expected_shape shape)
{
	static const char *const names[] = {"one value", "instances", "instances without a sum",
					    "text"};

	return names[shape];
}

static void test_table_covers_every_metric(void **state)
{
	for (size_t i = 0; i < cgw_metric_count(); i++) {
		const char *key = cgw_metric_info((enum cgw_metric)i)->key;
		const struct expected_metric *row = expectation_of(key);
		const struct expected_source *sources[SOURCES_MAX];

		if (row == NULL)
			WRONG("%s: no row in metric-expectations.def\n", key);
		else if (sources_of(row, 1, sources) == 0 || sources_of(row, 2, sources) == 0)
			WRONG("%s: requires a source or NO_V1, NO_V2 for each version\n", key);
	}
	assert_int_equal(ARRAY_SIZE(expectations), cgw_metric_count());
	assert_int_equal(wrong, 0);
}

static void test_metadata(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		const struct expected_metric *row = &expectations[i];
		int metric = cgw_metric_find(row->key);
		const struct cgw_metric_info *info;
		const char *limit = NULL;

		if (metric < 0) {
			WRONG("%s: not a metric\n", row->key);
			continue;
		}
		info = cgw_metric_info((enum cgw_metric)metric);
		if (info->limited_by >= 0)
			limit = cgw_metric_info((enum cgw_metric)info->limited_by)->key;
		if (strcmp(cgw_unit_name(info->unit), row->unit) != 0)
			WRONG("%s: unit %s, expected %s\n", row->key, cgw_unit_name(info->unit),
			      row->unit);
		if (strcmp(cgw_kind_name(info->kind), row->kind) != 0)
			WRONG("%s: a %s, expected a %s\n", row->key, cgw_kind_name(info->kind),
			      row->kind);
		if (shape_of(info) != row->shape)
			WRONG("%s: %s, expected %s\n", row->key, shape_name(shape_of(info)),
			      shape_name(row->shape));
		if (limit == NULL ? row->limit != NULL
				  : row->limit == NULL || strcmp(limit, row->limit) != 0)
			WRONG("%s: limited by %s, expected %s\n", row->key,
			      limit != NULL ? limit : "nothing",
			      row->limit != NULL ? row->limit : "nothing");
	}
	assert_int_equal(wrong, 0);
}

static void test_values(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct fixture fixture = setup(version, false);
		struct cgw_snapshot *snapshot = sample_everything(&fixture);
		const struct expected_source *sources[SOURCES_MAX];

		for (size_t i = 0; i < ARRAY_SIZE(expectations); i++)
			if (sources_of(&expectations[i], version, sources) > 0)
				check_source(fixture.files, snapshot, &expectations[i], sources[0],
					     false);
		cgw_snapshot_unref(snapshot);
		teardown(&fixture);
	}
	assert_int_equal(wrong, 0);
}

/* A kernel without the preferred file: the next one of the table is read instead. */
static void test_sources_in_order_of_preference(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++)
		for (unsigned version = 1; version <= 2; version++) {
			const struct expected_source *sources[SOURCES_MAX];
			size_t count = sources_of(&expectations[i], version, sources);

			for (size_t missing = 1; missing < count; missing++) {
				struct fixture fixture = setup(version, false);
				struct cgw_snapshot *snapshot;

				for (size_t k = 0; k < missing; k++)
					group_files_remove(fixture.files, sources[k]->file);
				snapshot = sample_keys(&fixture, expectations[i].key);
				check_source(fixture.files, snapshot, &expectations[i],
					     sources[missing], false);
				cgw_snapshot_unref(snapshot);
				teardown(&fixture);
			}
		}
	assert_int_equal(wrong, 0);
}

/* Every limit can be absent, and is then CGW_MAX instead of a large number. */
static void test_no_limit(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct fixture fixture = setup(version, true);
		struct cgw_snapshot *snapshot = sample_everything(&fixture);

		for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
			const struct expected_metric *row = &expectations[i];
			const struct expected_source *sources[SOURCES_MAX];

			if (sources_of(row, version, sources) > 0 &&
			    !check_source(fixture.files, snapshot, row, sources[0], true) &&
			    strcmp(row->kind, "limit") == 0 && sources[0]->file != NULL)
				WRONG("v%u %s: the fixture has no word for no limit\n", version,
				      row->key);
		}
		cgw_snapshot_unref(snapshot);
		teardown(&fixture);
	}
	assert_int_equal(wrong, 0);
}

/* The root group has no files: some metrics are the machine's, the others are absent. */
static void test_root_group(void **state)
{
	static const struct {
		const char *key;
		uint64_t ticks, number;
	} machine_wide[] = {
		{"cpu.usage", 150, 0}, /* of proc/stat: user, nice and system, without idle */
		{"memory.current", 0, UINT64_C(600) * 1024},
		{"memory.swap.current", 0, UINT64_C(10) * 1024},
		{"memory.memsw.current", 0, UINT64_C(610) * 1024},
		{"pids.current", 0, 234},
		{"io.rbytes", 0, UINT64_C(1000) * 512},
		{"io.wbytes", 0, UINT64_C(3000) * 512},
	};

	for (unsigned version = 1; version <= 2; version++) {
		struct fixture fixture = setup(version, false);
		struct cgw_snapshot *snapshot;

		tree_file(fixture.machine->dir, "proc/diskstats",
			  "   8       0 sda 10 0 1000 5 20 0 3000 7 0 0 0\n"
			  "   8       1 sda1 10 0 500 5 20 0 700 7 0 0 0\n");
		tree_directory(fixture.machine->dir, "sys/block/sda");
		tree_remove(fixture.machine->dir, "cgroup/cpu.stat");
		snapshot = sample_everything(&fixture);
		for (size_t i = 0; i < cgw_metric_count(); i++) {
			enum cgw_metric metric = (enum cgw_metric)i;
			const char *key = cgw_metric_info(metric)->key;
			struct cgw_number number = cgw_snapshot_number(snapshot, metric, 0),
					  expected = {0, CGW_ABSENT};

			for (size_t k = 0; k < ARRAY_SIZE(machine_wide); k++)
				if (strcmp(machine_wide[k].key, key) == 0)
					expected = (struct cgw_number){
						machine_wide[k].number +
							machine_wide[k].ticks * 1000000000 /
								(uint64_t)sysconf(_SC_CLK_TCK),
						CGW_OK};
			if (strcmp(key, "cgroup.controllers") == 0 && version == 2)
				continue; /* the layout is read from it */
			if (number.state != expected.state || number.value != expected.value)
				WRONG("v%u %s of the root: %s %" PRIu64 ", expected %" PRIu64 "\n",
				      version, key, cgw_state_name(number.state), number.value,
				      expected.value);
			if (cgw_snapshot_is_system_wide(snapshot, metric) !=
			    (expected.state == CGW_OK))
				WRONG("v%u %s: marked as the machine's or not\n", version, key);
		}
		cgw_snapshot_unref(snapshot);
		teardown(&fixture);
	}
	assert_int_equal(wrong, 0);
}

/* The kernel's words of freezer.state. */
static void test_freezer_words(void **state)
{
	static const struct {
		const char *word;
		uint64_t frozen, freezing;
	} rows[] = {{"THAWED\n", 0, 0}, {"FREEZING\n", 0, 1}, {"FROZEN\n", 1, 0}};
	struct fixture fixture = setup(1, false);

	machine_open(fixture.machine, "cgroup.frozen cgroup.freezing");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_snapshot *snapshot;

		tree_file(fixture.machine->dir, "cgroup/freezer/a/freezer.state", rows[i].word);
		snapshot = sample(fixture.machine);
		assert_number(snapshot, "/a", CGW_M_CGROUP_FROZEN, CGW_OK, rows[i].frozen);
		assert_number(snapshot, "/a", CGW_M_CGROUP_FREEZING, CGW_OK, rows[i].freezing);
		cgw_snapshot_unref(snapshot);
	}
	teardown(&fixture);
}

/* As systemd converts: shares * 100 / 1024, and two linear halves around 100 for bfq. */
static void test_weights_of_v1(void **state)
{
	static const struct {
		const char *file, *content;
		enum cgw_metric metric;
		uint64_t weight;
	} rows[] = {
		{"cgroup/cpu/a/cpu.shares", "2\n", CGW_M_CPU_WEIGHT, 1},
		{"cgroup/cpu/a/cpu.shares", "512\n", CGW_M_CPU_WEIGHT, 50},
		{"cgroup/cpu/a/cpu.shares", "1024\n", CGW_M_CPU_WEIGHT, 100},
		{"cgroup/cpu/a/cpu.shares", "1035\n", CGW_M_CPU_WEIGHT, 101},
		{"cgroup/cpu/a/cpu.shares", "102400\n", CGW_M_CPU_WEIGHT, 10000},
		{"cgroup/cpu/a/cpu.shares", "262144\n", CGW_M_CPU_WEIGHT, 10000},
		{"cgroup/blkio/a/blkio.bfq.weight", "1\n", CGW_M_IO_WEIGHT, 1},
		{"cgroup/blkio/a/blkio.bfq.weight", "50\n", CGW_M_IO_WEIGHT, 50},
		{"cgroup/blkio/a/blkio.bfq.weight", "100\n", CGW_M_IO_WEIGHT, 100},
		{"cgroup/blkio/a/blkio.bfq.weight", "101\n", CGW_M_IO_WEIGHT, 111},
		{"cgroup/blkio/a/blkio.bfq.weight", "1000\n", CGW_M_IO_WEIGHT, 10000},
	};
	struct fixture fixture = setup(1, false);

	machine_open(fixture.machine, "cpu.weight io.weight");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_snapshot *snapshot;

		tree_file(fixture.machine->dir, rows[i].file, rows[i].content);
		snapshot = sample(fixture.machine);
		assert_number(snapshot, "/a", rows[i].metric, CGW_OK, rows[i].weight);
		cgw_snapshot_unref(snapshot);
	}
	teardown(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_table_covers_every_metric, reset),
		cmocka_unit_test_setup(test_metadata, reset),
		cmocka_unit_test_setup(test_values, reset),
		cmocka_unit_test_setup(test_sources_in_order_of_preference, reset),
		cmocka_unit_test_setup(test_no_limit, reset),
		cmocka_unit_test_setup(test_root_group, reset),
		cmocka_unit_test(test_freezer_words),
		cmocka_unit_test(test_weights_of_v1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
