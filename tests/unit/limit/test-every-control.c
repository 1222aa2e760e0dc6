/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-every-control.c - what each row of controls.def writes to which file, on v1 and on v2.
 *
 * The table is written from the kernel's documentation, not from controls.def. A control without a
 * row fails the test.
 */
#include "fake-kernel.h"
#include "group-files.h"
#include "lib/limit/setting-properties.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The values before are those of tests/support/group-files.c, distinct numbers all over. */
struct expected_write {
	const char *key, *value;
	const char *v1, *v2; /* "FILE=BYTES\n" per write; NULL: this version has no such control */
};

/* For every control a value and, where it can be without limit, "max". */
static const struct expected_write writes[] = {
	/* In us. v1 has one file for the quota and one for the period, here 60 ms. */
	{"cpu.max", "50ms/200ms", "cpu.cfs_period_us=200000\ncpu.cfs_quota_us=50000\n",
	 "cpu.max=50000 200000\n"},
	{"cpu.max", "50%", "cpu.cfs_quota_us=30000\n", "cpu.max=30000 60000\n"},
	/* "max" includes the kernel's default period, so that undoing a limit restores both */
	{"cpu.max", "max", "cpu.cfs_period_us=100000\ncpu.cfs_quota_us=-1\n",
	 "cpu.max=max 100000\n"},
	{"cpu.max", "max/60ms", "cpu.cfs_quota_us=-1\n", "cpu.max=max 60000\n"},
	{"cpu.max.burst", "10ms", "cpu.cfs_burst_us=10000\n", "cpu.max.burst=10000\n"},
	/* shares = weight * 1024 / 100, as systemd converts */
	{"cpu.weight", "300", "cpu.shares=3072\n", "cpu.weight=300\n"},
	{"cpu.weight", "1", "cpu.shares=11\n", "cpu.weight=1\n"},
	{"cpu.weight", "10000", "cpu.shares=262144\n", "cpu.weight=10000\n"},
	{"cpu.shares", "512", "cpu.shares=512\n", NULL},
	{"cpu.idle", "1", "cpu.idle=1\n", "cpu.idle=1\n"},
	{"cpu.rt_runtime", "950ms", "cpu.rt_runtime_us=950000\n", NULL},
	{"cpu.rt_runtime", "max", "cpu.rt_runtime_us=-1\n", NULL},
	{"cpu.rt_period", "2s", "cpu.rt_period_us=2000000\n", NULL},
	{"cpu.uclamp.min", "12.5", "cpu.uclamp.min=12.50\n", "cpu.uclamp.min=12.50\n"},
	{"cpu.uclamp.min", "max", "cpu.uclamp.min=max\n", "cpu.uclamp.min=max\n"},
	{"cpu.uclamp.max", "80", "cpu.uclamp.max=80.00\n", "cpu.uclamp.max=80.00\n"},
	{"cpu.uclamp.max", "max", "cpu.uclamp.max=max\n", "cpu.uclamp.max=max\n"},

	{"cpu.weight.nice", "-5", NULL, "cpu.weight.nice=-5\n"},

	{"memory.max", "64M", "memory.limit_in_bytes=67108864\n", "memory.max=67108864\n"},
	{"memory.max", "max", "memory.limit_in_bytes=-1\n", "memory.max=max\n"},
	{"memory.high", "64M", NULL, "memory.high=67108864\n"},
	{"memory.high", "max", NULL, "memory.high=max\n"},
	{"memory.low", "64M", NULL, "memory.low=67108864\n"},
	{"memory.low", "max", NULL, "memory.low=max\n"},
	{"memory.min", "64M", NULL, "memory.min=67108864\n"},
	{"memory.min", "max", NULL, "memory.min=max\n"},
	{"memory.soft_limit", "64M", "memory.soft_limit_in_bytes=67108864\n", NULL},
	{"memory.soft_limit", "max", "memory.soft_limit_in_bytes=-1\n", NULL},
	{"memory.swap.max", "64M", NULL, "memory.swap.max=67108864\n"},
	{"memory.swap.max", "max", NULL, "memory.swap.max=max\n"},
	{"memory.swap.high", "64M", NULL, "memory.swap.high=67108864\n"},
	{"memory.swap.high", "max", NULL, "memory.swap.high=max\n"},
	{"memory.zswap.max", "64M", NULL, "memory.zswap.max=67108864\n"},
	{"memory.zswap.max", "max", NULL, "memory.zswap.max=max\n"},
	{"memory.zswap.writeback", "0", NULL, "memory.zswap.writeback=0\n"},
	{"memory.memsw.max", "64M", "memory.memsw.limit_in_bytes=67108864\n", NULL},
	{"memory.memsw.max", "max", "memory.memsw.limit_in_bytes=-1\n", NULL},
	{"memory.kmem.tcp.max", "64M", "memory.kmem.tcp.limit_in_bytes=67108864\n", NULL},
	{"memory.kmem.tcp.max", "max", "memory.kmem.tcp.limit_in_bytes=-1\n", NULL},
	{"memory.oom.group", "1", NULL, "memory.oom.group=1\n"},
	{"memory.oom_kill_disable", "1", "memory.oom_control=1\n", NULL},
	{"memory.swappiness", "10", "memory.swappiness=10\n", NULL},
	{"memory.reclaim", "1M", NULL, "memory.reclaim=1048576\n"},
	{"memory.reclaim", "1M swappiness=0", NULL, "memory.reclaim=1048576 swappiness=0\n"},
	{"memory.reclaim", "50%  swappiness=max", NULL, "memory.reclaim=512000 swappiness=max\n"},
	{"memory.force_empty", "0", "memory.force_empty=0\n", NULL},

	/* Of the machine: it has 1000 kB of memory, 100 kB of swap and 4194304 PIDs. */
	{"memory.max", "50%", "memory.limit_in_bytes=512000\n", "memory.max=512000\n"},
	{"memory.high", "50%", NULL, "memory.high=512000\n"},
	{"memory.low", "50%", NULL, "memory.low=512000\n"},
	{"memory.min", "50%", NULL, "memory.min=512000\n"},
	{"memory.soft_limit", "50%", "memory.soft_limit_in_bytes=512000\n", NULL},
	{"memory.zswap.max", "50%", NULL, "memory.zswap.max=512000\n"},
	{"memory.memsw.max", "50%", "memory.memsw.limit_in_bytes=512000\n", NULL},
	{"memory.reclaim", "50%", NULL, "memory.reclaim=512000\n"},
	{"memory.swap.max", "50%", NULL, "memory.swap.max=51200\n"},
	{"memory.swap.high", "50%", NULL, "memory.swap.high=51200\n"},
	{"pids.max", "50%", "pids.max=2097152\n", "pids.max=2097152\n"},

	/* 0 removes the limit on v1, where v2 refuses it and expects "max" */
	{"io.max", "sda rbps=1M wiops=5",
	 "blkio.throttle.read_bps_device=8:0 1048576\nblkio.throttle.write_iops_device=8:0 5\n",
	 "io.max=8:0 rbps=1048576\nio.max=8:0 wiops=5\n"},
	{"io.max.rbps", "sda 1M", "blkio.throttle.read_bps_device=8:0 1048576\n",
	 "io.max=8:0 rbps=1048576\n"},
	{"io.max.rbps", "sda max", "blkio.throttle.read_bps_device=8:0 0\n",
	 "io.max=8:0 rbps=max\n"},
	{"io.max.wbps", "sda 1M", "blkio.throttle.write_bps_device=8:0 1048576\n",
	 "io.max=8:0 wbps=1048576\n"},
	{"io.max.wbps", "sda max", "blkio.throttle.write_bps_device=8:0 0\n",
	 "io.max=8:0 wbps=max\n"},
	{"io.max.riops", "nvme0n1 5", "blkio.throttle.read_iops_device=259:0 5\n",
	 "io.max=259:0 riops=5\n"},
	{"io.max.riops", "nvme0n1 max", "blkio.throttle.read_iops_device=259:0 0\n",
	 "io.max=259:0 riops=max\n"},
	{"io.max.wiops", "nvme0n1 5", "blkio.throttle.write_iops_device=259:0 5\n",
	 "io.max=259:0 wiops=5\n"},
	{"io.max.wiops", "nvme0n1 max", "blkio.throttle.write_iops_device=259:0 0\n",
	 "io.max=259:0 wiops=max\n"},
	/* bfq: 1 to 1000, in two linear halves around 100, to the nearest: 165 would be 105.9 */
	{"io.weight", "165", "blkio.bfq.weight=106\n", "io.weight=165\n"},
	{"io.weight", "300", "blkio.bfq.weight=118\n", "io.weight=300\n"},
	{"io.weight", "10000", "blkio.bfq.weight=1000\n", "io.weight=10000\n"},
	{"io.weight", "50", "blkio.bfq.weight=50\n", "io.weight=50\n"},
	{"io.weight.device", "sda 300", "blkio.bfq.weight_device=8:0 118\n", "io.weight=8:0 300\n"},
	{"io.weight.device", "sda default", "blkio.bfq.weight_device=8:0 default\n",
	 "io.weight=8:0 default\n"},
	/* one write: the kernel resets "ctrl" with the first parameter that is set */
	{"io.cost.qos", "sda enable=1  rpct=95.00 rlat=75000", NULL,
	 "io.cost.qos=8:0 enable=1  rpct=95.00 rlat=75000\n"},
	{"io.cost.model", "nvme0n1 ctrl=user model=linear rbps=2706339840", NULL,
	 "io.cost.model=259:0 ctrl=user model=linear rbps=2706339840\n"},
	{"io.latency", "sda 10ms", NULL, "io.latency=8:0 target=10000\n"},
	{"io.latency", "sda max", NULL, "io.latency=8:0 target=max\n"},
	{"io.prio.class", "idle", "blkio.prio.class=idle\n", "io.prio.class=idle\n"},

	{"pids.max", "200000", "pids.max=200000\n", "pids.max=200000\n"},
	{"pids.max", "max", "pids.max=max\n", "pids.max=max\n"},
	{"cgroup.max.depth", "5", NULL, "cgroup.max.depth=5\n"},
	{"cgroup.max.depth", "max", NULL, "cgroup.max.depth=max\n"},
	{"cgroup.max.descendants", "7", NULL, "cgroup.max.descendants=7\n"},
	{"cgroup.max.descendants", "max", NULL, "cgroup.max.descendants=max\n"},
	/* "cpu memory" are on */
	{"cgroup.subtree_control", "+io -cpu", NULL, "cgroup.subtree_control=+io -cpu\n"},
	{"cgroup.subtree_control", "io memory", NULL, "cgroup.subtree_control=+io -cpu\n"},
	{"cgroup.type", "threaded", NULL, "cgroup.type=threaded\n"},
	{"cgroup.pressure", "0", NULL, "cgroup.pressure=0\n"},

	/* write() of nothing is not a write: an empty list is a newline */
	{"cpuset.cpus", "1,0,2", "cpuset.cpus=0-2\n", "cpuset.cpus=0-2\n"},
	{"cpuset.cpus", "none", "cpuset.cpus=\n\n", "cpuset.cpus=\n\n"},
	{"cpuset.mems", "0", "cpuset.mems=0\n", "cpuset.mems=0\n"},
	{"cpuset.cpus.partition", "isolated", NULL, "cpuset.cpus.partition=isolated\n"},
	{"cpuset.cpus.exclusive", "2-3", NULL, "cpuset.cpus.exclusive=2-3\n"},
	{"cpuset.cpu_exclusive", "1", "cpuset.cpu_exclusive=1\n", NULL},
	{"cpuset.mem_exclusive", "1", "cpuset.mem_exclusive=1\n", NULL},
	{"cpuset.mem_hardwall", "1", "cpuset.mem_hardwall=1\n", NULL},
	{"cpuset.memory_migrate", "1", "cpuset.memory_migrate=1\n", NULL},
	{"cpuset.memory_spread_page", "1", "cpuset.memory_spread_page=1\n", NULL},
	{"cpuset.memory_spread_slab", "1", "cpuset.memory_spread_slab=1\n", NULL},
	{"cpuset.sched_load_balance", "0", "cpuset.sched_load_balance=0\n", NULL},
	{"cpuset.sched_relax_domain_level", "2", "cpuset.sched_relax_domain_level=2\n", NULL},

	{"hugetlb.max", "2MB 1G", "hugetlb.2MB.limit_in_bytes=1073741824\n",
	 "hugetlb.2MB.max=1073741824\n"},
	{"hugetlb.max", "1GB max", "hugetlb.1GB.limit_in_bytes=-1\n", "hugetlb.1GB.max=max\n"},
	{"hugetlb.rsvd.max", "1GB 2G", "hugetlb.1GB.rsvd.limit_in_bytes=2147483648\n",
	 "hugetlb.1GB.rsvd.max=2147483648\n"},
	{"hugetlb.rsvd.max", "2MB max", "hugetlb.2MB.rsvd.limit_in_bytes=-1\n",
	 "hugetlb.2MB.rsvd.max=max\n"},
	{"rdma.max", "mlx5_0 hca_handle=3 hca_object=max",
	 "rdma.max=mlx5_0 hca_handle=3\nrdma.max=mlx5_0 hca_object=max\n",
	 "rdma.max=mlx5_0 hca_handle=3\nrdma.max=mlx5_0 hca_object=max\n"},
	{"rdma.max.hca_handle", "mlx5_1 3", "rdma.max=mlx5_1 hca_handle=3\n",
	 "rdma.max=mlx5_1 hca_handle=3\n"},
	{"rdma.max.hca_handle", "mlx5_1 max", "rdma.max=mlx5_1 hca_handle=max\n",
	 "rdma.max=mlx5_1 hca_handle=max\n"},
	{"rdma.max.hca_object", "mlx5_1 30", "rdma.max=mlx5_1 hca_object=30\n",
	 "rdma.max=mlx5_1 hca_object=30\n"},
	{"rdma.max.hca_object", "mlx5_1 max", "rdma.max=mlx5_1 hca_object=max\n",
	 "rdma.max=mlx5_1 hca_object=max\n"},
	{"misc.max", "sev_es 7", "misc.max=sev_es 7\n", "misc.max=sev_es 7\n"},
	{"misc.max", "sev_es max", "misc.max=sev_es max\n", "misc.max=sev_es max\n"},
	{"dmem.max", "drm/0000:03:00.0/vram0 1G", "dmem.max=drm/0000:03:00.0/vram0 1073741824\n",
	 "dmem.max=drm/0000:03:00.0/vram0 1073741824\n"},
	{"dmem.max", "drm/0000:03:00.0/vram0 max", "dmem.max=drm/0000:03:00.0/vram0 max\n",
	 "dmem.max=drm/0000:03:00.0/vram0 max\n"},
	{"dmem.min", "drm/0000:03:00.0/vram0 1G", "dmem.min=drm/0000:03:00.0/vram0 1073741824\n",
	 "dmem.min=drm/0000:03:00.0/vram0 1073741824\n"},
	{"dmem.min", "drm/0000:03:00.0/vram0 max", "dmem.min=drm/0000:03:00.0/vram0 max\n",
	 "dmem.min=drm/0000:03:00.0/vram0 max\n"},
	{"dmem.low", "drm/0000:03:00.0/vram0 1G", "dmem.low=drm/0000:03:00.0/vram0 1073741824\n",
	 "dmem.low=drm/0000:03:00.0/vram0 1073741824\n"},
	{"dmem.low", "drm/0000:03:00.0/vram0 max", "dmem.low=drm/0000:03:00.0/vram0 max\n",
	 "dmem.low=drm/0000:03:00.0/vram0 max\n"},

	{"devices.allow", "b 8:0 rw", "devices.allow=b 8:0 rw\n", NULL},
	{"devices.deny", "c 1:3 rwm", "devices.deny=c 1:3 rwm\n", NULL},
	{"net_cls.classid", "0x100001", "net_cls.classid=1048577\n", NULL},
	{"net_prio.ifpriomap", "eth0 5", "net_prio.ifpriomap=eth0 5\n", NULL},
};

