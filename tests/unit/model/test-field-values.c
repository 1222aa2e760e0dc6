/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-field-values.c - values at their limits: own shares, equal limits, first and new samples. */
#include <errno.h>
#include <math.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/model.h>

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define MAX                \
	{                  \
		0, CGW_MAX \
	}

static const struct frame_group groups[] = {
	{"/", 1}, {"/a", 10}, {"/a/x", 11}, {"/a/x/z", 12}, {"/a/y", 13}, {"/b", 20},
};

static struct cgw_field field(const char *key)
{
	struct cgw_field parsed;
	struct cgw_diag diag = {0};

	if (cgw_field_parse(key, &parsed, &diag) < 0)
		fail_msg("%s: %s", key, diag.text);
	return parsed;
}

static uint32_t find(const struct cgw_frame *frame, const char *path)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), path);

	assert_int_not_equal(group, CGW_NO_GROUP);
	return group;
}

static void assert_value(struct cgw_value value, const char *what, enum cgw_state state,
			 double expected)
{
	if (value.state != state || (state == CGW_OK && fabs(value.real - expected) > 1e-6))
		fail_msg("%s: %s %f", what, cgw_state_name(value.state), value.real);
	/* The exact number must not have another sign or size than what is shown. */
	if (state == CGW_OK && value.exact && fabs((double)value.number - expected) > 1e-6)
		fail_msg("%s: exact %llu", what, (unsigned long long)value.number);
}

static void assert_field(const struct cgw_frame *frame, const char *key, const char *path,
			 enum cgw_state state, double expected)
{
	char what[128];

	snprintf(what, sizeof(what), "%s of %s", key, path);
	assert_value(cgw_frame_value(frame, field(key), find(frame, path)), what, state, expected);
}

