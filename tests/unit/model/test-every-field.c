/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-every-field.c - each row of fields.def, and each view of each metric, from two samples.
 *
 * All metrics have distinct numbers, so that a row which names another metric or operation computes
 * a wrong value. A field without a row below fails the test.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/model.h>

#define SECONDS 4 /* between the samples */

static const struct frame_group groups[] = {{"/", 1}, {"/web", 2}, {"/web/a", 3}, {"/web/b", 4}};
enum { ROOT, WEB, WEB_A, WEB_B, GROUPS };

/* What /web had in the first sample and in the second; multiples of 4, for its parts. */
static const struct {
	const char *key;
	uint64_t before, now;
} numbers[] = {
	{"cpu.usage", 7000000000, 13000000000},
	{"cpu.user", 1000000000, 3000000000},
	{"cpu.system", 5000000000, 6000000000},
	{"cpu.max", 2000000000, 2000000000},
	{"cpu.run_delay", 1000000000, 5000000000},
	{"cpu.run_delay.throttled", 1000000000, 3240000000},
	{"memory.direct_reclaim.running", 0, 400000000},
	{"memory.direct_reclaim.alone", 0, 560000000},
	{"io.iowait", 1000000000, 3360000000},
	{"io.iowait.refault", 0, 1120000000},
	{"cpu.nr_periods", 100, 140},
	{"cpu.nr_throttled", 12, 16},
	{"memory.current", 600, 1000},
	{"memory.inactive_file", 100, 240},
	{"memory.max", 3800, 3800},
	{"memory.pgmajfault", 8, 20},
	{"memory.swap.current", 40, 60},
	{"memory.swap.max", 400, 400},
	{"memory.unevictable", 40, 80},
	{"memory.kernel", 400, 600},
	{"memory.slab_reclaimable", 100, 200},
	{"memory.workingset_refault_anon", 4, 16},
	{"memory.workingset_refault_file", 8, 28},
	{"memory.pgscan", 100, 300},
	{"memory.pswpin", 0, 40},
	{"memory.pswpout", 8, 28},
	{"memory.zswap", 100, 120},
	{"memory.zswapped", 500, 480},
	{"io.cost.usage", 1000000000, 3000000000},
	{"io.cost.wait", 1000000000, 2000000000},
	{"io.rbytes", 100, 580},
	{"io.wbytes", 52, 92},
	{"io.rios", 4, 12},
	{"io.wios", 0, 20},
	{"pids.current", 32, 24},
	{"pids.max", 60, 60},
	{"net.rx", 1000, 1444},
	{"net.tx", 2000, 2888},
};

struct expected_field {
	const char *key, *unit;
	double before, now; /* `before` NAN: nothing can be known from one sample */
	bool own;           /* its children's part can be subtracted */
	bool additive;      /* its sum over siblings means something */
};

/* By hand from the numbers above: what their names and help texts promise. */
static const struct expected_field fields[] = {
#include "expected-fields.def"
};

static unsigned wrong; /* of the test that runs; all of them are printed before it fails */

#define WRONG(...) (wrong++, print_error(__VA_ARGS__))

static int reset(void **state)
{
	wrong = 0;
	return 0;
}

/* Numbers of metrics that no field reads are distinct as well. */
static uint64_t number_of(enum cgw_metric metric, bool now)
{
	const char *key = cgw_metric_info(metric)->key;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(numbers[i].key, key) == 0)
			return now ? numbers[i].now : numbers[i].before;
	return 1000000 * (uint64_t)(metric + 1) + (now ? 16 * (uint64_t)(metric + 7) : 0);
}

/* A number instead of the one from the table. */
struct change {
	const char *key;
	int group;
	struct cgw_number number;
};

/* What is sampled: the parts of /web that its children have, in quarters, and other numbers. */
struct scene {
	uint64_t quarters[GROUPS];
	const struct change *changes;
	size_t change_count;
	uint64_t machine_memory; /* 0: unknown */
	bool backward;           /* the first sample has the numbers of the second */
	bool at_once;            /* no time passes between the samples */
};

static struct cgw_number number_in(const struct scene *scene, enum cgw_metric metric, int group,
				   bool now)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t i = 0; i < scene->change_count; i++)
		if (scene->changes[i].group == group &&
		    strcmp(scene->changes[i].key, info->key) == 0 && now)
			return scene->changes[i].number;
	if (group == ROOT)
		return (struct cgw_number){0, CGW_ABSENT};
	if (info->kind == CGW_LIMIT && group > WEB)
		return (struct cgw_number){0, CGW_MAX};
	return (struct cgw_number){
		number_of(metric, now != scene->backward) * scene->quarters[group] / 4, CGW_OK};
}