struct machine {
	struct tree_dir *dir;
	struct group_files *files;
	struct cgw_layout *layout;
	char journal[300];
};

static struct machine setup(unsigned version)
{
	struct machine machine = {.dir = tree_new()};

	machine.files = group_files_new(machine.dir, version, false);
	tree_file(machine.dir, "proc/sys/kernel/pid_max", "4194304\n");
	tree_file(machine.dir, "sys/class/block/sda/dev", "8:0\n");
	tree_file(machine.dir, "sys/class/block/nvme0n1/dev", "259:0\n");
	/* Files that cannot be read are not in group-files.def. */
	if (version == 1) {
		tree_file(machine.dir, "cgroup/memory/a/memory.force_empty", "");
		tree_file(machine.dir, "cgroup/devices/a/devices.allow", "");
		tree_file(machine.dir, "cgroup/devices/a/devices.deny", "");
	} else {
		tree_file(machine.dir, "cgroup/a/memory.reclaim", "");
	}
	machine.layout = fake_layout(machine.dir);
	(void)tree_at(machine.dir, "journal", machine.journal, sizeof(machine.journal));
	fake_reset();
	return machine;
}

static void teardown(struct machine *machine)
{
	cgw_layout_free(machine->layout);
	group_files_free(machine->files);
	tree_free(machine->dir);
}