static void update(struct cgw_frame *frame, struct topology *topology, uint64_t seconds,
		   const struct frame_value *values, size_t count)
{
	struct cgw_snapshot *snapshot = frame_snapshot(topology, seconds, values, count);

	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

/* Files are read one after the other: the sum of the children can exceed the parent's value. */
static void test_own_share_is_never_negative(void **state)
{
	static const struct frame_value first[] = {
		{"/a", CGW_M_CPU_USAGE, OK(0)},        {"/a/x", CGW_M_CPU_USAGE, OK(0)},
		{"/a/y", CGW_M_CPU_USAGE, OK(0)},      {"/a", CGW_M_IO_RBYTES, OK(0)},
		{"/a", CGW_M_IO_WBYTES, OK(0)},        {"/a/x", CGW_M_IO_RBYTES, OK(0)},
		{"/a/x", CGW_M_IO_WBYTES, OK(0)},      {"/a", CGW_M_MEMORY_CURRENT, OK(100)},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(0)},
	};
	static const struct frame_value second[] = {
		{"/a", CGW_M_CPU_USAGE, OK(1000000000)},
		{"/a/x", CGW_M_CPU_USAGE, OK(700000000)},
		{"/a/y", CGW_M_CPU_USAGE, OK(500000000)},
		{"/a", CGW_M_MEMORY_CURRENT, OK(100)},
		{"/a", CGW_M_MEMORY_INACTIVE_FILE, OK(40)},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(101)},
		{"/a/x", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
		{"/a", CGW_M_PIDS_CURRENT, OK(5)},
		{"/a/x", CGW_M_PIDS_CURRENT, OK(3)},
		{"/a/y", CGW_M_PIDS_CURRENT, OK(3)},
		{"/a", CGW_M_IO_RBYTES, OK(10)},
		{"/a", CGW_M_IO_WBYTES, OK(10)},
		{"/a/x", CGW_M_IO_RBYTES, OK(10)},
		{"/a/x", CGW_M_IO_WBYTES, OK(11)},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, first, ARRAY_SIZE(first));
	update(frame, topology, 2, second, ARRAY_SIZE(second));
	assert_field(frame, "cpu.own", "/a", CGW_OK, 0);
	assert_field(frame, "cpu.own", "/a/x", CGW_OK, 70);
	assert_field(frame, "memory.current.own", "/a", CGW_OK, 0);
	assert_field(frame, "memory.working_set.own", "/a", CGW_OK, 0);
	assert_field(frame, "memory.working_set.own", "/a/x", CGW_OK, 101);
	assert_field(frame, "pids.current.own", "/a", CGW_OK, 0);
	assert_field(frame, "io.own", "/a", CGW_OK, 0);
	/* A change can be negative. */
	assert_field(frame, "memory.growth.own", "/a", CGW_OK, -101);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Only children are subtracted, since they include their own; unknown values count as zero. */
static void test_own_share_excludes_children_once(void **state)
{
	static const struct frame_value values[] = {
		{"/a", CGW_M_MEMORY_CURRENT, OK(100)},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(60)},
		{"/a/x/z", CGW_M_MEMORY_CURRENT, OK(50)},
		{"/a/y", CGW_M_MEMORY_CURRENT, {30, CGW_DENIED}},
		{"/a", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
		{"/a/x", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
		{"/a/x/z", CGW_M_MEMORY_INACTIVE_FILE, OK(0)},
		{"/b", CGW_M_MEMORY_CURRENT, {0, CGW_BAD}},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, values, ARRAY_SIZE(values));
	assert_field(frame, "memory.current.own", "/a", CGW_OK, 40);
	assert_field(frame, "memory.current.own", "/a/x", CGW_OK, 10);
	assert_field(frame, "memory.current.own", "/a/x/z", CGW_OK, 50);
	assert_field(frame, "memory.current.own", "/a/y", CGW_DENIED, 0);
	assert_field(frame, "memory.current.own", "/b", CGW_BAD, 0);
	assert_field(frame, "memory.working_set.own", "/a", CGW_OK, 40);
	cgw_frame_free(frame);
	topology_unref(topology);
}

static void assert_limited_by(const struct cgw_frame *frame, const char *path, const char *expected)
{
	uint32_t by = 77;

	/* Only the group is of interest here. */
	(void)cgw_frame_effective(frame, CGW_M_MEMORY_MAX, find(frame, path), &by);
	if (by != (expected != NULL ? find(frame, expected) : CGW_NO_GROUP))
		fail_msg("%s is limited by group %u", path, by);
}

/* Of equal limits the nearest is named: the one that the group can be given more by. */
static void test_equal_limits(void **state)
{
	static const struct frame_value values[] = {
		{"/", CGW_M_MEMORY_MAX, OK(1000)},     {"/a", CGW_M_MEMORY_MAX, OK(1000)},
		{"/a/x", CGW_M_MEMORY_MAX, OK(1000)},  {"/a/x/z", CGW_M_MEMORY_MAX, OK(1001)},
		{"/a/y", CGW_M_MEMORY_MAX, MAX},       {"/b", CGW_M_MEMORY_MAX, OK(0)},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(0)}, {"/b", CGW_M_MEMORY_CURRENT, OK(5)},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, values, ARRAY_SIZE(values));
	assert_limited_by(frame, "/a", "/a");
	assert_limited_by(frame, "/a/x", "/a/x");
	assert_limited_by(frame, "/a/x/z", "/a/x");
	assert_limited_by(frame, "/a/y", "/a");
	assert_limited_by(frame, "/b", "/b");
	assert_field(frame, "memory.max.effective", "/a/x/z", CGW_OK, 1000);
	/* A limit of zero is a limit. */
	assert_field(frame, "memory.max.effective", "/b", CGW_OK, 0);
	assert_field(frame, "memory.current.percent", "/b", CGW_OK, 100);
	assert_field(frame, "memory.current.percent", "/a/x", CGW_OK, 0);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Rates of the first sample, of the same time, and of a clock that ran backwards are unknown. */
static void test_rate_requires_elapsed_time(void **state)
{
	static const struct frame_value values[] = {{"/a", CGW_M_CPU_USAGE, OK(1000000000)},
						    {"/a", CGW_M_MEMORY_CURRENT, OK(5)}};
	static const struct {
		uint64_t seconds;
		enum cgw_state state;
	} samples[] = {{10, CGW_WARMUP}, {10, CGW_WARMUP}, {9, CGW_WARMUP}, {11, CGW_OK}};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		update(frame, topology, samples[i].seconds, values, ARRAY_SIZE(values));
		assert_field(frame, "cpu", "/a", samples[i].state, 0);
		assert_field(frame, "cpu.own", "/a", samples[i].state, 0);
		assert_field(frame, "memory.growth", "/a", samples[i].state, 0);
	}
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Groups are read one after the other: each rate is over the time between its own readings. */
static void test_rate_is_over_the_time_between_readings(void **state)
{
	static const struct frame_value first[] = {{"/a", CGW_M_CPU_USAGE, OK(0)}};
	static const struct frame_value second[] = {{"/a", CGW_M_CPU_USAGE, OK(6000000000)}};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *before = frame_snapshot(topology, 100, first, 1);
	struct cgw_snapshot *now = frame_snapshot(topology, 102, second, 1);
	struct cgw_frame *frame;

	before->read_ns[1] += 500000000;
	now->read_ns[1] += 1500000000;
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, before), 0);
	assert_int_equal(cgw_frame_update(frame, now), 0);
	assert_field(frame, "cpu", "/a", CGW_OK, 200); /* 6 s of CPU time in 3 s */
	cgw_snapshot_unref(before);
	cgw_snapshot_unref(now);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* A group with another ID is another group, even if its counters have grown. */
static void test_recreated_group_has_no_rate(void **state)
{
	static const struct frame_group later[] = {
		{"/", 1}, {"/a", 99}, {"/a/x", 11}, {"/a/x/z", 12}, {"/a/y", 13}, {"/b", 20},
	};
	static const char *const keys[] = {"cpu", "cpu.usage.rate", "io", "memory.growth",
					   "cpu.throttled_percent"};
	struct frame_value values[] = {
		{"/a", CGW_M_CPU_USAGE, OK(1)},        {"/a", CGW_M_MEMORY_CURRENT, OK(1)},
		{"/a", CGW_M_IO_RBYTES, OK(1)},        {"/a", CGW_M_IO_WBYTES, OK(1)},
		{"/a", CGW_M_CPU_NR_PERIODS, OK(1)},   {"/a", CGW_M_CPU_NR_THROTTLED, OK(1)},
		{"/a/x", CGW_M_CPU_USAGE, OK(1)},      {"/a/x", CGW_M_MEMORY_CURRENT, OK(1)},
		{"/a/x", CGW_M_IO_RBYTES, OK(1)},      {"/a/x", CGW_M_IO_WBYTES, OK(1)},
		{"/a/x", CGW_M_CPU_NR_PERIODS, OK(1)}, {"/a/x", CGW_M_CPU_NR_THROTTLED, OK(1)},
	};
	struct topology *before = frame_topology(groups, ARRAY_SIZE(groups));
	struct topology *after = frame_topology(later, ARRAY_SIZE(later));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	for (unsigned sample = 1; sample <= 3; sample++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			values[i].number.value = sample * 100000000;
		update(frame, sample == 1 ? before : after, sample, values, ARRAY_SIZE(values));
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			struct cgw_value own =
				cgw_frame_value(frame, field(keys[i]), find(frame, "/a"));
			struct cgw_value child =
				cgw_frame_value(frame, field(keys[i]), find(frame, "/a/x"));

			assert_int_equal(own.state, sample == 3 ? CGW_OK : CGW_WARMUP);
			/* A child is throttled at least as much as its parent. */
			if (strcmp(keys[i], "cpu.throttled_percent") == 0)
				assert_int_equal(child.state, own.state);
			else
				assert_int_equal(child.state, sample == 1 ? CGW_WARMUP : CGW_OK);
		}
		assert_field(frame, "memory.current", "/a", CGW_OK, sample * 100000000);
		/* The share without the child is unknown as long as its own rate is. */
		assert_field(frame, "cpu.own", "/a", sample == 3 ? CGW_OK : CGW_WARMUP, 0);
	}
	cgw_frame_free(frame);
	topology_unref(before);
	topology_unref(after);
}