/* Three quarters of an instanced number are of sda, the rest is of sdb. */
static void add_values(struct cgw_snapshot *snapshot, const struct scene *scene, bool now)
{
	for (size_t i = 0; i < cgw_metric_count(); i++) {
		enum cgw_metric metric = (enum cgw_metric)i;
		const struct cgw_metric_info *info = cgw_metric_info(metric);
		int column = snapshot->column_of[metric];

		for (int group = ROOT; group < GROUPS && info->shape != CGW_STRING; group++) {
			struct cgw_number number = number_in(scene, metric, group, now), part;

			snapshot_set(snapshot, column, (uint32_t)group, number);
			if (info->shape != CGW_INSTANCES || number.state == CGW_ABSENT)
				continue;
			part = (struct cgw_number){number.value / 4 * 3, number.state};
			assert_int_equal(snapshot_add_instance(snapshot, column, (uint32_t)group,
							       "sda", 3, part),
					 0);
			part.value = number.value - part.value;
			/* sdb has no line before anything happened there. */
			if (now)
				assert_int_equal(snapshot_add_instance(snapshot, column,
								       (uint32_t)group, "sdb", 3,
								       part),
						 0);
		}
	}
}

static void take_sample(struct cgw_frame *frame, struct topology *topology,
			const struct scene *scene, bool now)
{
	struct cgw_metric_set every = {0};
	struct cgw_snapshot *snapshot = NULL;

	for (size_t i = 0; i < cgw_metric_count(); i++)
		cgw_metric_set_add(&every, (enum cgw_metric)i);
	assert_int_equal(snapshot_begin(NULL, topology, &every, &snapshot), 0);
	snapshot->monotonic_ns =
		UINT64_C(1000000000) * (now && !scene->at_once ? 100 + SECONDS : 100);
	for (int group = 0; group < GROUPS; group++)
		snapshot->read_ns[group] = snapshot->monotonic_ns;
	if (scene->machine_memory != 0)
		snapshot->machine.memory_total_bytes =
			(struct cgw_number){scene->machine_memory, CGW_OK};
	add_values(snapshot, scene, now);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static struct cgw_frame *frame_of(const struct scene *scene, bool both)
{
	struct topology *topology = frame_topology(groups, GROUPS);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	take_sample(frame, topology, scene, false);
	if (both)
		take_sample(frame, topology, scene, true);
	topology_unref(topology);
	return frame;
}

static struct cgw_field parsed(const char *key, const char *suffix)
{
	struct cgw_field field = {0};
	struct cgw_diag diag = {0};
	char whole[96];

	snprintf(whole, sizeof(whole), "%s%s", key, suffix);
	if (cgw_field_parse(whole, &field, &diag) < 0)
		fail_msg("%s: %s", whole, diag.text);
	return field;
}

/* Whether the suffix is a view of it; "cpuset.cpus.effective" is a metric. */
static bool has_view(const char *key, const char *suffix)
{
	struct cgw_field field;
	char whole[96];

	snprintf(whole, sizeof(whole), "%s%s", key, suffix);
	return cgw_field_parse(whole, &field, NULL) == 0 && field.view != CGW_VIEW_VALUE;
}

static void check(const struct cgw_frame *frame, int group, const char *key, const char *suffix,
		  enum cgw_state state, double real)
{
	struct cgw_value value = cgw_frame_value(frame, parsed(key, suffix), (uint32_t)group);

	if (value.state == state &&
	    (state != CGW_OK || (fabs(value.real - real) <= fabs(real) * 1e-12 &&
				 (!value.exact || (double)value.number == value.real))))
		return;
	WRONG("%s%s of %s: %s %.9g (%" PRIu64 "), expected %s %.9g\n", key, suffix,
	      groups[group].path, cgw_state_name(value.state), value.real, value.number,
	      cgw_state_name(state), real);
}

static void test_table_covers_every_field(void **state)
{
	struct cgw_field field;
	size_t derived = 0;

	for (size_t i = 0; cgw_field_nth(i, &field) == 0; i++) {
		char key[96];
		bool found = false;

		if (field.view != CGW_VIEW_DERIVED)
			continue;
		derived++;
		(void)cgw_field_key(field, key, sizeof(key));
		for (size_t k = 0; k < ARRAY_SIZE(fields); k++)
			found |= strcmp(fields[k].key, key) == 0;
		if (!found)
			WRONG("%s: no row in test-every-field.c\n", key);
	}
	assert_int_equal(derived, ARRAY_SIZE(fields));
	assert_int_equal(wrong, 0);
}

static void test_units(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct cgw_field field = parsed(fields[i].key, "");

		if (strcmp(cgw_unit_name(field.unit), fields[i].unit) != 0)
			WRONG("%s: unit %s, expected %s\n", fields[i].key,
			      cgw_unit_name(field.unit), fields[i].unit);
		if (cgw_field_is_additive(field) != fields[i].additive)
			WRONG("%s: additive or not\n", fields[i].key);
	}
	assert_int_equal(wrong, 0);
}