/* Sets the value on the group /a. Returns the result of cgw_plan_apply(). */
static int set(const struct machine *machine, const char *key, const char *value,
	       struct cgw_diag *ret_diag)
{
	const struct cgw_limit_options options = {
		.backend = CGW_BACKEND_DIRECT, .journal = machine->journal, .who = "test"};
	struct cgw_step step = {.kind = CGW_STEP_SET, .path = "/a", .value = value};
	int control = cgw_control_find(key, ret_diag), r;
	struct cgw_plan *plan;

	if (control < 0)
		return control;
	step.control = (enum cgw_control)control;
	assert_int_equal(cgw_plan_new(machine->layout, &options, &plan), 0);
	r = cgw_plan_add(plan, &step, ret_diag);
	if (r == 0) {
		r = cgw_plan_apply(plan);
		if (r < 0 && cgw_plan_failure(plan) != NULL)
			*ret_diag = cgw_plan_failure(plan)->diag;
	}
	cgw_plan_free(plan);
	return r;
}

static unsigned wrong; /* of the test that runs; all of them are printed before it fails */

#define WRONG(...) (wrong++, print_error(__VA_ARGS__))

static int reset(void **state)
{
	wrong = 0;
	return 0;
}

static void test_table_covers_every_control(void **state)
{
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct cgw_control_info *info = cgw_control_info((enum cgw_control)i);
		bool value = false, unlimited = false;

		for (size_t k = 0; k < COUNT(writes); k++) {
			const char *word = info->unlimited != NULL ? info->unlimited : "max";
			size_t length = strlen(writes[k].value), last = strlen(word);
			bool max = length >= last &&
				   strcmp(writes[k].value + length - last, word) == 0;

			if (strcmp(writes[k].key, info->key) != 0)
				continue;
			value |= !max || info->unlimited == NULL;
			unlimited |= max;
		}
		if (!value)
			WRONG("%s: no row in test-every-control.c\n", info->key);
		if (!unlimited && info->unlimited != NULL)
			WRONG("%s: no row with the value max\n", info->key);
	}
	assert_int_equal(wrong, 0);
}