/* One line of a file of instances. */
struct line {
	const char *path;
	enum cgw_metric metric;
	const char *device;
	uint64_t value;
};

static void update_devices(struct cgw_frame *frame, struct topology *topology, uint64_t seconds,
			   const struct line *lines, size_t count)
{
	struct cgw_metric_set wanted = {0};
	struct cgw_snapshot *snapshot = NULL;

	cgw_metric_set_add(&wanted, CGW_M_IO_RBYTES);
	cgw_metric_set_add(&wanted, CGW_M_IO_WBYTES);
	cgw_metric_set_add(&wanted, CGW_M_MEMORY_STAT_OTHER);
	cgw_metric_set_add(&wanted, CGW_M_IO_STAT_OTHER);
	cgw_metric_set_add(&wanted, CGW_M_MISC_CURRENT);
	assert_int_equal(snapshot_begin(NULL, topology, &wanted, &snapshot), 0);
	snapshot->monotonic_ns = snapshot->boottime_ns = seconds * 1000000000;
	for (uint32_t i = 0; i < topology->view.count; i++)
		snapshot->read_ns[i] = snapshot->monotonic_ns;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			snapshot_add_instance(snapshot, snapshot->column_of[lines[i].metric],
					      cgw_topology_find(&topology->view, lines[i].path),
					      lines[i].device, strlen(lines[i].device),
					      (struct cgw_number){lines[i].value, CGW_OK}),
			0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static void assert_device(const struct cgw_frame *frame, const char *key, const char *path,
			  const char *device, enum cgw_state state, double expected)
{
	char what[128];

	snprintf(what, sizeof(what), "%s of %s on %s", key, path, device);
	assert_value(cgw_frame_instance(frame, field(key), find(frame, path), device), what, state,
		     expected);
}

/*
 * The kernel adds a device's line with the first operation: in a group that was sampled before, it
 * counts from zero. In a new group the line may be old.
 */
static void test_first_line_of_device(void **state)
{
	static const struct frame_group later[] = {
		{"/", 1},       {"/a", 10},   {"/a/x", 11}, {"/a/x/z", 12},
		{"/a/y", 1300}, {"/b", 2000}, {"/c", 30},
	};
	static const struct line first[] = {
		{"/a", CGW_M_IO_RBYTES, "sda", 100},
		{"/a", CGW_M_IO_WBYTES, "sda", 100},
		{"/b", CGW_M_IO_RBYTES, "sda", 100},
		{"/b", CGW_M_IO_WBYTES, "sda", 100},
	};
	static const struct line second[] = {
		{"/a", CGW_M_IO_RBYTES, "sda", 300},  {"/a", CGW_M_IO_WBYTES, "sda", 100},
		{"/a", CGW_M_IO_RBYTES, "sdb", 50},   {"/a", CGW_M_IO_WBYTES, "sdb", 10},
		{"/a/x", CGW_M_IO_RBYTES, "sda", 80}, {"/a/x", CGW_M_IO_WBYTES, "sda", 20},
		{"/a/y", CGW_M_IO_RBYTES, "sda", 80}, {"/b", CGW_M_IO_RBYTES, "sda", 900},
		{"/c", CGW_M_IO_RBYTES, "sda", 900},
	};
	struct topology *before = frame_topology(groups, ARRAY_SIZE(groups));
	struct topology *after = frame_topology(later, ARRAY_SIZE(later));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update_devices(frame, before, 10, first, ARRAY_SIZE(first));
	assert_device(frame, "io.read", "/a", "sda", CGW_WARMUP, 0);
	assert_device(frame, "io.rbytes", "/a", "sda", CGW_OK, 100);
	update_devices(frame, after, 12, second, ARRAY_SIZE(second));
	assert_device(frame, "io.read", "/a", "sda", CGW_OK, 100);
	assert_device(frame, "io.rbytes.rate", "/a", "sda", CGW_OK, 100);
	assert_device(frame, "io.rbytes.rate", "/a", "sdb", CGW_OK, 25);
	assert_device(frame, "io", "/a", "sdb", CGW_OK, 30);
	assert_device(frame, "io", "/a/x", "sda", CGW_OK, 50);
	assert_device(frame, "io.read", "/a", "sdc", CGW_ABSENT, 0);
	/* Recreated with and without a line before, and new: they may have counted for hours. */
	assert_device(frame, "io.read", "/a/y", "sda", CGW_WARMUP, 0);
	assert_device(frame, "io.read", "/b", "sda", CGW_WARMUP, 0);
	assert_device(frame, "io.read", "/c", "sda", CGW_WARMUP, 0);
	/* A line that goes away, and one that counts from the beginning again. */
	update_devices(frame, after, 13, first, ARRAY_SIZE(first));
	assert_device(frame, "io.read", "/a", "sdb", CGW_ABSENT, 0);
	assert_device(frame, "io.read", "/a", "sda", CGW_RESET, 0);
	cgw_frame_free(frame);
	topology_unref(before);
	topology_unref(after);
}

/* A key of io.stat that is newer than cgward is summed over the devices. */
static void test_nested_keys_that_no_metric_reads(void **state)
{
	static const struct line first[] = {
		{"/a", CGW_M_IO_STAT_OTHER, "sda new", 100},
		{"/a", CGW_M_IO_STAT_OTHER, "sda cost.new", 7},
		{"/a", CGW_M_IO_STAT_OTHER, "(unknown) new", 20},
		{"/b", CGW_M_IO_STAT_OTHER, "sda newer", 9},
	};
	static const struct line second[] = {
		{"/a", CGW_M_IO_STAT_OTHER, "sda new", 104},
		{"/a", CGW_M_IO_STAT_OTHER, "(unknown) new", 22},
		{"/a", CGW_M_IO_STAT_OTHER, "sda cost.new", 17},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_field rate = field("io.stat:cost.new.rate");
	struct cgw_frame *frame;
	char text[128];

	assert_int_equal(cgw_frame_new(&frame), 0);
	update_devices(frame, topology, 10, first, ARRAY_SIZE(first));
	assert_field(frame, "io.stat:new", "/a", CGW_OK, 120);
	assert_field(frame, "io.stat:cost.new", "/a", CGW_OK, 7);
	assert_field(frame, "io.stat:new", "/b", CGW_ABSENT, 0);
	update_devices(frame, topology, 12, second, ARRAY_SIZE(second));
	assert_field(frame, "io.stat:new.rate", "/a", CGW_OK, 3);
	assert_field(frame, "io.stat:cost.new.rate", "/a", CGW_OK, 5);
	cgw_field_key(rate, text, sizeof(text));
	assert_string_equal(text, "io.stat:cost.new.rate");
	assert_true(cgw_field_equal(field("io.stat:cost.usage"), field("io.cost.usage")));
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* A name in a file of names is a field of its own. */
static void test_names_are_fields(void **state)
{
	static const struct line lines[] = {
		{"/a", CGW_M_MISC_CURRENT, "res_a", 3},
		{"/a", CGW_M_MISC_CURRENT, "res_b", 4},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update_devices(frame, topology, 10, lines, ARRAY_SIZE(lines));
	assert_field(frame, "misc.current:res_a", "/a", CGW_OK, 3);
	assert_field(frame, "misc.current:res_c", "/a", CGW_ABSENT, 0);
	assert_int_equal(field("dmem.current:drm/0000:03:00.0/vram0").unit, CGW_UNIT_BYTES);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* A key of memory.stat that is newer than cgward is a field of its own. */
static void test_keys_that_no_metric_reads(void **state)
{
	static const struct line first[] = {
		{"/a", CGW_M_MEMORY_STAT_OTHER, "new", 100},
		{"/a", CGW_M_MEMORY_STAT_OTHER, "newer", 7},
		{"/b", CGW_M_MEMORY_STAT_OTHER, "newer", 9},
	};
	static const struct line second[] = {
		{"/a", CGW_M_MEMORY_STAT_OTHER, "new", 300},
		{"/a", CGW_M_MEMORY_STAT_OTHER, "newer", 5},
		{"/b", CGW_M_MEMORY_STAT_OTHER, "new", 8},
	};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_field new = field("memory.stat:new"), rate = field("memory.stat:new.rate");
	struct cgw_field other = field("memory.stat:newer");
	struct cgw_frame *frame;
	struct cgw_diag diag;
	char text[128];

	assert_int_equal(cgw_frame_new(&frame), 0);
	update_devices(frame, topology, 10, first, ARRAY_SIZE(first));
	assert_field(frame, "memory.stat:new", "/a", CGW_OK, 100);
	assert_field(frame, "memory.stat:newer", "/a", CGW_OK, 7);
	assert_field(frame, "memory.stat:new", "/b", CGW_ABSENT, 0);
	assert_field(frame, "memory.stat:new.rate", "/a", CGW_WARMUP, 0);
	update_devices(frame, topology, 12, second, ARRAY_SIZE(second));
	assert_field(frame, "memory.stat:new.rate", "/a", CGW_OK, 100);
	assert_field(frame, "memory.stat:newer.rate", "/a", CGW_RESET, 0);
	/* What it was before is not known, so it is not counted from zero. */
	assert_field(frame, "memory.stat:new.rate", "/b", CGW_WARMUP, 0);
	assert_int_equal(new.shape, CGW_SCALAR);
	assert_int_equal(rate.unit, CGW_UNIT_COUNT_PER_S);
	assert_false(cgw_field_equal(new, other) || cgw_field_equal(new, rate));
	assert_false(cgw_field_is_additive(new));
	cgw_field_key(rate, text, sizeof(text));
	assert_string_equal(text, "memory.stat:new.rate");
	cgw_field_title(other, text, sizeof(text));
	assert_string_equal(text, "memory.stat:newer");
	/* Known keys are the metrics that read them. */
	assert_true(cgw_field_equal(field("memory.stat:anon"), field("memory.anon")));
	assert_true(cgw_field_equal(field("memory.stat:rss"), field("memory.anon.own")));
	assert_true(cgw_field_equal(field("memory.events:oom_kill.rate"),
				    field("memory.events.oom_kill.rate")));
	for (const char *suffix = ".own\0.percent\0.effective\0"; *suffix != '\0';
	     suffix += strlen(suffix) + 1) {
		snprintf(text, sizeof(text), "memory.stat:new%s", suffix);
		assert_int_equal(cgw_field_parse(text, &new, &diag), -EINVAL);
	}
	assert_int_equal(cgw_field_parse("memory.stt:anon", &new, &diag), -ENOENT);
	assert_string_equal(diag.text,
			    "unknown field 'memory.stt:anon'; did you mean 'memory.stat:anon'?");
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* A group of two v1 hierarchies; ID 0: not in that one. */
static struct topology *two_hierarchies(uint64_t first, uint64_t second)
{
	struct topology_arrays to;
	struct topology *topology = NULL;

	assert_int_equal(topology_new(2, 2, 3, &topology, &to), 0);
	memcpy(to.names, "\0g", 3);
	to.name[0] = to.names;
	to.name[1] = to.names + 1;
	to.parent[0] = CGW_NO_GROUP;
	to.parent[1] = 0;
	to.depth[1] = 1;
	to.below[0] = 1;
	to.present[0] = 3;
	to.id[0][0] = to.id[1][0] = 1;
	to.id[0][1] = first;
	to.id[1][1] = second;
	to.present[1] = (first != 0 ? 1U : 0) | (second != 0 ? 2U : 0);
	return topology;
}

static void test_group_of_two_hierarchies(void **state)
{
	static const struct {
		uint64_t before[2], after[2];
		unsigned flags;
	} rows[] = {
		{{5, 6}, {5, 6}, 0},
		{{5, 6}, {5, 7}, CGW_ROW_RECREATED},
		{{5, 6}, {8, 6}, CGW_ROW_RECREATED},
		{{5, 6}, {6, 5}, CGW_ROW_RECREATED}, /* numbers of the other hierarchy */
		{{5, 0}, {5, 6}, CGW_ROW_MOVED},
		{{5, 6}, {0, 6}, CGW_ROW_MOVED},
		{{5, 0}, {0, 5}, CGW_ROW_RECREATED}, /* the same name in another hierarchy */
		{{0, 6}, {5, 7}, CGW_ROW_RECREATED},
	};
	static const struct frame_value first[] = {{"/g", CGW_M_CPU_USAGE, OK(1)}};
	static const struct frame_value second[] = {{"/g", CGW_M_CPU_USAGE, OK(2)}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct topology *before = two_hierarchies(rows[i].before[0], rows[i].before[1]);
		struct topology *after = two_hierarchies(rows[i].after[0], rows[i].after[1]);
		struct cgw_frame *frame;

		assert_int_equal(cgw_frame_new(&frame), 0);
		update(frame, before, 1, first, 1);
		update(frame, after, 2, second, 1);
		if (cgw_frame_flags(frame, 1) != rows[i].flags)
			fail_msg("row %zu: flags %u", i, cgw_frame_flags(frame, 1));
		assert_int_equal(cgw_frame_value(frame, field("cpu"), 1).state,
				 rows[i].flags == 0 ? CGW_OK : CGW_WARMUP);
		cgw_frame_free(frame);
		topology_unref(before);
		topology_unref(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_share_is_never_negative),
		cmocka_unit_test(test_own_share_excludes_children_once),
		cmocka_unit_test(test_equal_limits),
		cmocka_unit_test(test_rate_requires_elapsed_time),
		cmocka_unit_test(test_rate_is_over_the_time_between_readings),
		cmocka_unit_test(test_recreated_group_has_no_rate),
		cmocka_unit_test(test_first_line_of_device),
		cmocka_unit_test(test_keys_that_no_metric_reads),
		cmocka_unit_test(test_nested_keys_that_no_metric_reads),
		cmocka_unit_test(test_names_are_fields),
		cmocka_unit_test(test_group_of_two_hierarchies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