static void test_values(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}};
	struct cgw_frame *first = frame_of(&scene, false), *second = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct expected_field *row = &fields[i];

		check(first, WEB, row->key, "", isnan(row->before) ? CGW_WARMUP : CGW_OK,
		      row->before);
		check(second, WEB, row->key, "", CGW_OK, row->now);
		check(second, ROOT, row->key, "", CGW_ABSENT, 0);
	}
	cgw_frame_free(first);
	cgw_frame_free(second);
	assert_int_equal(wrong, 0);
}

/* Throttling is not a sum of the children: its own part is that by the group's own limit. */
static double own_part(const struct expected_field *field, unsigned divisor)
{
	if (strcmp(field->key, "cpu.throttled_percent") == 0)
		return field->now;
	return divisor > 0 ? field->now / divisor : 0;
}

/* The children have half and a quarter: a quarter is the group's own. */
static void test_own_part(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (has_view(fields[i].key, ".own") != fields[i].own)
			WRONG("%s.own: a field or not\n", fields[i].key);
		else if (fields[i].own)
			check(frame, WEB, fields[i].key, ".own", CGW_OK, own_part(&fields[i], 4));
	}
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

/*
 * Files are read one after the other, so the sum of the children may exceed the parent: its own
 * part is 0 then. Only growth can be negative.
 */
static void test_own_part_is_never_negative(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 4, 2}};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		bool growth = strstr(fields[i].key, ".growth") != NULL;

		if (fields[i].own)
			check(frame, WEB, fields[i].key, ".own", CGW_OK,
			      growth ? -fields[i].now / 2 : own_part(&fields[i], 0));
	}
	for (size_t i = 0; i < cgw_metric_count(); i++) {
		const char *key = cgw_metric_info((enum cgw_metric)i)->key;

		if (has_view(key, ".own"))
			check(frame, WEB, key, ".own", CGW_OK, 0);
	}
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

static void check_with(const char *key, enum cgw_state state, double real, uint64_t machine_memory,
		       const struct change *changes, size_t count)
{
	const struct scene scene = {.quarters = {0, 4, 0, 0},
				    .changes = changes,
				    .change_count = count,
				    .machine_memory = machine_memory};
	struct cgw_frame *frame = frame_of(&scene, true);

	check(frame, WEB, key, "", state, real);
	cgw_frame_free(frame);
}

/* Without a limit a share is not a number. */
static void test_share_of_a_limit(void **state)
{
	static const struct {
		const char *key, *limit;
		double used;
	} rows[] = {
		{"cpu.percent", "cpu.max", 1.5e9},
		{"memory.percent", "memory.max", 760},
		{"pids.percent", "pids.max", 24},
		{"swap.percent", "memory.swap.max", 60},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct change changes[] = {{rows[i].limit, WEB, {0, CGW_MAX}},
					   {rows[i].limit, ROOT, {64, CGW_OK}}};

		check_with(rows[i].key, CGW_ABSENT, 0, 0, changes, 1);
		/* An ancestor's limit applies as well, here of the root of a container's view. */
		check_with(rows[i].key, CGW_OK, rows[i].used * 100 / 64, 0, changes, 2);
		changes[0].number = (struct cgw_number){32, CGW_OK};
		check_with(rows[i].key, CGW_OK, rows[i].used * 100 / 32, 0, changes, 2);
		changes[0].number = (struct cgw_number){0, CGW_OK};
		check_with(rows[i].key, CGW_OK, 100, 0, changes, 1);
		changes[0].number = (struct cgw_number){0, CGW_ABSENT};
		check_with(rows[i].key, CGW_ABSENT, 0, 0, changes, 1);
		changes[0].number = (struct cgw_number){0, CGW_DENIED};
		check_with(rows[i].key, CGW_DENIED, 0, 0, changes, 2);
	}
	assert_int_equal(wrong, 0);
}