/* The files that were written, for the next row. */
static void restore(struct machine *machine)
{
	char name[64];

	for (const char *at = fake_log; *at != '\0'; at += strcspn(at, "\n") + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "=\n"), at);
		group_files_restore(machine->files, name);
		if (at[strcspn(at, "\n")] == '\0')
			break;
	}
	fake_reset();
}

static void check_write(struct machine *machine, const struct expected_write *row, unsigned version)
{
	const char *expected = version == 1 ? row->v1 : row->v2;
	struct cgw_diag diag = {0};
	int r = set(machine, row->key, row->value, &diag);

	if (expected == NULL && r != -EOPNOTSUPP)
		WRONG("v%u %s: %d, expected -EOPNOTSUPP\n", version, row->key, r);
	if (expected != NULL && r < 0)
		WRONG("v%u %s=%s: %d, %s\n", version, row->key, row->value, r, diag.text);
	if (strcmp(fake_log, expected != NULL ? expected : "") != 0)
		WRONG("v%u %s=%s: wrote '%s', expected '%s'\n", version, row->key, row->value,
		      fake_log, expected != NULL ? expected : "");
}

static void test_writes(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = setup(version);

		for (size_t i = 0; i < COUNT(writes); i++) {
			check_write(&machine, &writes[i], version);
			restore(&machine);
		}
		teardown(&machine);
	}
	assert_int_equal(wrong, 0);
}