/* Memory is limited by the machine as well; nothing else is. */
static void test_share_of_the_machine(void **state)
{
	struct change none[] = {{"memory.max", WEB, {0, CGW_MAX}},
				{"pids.max", WEB, {0, CGW_MAX}},
				{"memory.swap.max", WEB, {0, CGW_MAX}},
				{"cpu.max", WEB, {0, CGW_MAX}}};

	check_with("memory.percent", CGW_OK, 50, 1520, none, ARRAY_SIZE(none));
	check_with("pids.percent", CGW_ABSENT, 0, 1520, none, ARRAY_SIZE(none));
	check_with("swap.percent", CGW_ABSENT, 0, 1520, none, ARRAY_SIZE(none));
	check_with("cpu.percent", CGW_ABSENT, 0, 1520, none, ARRAY_SIZE(none));
	check_with("memory.percent", CGW_OK, 50, 1520, NULL, 0); /* the limit is 3800 */
	none[0].number.state = CGW_ABSENT;
	check_with("memory.percent", CGW_OK, 50, 1520, none, 1);
	none[0].number.state = CGW_DENIED;
	check_with("memory.percent", CGW_DENIED, 0, 1520, none, 1);
	assert_int_equal(wrong, 0);
}

/* A prediction requires growth and a limit; the machine's memory is one. */
static void test_time_to_limit(void **state)
{
	const char *key = "memory.time_to_limit";
	struct change none[] = {{"memory.max", WEB, {0, CGW_MAX}}},
		      shrunk[] = {{"memory.current", WEB, {600, CGW_OK}}},
		      above[] = {{"memory.max", WEB, {999, CGW_OK}}},
		      denied[] = {{"memory.max", WEB, {0, CGW_DENIED}}};

	check_with(key, CGW_ABSENT, 0, 0, none, 1);
	check_with(key, CGW_OK, 5e9, 1500, none, 1);
	check_with(key, CGW_ABSENT, 0, 0, shrunk, 1);
	check_with(key, CGW_OK, 0, 0, above, 1);
	check_with(key, CGW_DENIED, 0, 0, denied, 1);
	assert_int_equal(wrong, 0);
}

/* What a second sample can have instead of a larger number. */
static void test_unusual_second_sample(void **state)
{
	static const struct {
		const char *field;
		struct change change;
		enum cgw_state state;
		double real;
	} rows[] = {
		{"cpu", {"cpu.usage", WEB, {1, CGW_OK}}, CGW_RESET, 0},
		{"cpu", {"cpu.usage", WEB, {0, CGW_ABSENT}}, CGW_ABSENT, 0},
		{"cpu.percent", {"cpu.usage", WEB, {1, CGW_OK}}, CGW_RESET, 0},
		{"cpu.throttled_percent", {"cpu.nr_periods", WEB, {100, CGW_OK}}, CGW_OK, 0},
		{"cpu.throttled_percent", {"cpu.nr_throttled", WEB, {1, CGW_OK}}, CGW_RESET, 0},
		{"memory.growth", {"memory.current", WEB, {200, CGW_OK}}, CGW_OK, -100},
		{"memory.working_set", {"memory.inactive_file", WEB, {1001, CGW_OK}}, CGW_OK, 0},
		{"memory.percent", {"memory.inactive_file", WEB, {1001, CGW_OK}}, CGW_OK, 0},
		{"memory.working_set",
		 {"memory.inactive_file", WEB, {0, CGW_ABSENT}},
		 CGW_ABSENT,
		 0},
		{"memory.unreclaimable", {"memory.kernel", WEB, {0, CGW_ABSENT}}, CGW_ABSENT, 0},
		{"memory.unreclaimable",
		 {"memory.slab_reclaimable", WEB, {0, CGW_ABSENT}},
		 CGW_ABSENT,
		 0},
		{"memory.unreclaimable",
		 {"memory.slab_reclaimable", WEB, {681, CGW_OK}},
		 CGW_OK,
		 0},
		{"memory.with_swap", {"memory.swap.current", WEB, {0, CGW_ABSENT}}, CGW_ABSENT, 0},
		{"memory.zswap_percent", {"memory.zswapped", WEB, {0, CGW_OK}}, CGW_ABSENT, 0},
		{"io", {"io.wbytes", WEB, {0, CGW_DENIED}}, CGW_DENIED, 0},
		{"io", {"io.wbytes", WEB, {1, CGW_OK}}, CGW_RESET, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_with(rows[i].field, rows[i].state, rows[i].real, 0, &rows[i].change, 1);
	assert_int_equal(wrong, 0);
}

/* A counter that runs backward is another one: it has no rate. A gauge may shrink. */
static void test_numbers_that_run_backward(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}, .backward = true};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct expected_field *row = &fields[i];

		if (!isnan(row->before))
			check(frame, WEB, row->key, "", CGW_OK, row->before);
		else if (strstr(row->key, ".growth") != NULL)
			check(frame, WEB, row->key, "", CGW_OK, -row->now);
		else if (strcmp(row->key, "memory.time_to_limit") == 0)
			check(frame, WEB, row->key, "", CGW_ABSENT, 0);
		else
			check(frame, WEB, row->key, "", CGW_RESET, 0);
	}
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