/* A limit below what is used makes the writer reclaim, unless the file is opened like this. */
static void test_limits_that_do_not_block(void **state)
{
	static const struct {
		const char *key;
		bool nonblock;
	} rows[] = {{"memory.max", true}, {"memory.high", true}, {"memory.low", false}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct machine machine = setup(2);
		struct cgw_diag diag = {0};

		assert_int_equal(set(&machine, rows[i].key, "64M", &diag), 0);
		assert_int_equal(fake_nonblock, rows[i].nonblock);
		teardown(&machine);
	}
}

/* Without iocost v2 has bfq's weight only, on bfq's scale. */
static void test_weight_of_bfq(void **state)
{
	struct machine machine = setup(2);
	struct cgw_diag diag = {0};

	group_files_remove(machine.files, "io.weight");
	assert_int_equal(set(&machine, "io.weight", "300", &diag), 0);
	assert_string_equal(fake_log, "io.bfq.weight=118\n");
	teardown(&machine);
}

/*
 * Limits below what is used: v2 kills at once, so 5 % more is required; v1 refuses by itself; forks
 * fail on both.
 */
static void test_values_below_use(void **state)
{
	static const struct {
		const char *key, *file;
		unsigned version;
		const char *used, *refused, *accepted;
	} rows[] = {
		{"memory.max", "a/memory.current", 2, "1000000\n", "1049999", "1050000"},
		{"memory.max", "memory/a/memory.usage_in_bytes", 1, "1000000\n", NULL, "4096"},
		{"pids.max", "a/pids.current", 2, "10\n", "9", "10"},
		{"pids.max", "pids/a/pids.current", 1, "10\n", "9", "10"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct machine machine = setup(rows[i].version);
		struct cgw_diag diag = {0};
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s", rows[i].file);
		tree_file(machine.dir, path, rows[i].used);
		assert_int_equal(set(&machine, rows[i].key, "max", &diag), 0);
		fake_reset();
		if (rows[i].refused != NULL) {
			assert_int_equal(set(&machine, rows[i].key, rows[i].refused, &diag),
					 -EBUSY);
			assert_string_equal(fake_log, "");
		}
		assert_int_equal(set(&machine, rows[i].key, rows[i].accepted, &diag), 0);
		teardown(&machine);
	}
}

/* The way back from an action, which has no value before. */
static void test_undo_of_device_rules(void **state)
{
	static const char *const rows[][3] = {
		{"devices.allow", "b 8:0 rw", "devices.deny=b 8:0 rw\n"},
		{"devices.deny", "c 1:3 rwm", "devices.allow=c 1:3 rwm\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct machine machine = setup(1);
		const struct cgw_limit_options options = {
			.backend = CGW_BACKEND_DIRECT, .journal = machine.journal, .who = "test"};
		struct cgw_result result;
		struct cgw_diag diag = {0};

		assert_int_equal(set(&machine, rows[i][0], rows[i][1], &diag), 0);
		fake_reset();
		assert_int_equal(cgw_journal_undo(machine.layout, &options, 0, &result), 0);
		assert_string_equal(fake_log, rows[i][2]);
		teardown(&machine);
	}
}

/* What the kernel accepts and what a new group has; NULL: there is no such value. */
static const struct expected_range {
	const char *key;
	const char *risk; /* what a wrong value can do to the group's processes */
	const char *initial;
	const char *lowest, *highest;
	const char *too_low, *too_high;
} ranges[] = {
#include "control-ranges.def"
};

static void check_range(enum cgw_control control, const char *value, bool accepted)
{
	struct cgw_diag diag = {0};
	int r = value != NULL ? cgw_value_check(control, value, &diag) : 0;

	if (value != NULL && (r == 0) != accepted)
		WRONG("%s=%s: %s %s\n", cgw_control_info(control)->key, value,
		      r == 0 ? "accepted" : "refused:", diag.text);
}

static void test_ranges(void **state)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct expected_range *row = &ranges[i];
		int control = cgw_control_find(row->key, NULL);
		const char *initial, *risk;

		assert_true(control >= 0);
		initial = cgw_control_info((enum cgw_control)control)->default_value;
		risk = cgw_risk_name(cgw_control_info((enum cgw_control)control)->risk);
		if (strcmp(risk, row->risk) != 0)
			WRONG("%s: risk %s, expected %s\n", row->key, risk, row->risk);
		if (initial == NULL ? row->initial != NULL
				    : row->initial == NULL || strcmp(initial, row->initial) != 0)
			WRONG("%s: default %s, expected %s\n", row->key,
			      initial != NULL ? initial : "none",
			      row->initial != NULL ? row->initial : "none");
		check_range((enum cgw_control)control, row->lowest, true);
		check_range((enum cgw_control)control, row->highest, true);
		check_range((enum cgw_control)control, row->too_low, false);
		check_range((enum cgw_control)control, row->too_high, false);
	}
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const char *key = cgw_control_info((enum cgw_control)i)->key;
		bool found = false;

		for (size_t k = 0; k < COUNT(ranges); k++)
			found |= strcmp(ranges[k].key, key) == 0;
		if (!found)
			WRONG("%s: no row in the table of ranges\n", key);
	}
	assert_int_equal(wrong, 0);
}

/* From org.freedesktop.systemd1(5), and cgroup.c of systemd 252 for what it applies on v1. */
static const struct expected_property {
	const char *key, *value;
	const char *name, *type;
	uint64_t number;
	const char *device, *text; /* the text of bits: one hexadecimal number per byte */
	bool on_v1;
} properties[] = {
	{"cpu.max", "150%", "CPUQuotaPerSecUSec", "t", 1500000, NULL, NULL, true},
	{"cpu.weight", "300", "CPUWeight", "t", 300, NULL, NULL, true},
	{"memory.max", "64M", "MemoryMax", "t", 67108864, NULL, NULL, true},
	{"memory.high", "64M", "MemoryHigh", "t", 67108864, NULL, NULL, false},
	{"memory.low", "64M", "MemoryLow", "t", 67108864, NULL, NULL, false},
	{"memory.min", "64M", "MemoryMin", "t", 67108864, NULL, NULL, false},
	{"memory.swap.max", "max", "MemorySwapMax", "t", UINT64_MAX, NULL, NULL, false},
	{"memory.zswap.max", "64M", "MemoryZSwapMax", "t", 67108864, NULL, NULL, false},
	{"io.max.rbps", "8:0 1M", "IOReadBandwidthMax", "a(st)", 1048576, "/dev/sda", NULL, true},
	{"io.max.wbps", "8:0 max", "IOWriteBandwidthMax", "a(st)", UINT64_MAX, "/dev/sda", NULL,
	 true},
	{"io.max.riops", "8:0 5", "IOReadIOPSMax", "a(st)", 5, "/dev/sda", NULL, false},
	{"io.max.wiops", "8:0 5", "IOWriteIOPSMax", "a(st)", 5, "/dev/sda", NULL, false},
	{"io.weight", "300", "IOWeight", "t", 300, NULL, NULL, false},
	{"io.latency", "8:0 10ms", "IODeviceLatencyTargetUSec", "a(st)", 10000, "/dev/sda", NULL,
	 false},
	{"pids.max", "64", "TasksMax", "t", 64, NULL, NULL, true},
	{"cpuset.cpus", "0-3,8", "AllowedCPUs", "ay", 0, NULL, "0f 01 ", false},
	{"cpuset.mems", "1", "AllowedMemoryNodes", "ay", 0, NULL, "02 ", false},
	{"devices.allow", "b 8:0 rw", "DeviceAllow", "a(ss)", 0, "/dev/block/8:0", "rw", false},
};

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_property(const struct machine *machine, const struct expected_property *row)
{
	const struct control_row *control =
		control_row((enum cgw_control)cgw_control_find(row->key, NULL));
	const struct percent_bases bases = {0};
	struct properties properties_of;
	const struct systemd_property *item = &properties_of.items[0];
	struct request request;
	struct setting setting;
	char bytes[64] = "";

	assert_int_equal(request_parse(control, row->value, &request, NULL), 0);
	assert_int_equal(request_resolve(control, &request, &bases, &setting, NULL), 0);
	assert_int_equal(properties_from(machine->layout, control, &setting, NULL, &properties_of),
			 0);
	for (size_t i = 0; i < item->size; i++)
		snprintf(bytes + 3 * i, sizeof(bytes) - 3 * i, "%02x ", item->bytes[i]);
	if (!same(item->name, row->name) || !same(item->type, row->type) ||
	    item->number != row->number || !same(item->device, row->device) ||
	    !same(item->size > 0 ? bytes : item->text, row->text))
		WRONG("%s=%s: %s %s %llu %s %s\n", row->key, row->value, item->name, item->type,
		      (unsigned long long)item->number, item->device != NULL ? item->device : "",
		      item->size > 0 ? bytes : "");
	if (properties_apply(control, 1) != row->on_v1 || !properties_apply(control, 2))
		WRONG("%s: a property on v1 or not\n", row->key);
}

static void test_systemd_properties(void **state)
{
	struct machine machine = setup(2);
	size_t with_property = 0;

	for (size_t i = 0; i < COUNT(properties); i++)
		check_property(&machine, &properties[i]);
	for (size_t i = 0; i < cgw_control_count(); i++)
		with_property += control_row((enum cgw_control)i)->property != NULL;
	assert_int_equal(with_property, COUNT(properties));
	teardown(&machine);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_table_covers_every_control, reset),
		cmocka_unit_test_setup(test_writes, reset),
		cmocka_unit_test_setup(test_limits_that_do_not_block, reset),
		cmocka_unit_test_setup(test_weight_of_bfq, reset),
		cmocka_unit_test(test_values_below_use),
		cmocka_unit_test(test_undo_of_device_rules),
		cmocka_unit_test_setup(test_ranges, reset),
		cmocka_unit_test_setup(test_systemd_properties, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