/* Clocks with a coarse resolution give two samples one time: there is no rate yet. */
static void test_samples_at_the_same_time(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}, .at_once = true};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		check(frame, WEB, fields[i].key, "", isnan(fields[i].before) ? CGW_WARMUP : CGW_OK,
		      fields[i].now);
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

/* Rates per device; a device without a line before counts from zero. */
static void test_instances(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct cgw_field field = parsed(fields[i].key, "");
		struct cgw_value sda = cgw_frame_instance(frame, field, WEB, "sda"),
				 sdb = cgw_frame_instance(frame, field, WEB, "sdb"),
				 none = cgw_frame_instance(frame, field, WEB, "sdc");
		bool is_io = strncmp(fields[i].key, "io", 2) == 0;

		assert_int_equal(none.state, CGW_ABSENT);
		assert_int_equal(field.shape, is_io ? CGW_INSTANCES : CGW_SCALAR);
		if (!is_io) {
			assert_int_equal(sda.state, CGW_ABSENT);
			continue;
		}
		if (sda.state != CGW_OK || sda.real != fields[i].now * 3 / 4)
			WRONG("%s of sda: %s %f\n", fields[i].key, cgw_state_name(sda.state),
			      sda.real);
		/* In sum with sdb's a quarter of the second number, and none of the first. */
		if (sdb.state != CGW_OK || sdb.real <= 0)
			WRONG("%s of sdb: %s %f\n", fields[i].key, cgw_state_name(sdb.state),
			      sdb.real);
	}
	/* (580 - 435) / 4 */
	assert_true(cgw_frame_instance(frame, parsed("io.read", ""), WEB, "sdb").real == 36.25);
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

/* ".rate", ".effective" and ".percent", on every metric on which they mean something. */
static void test_views_of_every_metric(void **state)
{
	const struct scene scene = {.quarters = {0, 4, 2, 1}};
	struct cgw_frame *frame = frame_of(&scene, true);

	for (size_t i = 0; i < cgw_metric_count(); i++) {
		enum cgw_metric metric = (enum cgw_metric)i;
		const struct cgw_metric_info *info = cgw_metric_info(metric);
		double before = (double)number_of(metric, false),
		       now = (double)number_of(metric, true);
		const char *rate;
		char unit[16];
		bool is_limit = info->kind == CGW_LIMIT, is_counter = info->kind == CGW_COUNTER,
		     has_share = info->limited_by >= 0 && info->shape == CGW_SCALAR;

		if (has_view(info->key, ".rate") != is_counter ||
		    has_view(info->key, ".effective") != is_limit ||
		    has_view(info->key, ".percent") != has_share)
			WRONG("%s: has other views than expected\n", info->key);
		if (is_counter) {
			check(frame, WEB, info->key, ".rate", CGW_OK, (now - before) / SECONDS);
			snprintf(unit, sizeof(unit), "%s/s", cgw_unit_name(info->unit));
			rate = cgw_unit_name(parsed(info->key, ".rate").unit);
			if (strcmp(rate, unit) != 0)
				WRONG("%s.rate: in %s, expected %s\n", info->key, rate, unit);
		}
		/* The children have no limit themselves: their parent's applies. */
		if (is_limit)
			check(frame, WEB_A, info->key, ".effective", CGW_OK, now);
		if (has_share)
			check(frame, WEB_A, info->key, ".percent", CGW_OK,
			      now / 2 * 100 /
				      (double)number_of((enum cgw_metric)info->limited_by, true));
	}
	cgw_frame_free(frame);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_table_covers_every_field, reset),
		cmocka_unit_test_setup(test_units, reset),
		cmocka_unit_test_setup(test_values, reset),
		cmocka_unit_test_setup(test_own_part, reset),
		cmocka_unit_test_setup(test_own_part_is_never_negative, reset),
		cmocka_unit_test_setup(test_share_of_a_limit, reset),
		cmocka_unit_test_setup(test_share_of_the_machine, reset),
		cmocka_unit_test_setup(test_time_to_limit, reset),
		cmocka_unit_test_setup(test_unusual_second_sample, reset),
		cmocka_unit_test_setup(test_numbers_that_run_backward, reset),
		cmocka_unit_test_setup(test_samples_at_the_same_time, reset),
		cmocka_unit_test_setup(test_instances, reset),
		cmocka_unit_test_setup(test_views_of_every_metric, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
