/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-checks.c - checks of `cgward doctor`, one per row of the table. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/doctor/doctor-checks.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/namespace-root.h"
#include "lib/model/sampling.h"
#include "lib/sample/device-sums.h"
#include "shared/cli/build-features.h"

/* Appends to a buffer of fixed size, truncating the text. */
static CGW_PRINTF(3, 4) void append(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

#define DESCRIBE(finding, ...) append((finding)->state, sizeof((finding)->state), __VA_ARGS__)
#define ADVISE(finding, ...)   append((finding)->hint, sizeof((finding)->hint), __VA_ARGS__)

static void check_layout(const struct cgw_layout *layout, struct finding *finding)
{
	if (layout->kind == CGW_LAYOUT_NONE) {
		finding->verdict = VERDICT_FAILS;
		DESCRIBE(finding, "no cgroup hierarchy is mounted");
		ADVISE(finding, "mount it with `mount -t cgroup2 none /sys/fs/cgroup`");
		return;
	}
	DESCRIBE(finding, "%s:", cgw_layout_kind_name(layout->kind));
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		DESCRIBE(finding, "%s %s at %s", i > 0 ? "," : "", layout->hierarchies[i].label,
			 ESCAPED(128, layout->hierarchies[i].mountpoint));
	if (!root_is_of_machine(layout))
		DESCRIBE(finding,
			 "; / is not the root group of the machine: groups above it and their "
			 "limits are "
			 "not visible (in a container, or where only a subtree is mounted)");
	if (layout->other_root_count > 0) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding,
			 "; %zu more not used: the top of their mounts is another group than that "
			 "of the others",
			 layout->other_root_count);
		ADVISE(finding, "mount all hierarchies from the same group");
	}
}

/* A controller in /proc/cgroups with "enabled" 0 is built in but disabled at boot. */
static bool is_disabled(const char *cgroups, const char *name)
{
	for (const char *line = cgroups; line != NULL && *line != '\0';) {
		char word[64];
		int enabled;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
		if (sscanf(line, "%63s %*d %*d %d", word, &enabled) == 2 && strcmp(word, name) == 0)
			return enabled == 0;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return false;
}

/* Controllers of the kernel that no hierarchy has. */
static void describe_unused(const struct cgw_layout *layout, const char *cgroups,
			    struct finding *finding)
{
	const char *separator = "; built in, but not available: ";

	for (const char *line = cgroups; line != NULL && *line != '\0';) {
		char word[64];
		int controller = -ENOENT;

		/* NOLINTNEXTLINE(cert-err34-c): a word */
		if (*line != '#' && sscanf(line, "%63s", word) == 1)
			controller = cgw_controller_find(word);
		if (controller >= 0 &&
		    cgw_layout_find(layout, (enum cgw_controller)controller) < 0) {
			DESCRIBE(finding, "%s%s (%s)", separator, word,
				 is_disabled(cgroups, word) ? "disabled at boot"
							    : "not in a mounted hierarchy");
			separator = ", ";
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
}

static void check_mount_options(const struct cgw_layout *layout, struct finding *finding)
{
	int v2 = cgw_layout_find_v2(layout);
	const struct cgw_mount_option_info *info;
	const char *separator = "";

	for (size_t i = 0; v2 >= 0 && (info = cgw_mount_option_info(i)) != NULL; i++) {
		if (!(layout->hierarchies[v2].mount_options & info->option))
			continue;
		DESCRIBE(finding, "%s%s (%s)", separator, info->name, info->meaning);
		separator = ", ";
	}
	if (finding->state[0] == '\0')
		DESCRIBE(finding, "%s", v2 >= 0 ? "none on the v2 hierarchy" : "no v2 hierarchy");
}

static void check_controllers(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_controller required[] = {CGW_CPU, CGW_MEMORY, CGW_IO, CGW_PIDS,
						       CGW_CPUSET};
	CLEANUP(cleanup_free) char *cgroups = NULL;
	size_t length;
	const char *separator = "";

	(void)cgw_proc_read(layout, "cgroups", &cgroups, &length);
	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		int hierarchy = cgw_layout_find(layout, required[i]);
		unsigned version = hierarchy >= 0 ? layout->hierarchies[hierarchy].version : 2;

		DESCRIBE(finding, "%s%s", separator, cgw_controller_name(required[i], version));
		separator = ", ";
		if (hierarchy >= 0) {
			DESCRIBE(finding, " (v%u)", version);
			continue;
		}
		finding->verdict = VERDICT_LIMITED;
		if (cgroups != NULL && is_disabled(cgroups, cgw_controller_name(required[i], 1))) {
			DESCRIBE(finding, " (disabled at boot)");
			ADVISE(finding, "%sremove cgroup_disable=%s from the kernel command line",
			       finding->hint[0] != '\0' ? "; " : "",
			       cgw_controller_name(required[i], 1));
		} else {
			DESCRIBE(finding, " (not in a mounted hierarchy)");
		}
	}
	describe_unused(layout, cgroups, finding);
}

/* Takes one sample of the given metrics. */
static int sample_once(const struct cgw_layout *layout, const enum cgw_metric *metrics,
		       size_t count, struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_metric_set set = {0};
	struct cgw_sampler *sampler = NULL;
	int r = cgw_sampler_new(layout, &options, &sampler, diag);

	for (size_t i = 0; i < count; i++)
		cgw_metric_set_add(&set, metrics[i]);
	if (r == 0)
		r = cgw_sampler_set_metrics(sampler, &set);
	if (r == 0)
		r = cgw_sampler_sample(sampler, ret_snapshot);
	cgw_sampler_free(sampler);
	return r;
}

static void check_reading(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric metrics[] = {CGW_M_CPU_USAGE, CGW_M_MEMORY_CURRENT,
						  CGW_M_PIDS_CURRENT, CGW_M_IO_RBYTES};
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	uint32_t denied = 0, count;
	int r = sample_once(layout, metrics, ARRAY_SIZE(metrics), &snapshot, &diag);

	if (r < 0) {
		finding->verdict = VERDICT_FAILS;
		DESCRIBE(finding, "cannot sample the groups: %s",
			 diag.text[0] != '\0' ? diag.text : strerror(-r));
		return;
	}
	count = cgw_snapshot_topology(snapshot)->count;
	for (uint32_t group = 0; group < count; group++)
		for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
			denied += cgw_snapshot_number(snapshot, metrics[i], group).state ==
				  CGW_DENIED;
	DESCRIBE(finding, "sampled %" PRIu32 " groups in %.1f ms (collector: %s)", count,
		 (double)cgw_snapshot_cost_ns(snapshot) / 1e6, cgw_snapshot_collector(snapshot));
	if (denied > 0) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "; permission denied for %" PRIu32 " values", denied);
		ADVISE(finding, "run as root to read them");
	}
	cgw_snapshot_unref(snapshot);
}

static void check_collectors(const struct cgw_layout *layout, struct finding *finding)
{
	const struct cgw_sampler_options options = {.once = true, .collector = CGW_COLLECTOR_BPF};
	struct cgw_sampler *sampler;
	struct cgw_diag diag = {0};

	if (cgw_sampler_new(layout, &options, &sampler, &diag) == 0) {
		DESCRIBE(finding, "files; bpf for many groups");
		cgw_sampler_free(sampler);
		return;
	}
	finding->verdict = VERDICT_LIMITED;
	DESCRIBE(finding, "files only: %s", diag.text);
}

/* Attaches the programs of a metric for one sample. */
static void check_trace(const struct cgw_layout *layout, enum cgw_metric metric,
			struct finding *finding)
{
	const struct cgw_sampler_options options = {.once = true};
	CLEANUP(cleanup_snapshot) struct cgw_snapshot *snapshot = NULL;
	struct cgw_metric_set set = {0};
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	struct cgw_diag diag = {0};
	int r = cgw_sampler_new(layout, &options, &sampler, &diag);
	const char *reason = diag.text;

	cgw_metric_set_add(&set, metric);
	r = r < 0 ? r : cgw_sampler_set_metrics(sampler, &set);
	r = r < 0 ? r : cgw_sampler_sample(sampler, &snapshot);
	if (r == 0 && cgw_snapshot_source(snapshot, metric) == NULL)
		reason = "no hierarchy has the controller cpu or cpuacct";
	else if (r == 0)
		reason = cgw_sampler_trace_reason(sampler, metric);
	else if (diag.text[0] == '\0')
		reason = strerror(-r);
	finding->verdict = reason[0] == '\0' ? VERDICT_WORKS : VERDICT_LIMITED;
	DESCRIBE(finding, "%s%s",
		 reason[0] == '\0' ? "can be measured by BPF programs: " : "unavailable: ",
		 reason[0] == '\0' ? cgw_metric_info(metric)->key : reason);
}

#define CHECK_TRACE(name_, metric_)                                                         \
	static void check_##name_(const struct cgw_layout *layout, struct finding *finding) \
	{                                                                                   \
		check_trace(layout, metric_, finding);                                      \
	}
CHECK_TRACE(run_delay, CGW_M_CPU_RUN_DELAY)
CHECK_TRACE(sockets, CGW_M_NET_SOCKET_RX)
CHECK_TRACE(cpu_bursts, CGW_M_CPU_BURST_10MS_MAX)
CHECK_TRACE(cpu_limits, CGW_M_CPU_THROTTLED_BURSTS)
CHECK_TRACE(runnable, CGW_M_CPU_RUNNABLE_MAX)

/* v1 before Linux 5.11: groups may neither account nor limit their descendants. */
static void check_accounting(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric metric = CGW_M_MEMORY_USE_HIERARCHY;
	struct cgw_snapshot *snapshot = NULL;
	uint32_t alone = 0;

	if (sample_once(layout, &metric, 1, &snapshot, NULL) < 0)
		return; /* "reading" reports the reason */
	for (uint32_t group = 0; group < cgw_snapshot_topology(snapshot)->count; group++) {
		struct cgw_number number = cgw_snapshot_number(snapshot, metric, group);

		alone += number.state == CGW_OK && number.value == 0;
	}
	cgw_snapshot_unref(snapshot);
	if (alone == 0) {
		DESCRIBE(finding, "memory of groups includes their descendants");
		return;
	}
	finding->verdict = VERDICT_LIMITED;
	DESCRIBE(finding,
		 "%" PRIu32 " groups neither account nor limit the memory of their descendants "
		 "(memory.use_hierarchy is 0)",
		 alone);
	ADVISE(finding, "write 1 to memory.use_hierarchy of the root before creating groups, as "
			"systemd does");
}

/* Current kernels count IO on v1 per disk, from the first throttle limit for the disk on. */
static void check_uncounted_disks(const struct cgw_layout *layout,
				  const struct cgw_snapshot *snapshot, struct finding *finding)
{
	int hierarchy = cgw_layout_find(layout, CGW_IO);
	CLEANUP(cleanup_free) char *text = NULL;
	const struct cgw_instance *instances;
	struct system_disk disk;
	size_t count, length;
	char *rest;

	if (hierarchy < 0 || cgw_proc_read(layout, "diskstats", &text, &length) < 0)
		return;
	instances = cgw_snapshot_instances(snapshot, CGW_M_IO_RBYTES, 0, &count);
	rest = text;
	while (device_sums_next_uncounted(layout, instances, (uint32_t)count, &rest, &disk)) {
		DESCRIBE(finding,
			 finding->verdict == VERDICT_WORKS ? "not counted for groups: %s" : ", %s",
			 disk.name);
		if (finding->verdict == VERDICT_WORKS)
			ADVISE(finding,
			       "count from now on, without a limit: `echo '%s 0' "
			       ">%s/blkio.throttle.read_bps_device`",
			       disk.number, layout->hierarchies[hierarchy].mountpoint);
		finding->verdict = VERDICT_LIMITED;
	}
}

static void check_io(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric metric = CGW_M_IO_RBYTES;
	const struct cgw_source *source;
	struct cgw_snapshot *snapshot = NULL;

	if (sample_once(layout, &metric, 1, &snapshot, NULL) < 0)
		return; /* "reading" reports the reason */
	source = cgw_snapshot_source(snapshot, metric);
	if (source == NULL)
		DESCRIBE(finding, "no hierarchy counts IO");
	else if (strncmp(source->file, "blkio.throttle.", strlen("blkio.throttle.")) == 0)
		check_uncounted_disks(layout, snapshot, finding);
	if (source != NULL && finding->verdict == VERDICT_WORKS)
		DESCRIBE(finding, "counted in %s", source->file);
	cgw_snapshot_unref(snapshot);
}

/* Whether this process may create groups below the path and move processes into them. */
static int check_writable(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	CLEANUP(cleanup_close) int fd = -1;
	int r = cgw_group_open(layout, hierarchy, path, &fd, NULL);

	if (r < 0)
		return r;
	if (faccessat(fd, ".", W_OK, AT_EACCESS) < 0 ||
	    faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return -errno;
	return 0;
}

static void check_writing(const struct cgw_layout *layout, struct finding *finding)
{
	size_t writable = 0;

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		int r = layout->hierarchies[i].read_only ? -EROFS : check_writable(layout, i, "/");

		if (r == 0) {
			writable++;
			continue;
		}
		DESCRIBE(finding, "%s%s: %s", finding->state[0] != '\0' ? ", " : "",
			 layout->hierarchies[i].label,
			 r == -EROFS ? "mounted read-only" : strerror(-r));
	}
	if (writable == layout->hierarchy_count) {
		DESCRIBE(finding, "all hierarchies are writable");
		return;
	}
	finding->verdict = writable > 0 ? VERDICT_LIMITED : VERDICT_FAILS;
	if (geteuid() != 0)
		ADVISE(finding, "run as root, or use delegated groups (see delegation)");
	else
		ADVISE(finding, "in a container, mount the cgroup file system read-write");
}

static void check_limits(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_control controls[] = {CGW_C_CPU_MAX,     CGW_C_CPU_WEIGHT,
						    CGW_C_MEMORY_MAX,  CGW_C_MEMORY_HIGH,
						    CGW_C_IO_MAX_RBPS, CGW_C_PIDS_MAX};
	struct cgw_diag diags[ARRAY_SIZE(controls)] = {0};
	bool available[ARRAY_SIZE(controls)];
	const char *separator = "available ";

	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		available[i] = cgw_control_available(layout, controls[i], &diags[i]) == 0;
		if (!available[i])
			continue;
		DESCRIBE(finding, "%s%s", separator, cgw_control_info(controls[i])->key);
		separator = ", ";
	}
	separator = finding->state[0] != '\0' ? "; unavailable " : "unavailable ";
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		if (available[i])
			continue;
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "%s%s (%.80s)", separator, cgw_control_info(controls[i])->key,
			 diags[i].text);
		separator = ", ";
	}
}

/* The groups for which pressure was turned off. */
static size_t count_unmeasured(const struct cgw_layout *layout)
{
	static const enum cgw_metric metrics[] = {CGW_M_CGROUP_PRESSURE};
	CLEANUP(cleanup_snapshot) struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	size_t off = 0;

	if (sample_once(layout, metrics, ARRAY_SIZE(metrics), &snapshot, &diag) < 0)
		return 0;
	for (uint32_t i = 0; i < cgw_snapshot_topology(snapshot)->count; i++) {
		struct cgw_number number = cgw_snapshot_number(snapshot, metrics[0], i);

		off += number.state == CGW_OK && number.value == 0;
	}
	return off;
}

static void check_pressure(const struct cgw_layout *layout, struct finding *finding)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = cgw_proc_read(layout, "pressure/memory", &text, &length);

	if (r < 0) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "PSI is unavailable: %s", strerror(-r));
		ADVISE(finding, "boot with psi=1 (requires a kernel with CONFIG_PSI)");
	} else if (cgw_layout_find_v2(layout) < 0 || layout->kind != CGW_LAYOUT_V2) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "PSI of the machine, and of groups in the v2 hierarchy only");
		ADVISE(finding, "cgroup v1 has no per-group PSI; boot with cgroup v2");
	} else {
		size_t off = count_unmeasured(layout);

		DESCRIBE(finding, "PSI of the machine and of each group");
		if (off > 0)
			DESCRIBE(finding, " except %zu whose cgroup.pressure is 0", off);
	}
}

/* Without io.cost.qos enabled, a kernel with io.weight accepts weights that have no effect. */
static void check_io_weight(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric metrics[] = {CGW_M_IO_COST_QOS_ENABLE};
	CLEANUP(cleanup_snapshot) struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	int hierarchy = cgw_layout_find(layout, CGW_IO);
	const struct cgw_instance *devices;
	const char *separator = "by the IO cost model on ";
	size_t count = 0;

	if (hierarchy < 0 || layout->hierarchies[hierarchy].version != 2 ||
	    sample_once(layout, metrics, ARRAY_SIZE(metrics), &snapshot, &diag) < 0 ||
	    cgw_snapshot_source(snapshot, metrics[0]) == NULL) {
		DESCRIBE(finding, "only with the scheduler bfq: no IO cost model");
		return;
	}
	devices = cgw_snapshot_instances(snapshot, metrics[0], 0, &count);
	for (size_t i = 0; i < count; i++) {
		if (devices[i].number.state != CGW_OK || devices[i].number.value == 0)
			continue;
		DESCRIBE(finding, "%s%s", separator, devices[i].name);
		separator = ", ";
	}
	if (finding->state[0] != '\0')
		return;
	finding->verdict = VERDICT_LIMITED;
	DESCRIBE(finding, "io.weight has no effect: the IO cost model is enabled on no device");
	ADVISE(finding, "enable the disk in %s/io.cost.qos, or use the scheduler bfq",
	       layout->hierarchies[hierarchy].mountpoint);
}

static void check_systemd(const struct cgw_layout *layout, struct finding *finding)
{
	bool runs = access("/run/systemd/system", F_OK) == 0;

#ifdef WITH_SYSTEMD
	if (runs)
		DESCRIBE(finding, "running; units are changed through systemd");
	else
		DESCRIBE(finding, "not running; cgroup files are written directly");
#else
	if (runs) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "running, but cgward was built without libsystemd");
		ADVISE(finding, "install a cgward built with libsystemd");
	} else {
		DESCRIBE(finding, "not running; cgroup files are written directly");
	}
#endif
}

/* The units of this user's service manager, whose controllers root has delegated to it. */
static bool describe_user_manager(const struct cgw_layout *layout, struct finding *finding)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_free) char *controllers = NULL;
	int hierarchy = cgw_layout_find_v2(layout);
	unsigned user = (unsigned)geteuid();
	size_t length = 0;

	if (hierarchy < 0 ||
	    access(FORMATTED(64, "/run/user/%u/systemd/private", user), W_OK) < 0 ||
	    cgw_group_open(layout, (size_t)hierarchy,
			   FORMATTED(96, "/user.slice/user-%u.slice/user@%u.service", user, user),
			   &directory, NULL) < 0 ||
	    cgw_file_read(layout, directory, "cgroup.controllers", &controllers, &length) < 0)
		return false;
	controllers[strcspn(controllers, "\n")] = '\0';
	DESCRIBE(finding, "%sunits of this user's service manager can be limited, with %s",
		 finding->state[0] != '\0' ? "; " : "",
		 controllers[0] != '\0' ? controllers : "no controller");
	return controllers[0] != '\0';
}

/* Lists the groups of this process that a non-root user may change. */
static void check_delegation(const struct cgw_layout *layout, struct finding *finding)
{
	struct cgw_membership membership = {0};
	bool any = false;

	if (geteuid() == 0) {
		DESCRIBE(finding, "not needed: root may change all groups");
		return;
	}
	if (cgw_membership_read(layout, getpid(), &membership) < 0) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "cannot read the groups of this process");
		return;
	}
	for (size_t i = 0; i < membership.count; i++) {
		if (membership.paths[i] == NULL ||
		    check_writable(layout, i, membership.paths[i]) < 0)
			continue;
		DESCRIBE(finding, "%s%s in %s",
			 any ? ", " : "writable: ", ESCAPED(200, membership.paths[i]),
			 layout->hierarchies[i].label);
		any = true;
	}
	cgw_membership_done(&membership);
	if (describe_user_manager(layout, finding) || any)
		return;
	finding->verdict = VERDICT_LIMITED;
	DESCRIBE(finding, "%sno group is delegated to this user",
		 finding->state[0] != '\0' ? "; " : "");
	ADVISE(finding,
	       "run as root, or let root start a manager for this user with "
	       "`loginctl enable-linger %u`, whose units can be limited",
	       (unsigned)geteuid());
}

static void check_descriptors(const struct cgw_layout *layout, struct finding *finding)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	DESCRIBE(finding, "limit of %ju open files", (uintmax_t)limit.rlim_max);
	if (limit.rlim_max < 20000) {
		finding->verdict = VERDICT_LIMITED;
		DESCRIBE(finding, "; with thousands of groups, each sample reopens files");
		ADVISE(finding, "raise the hard RLIMIT_NOFILE (LimitNOFILE= in a unit)");
	}
}

static void check_build(const struct cgw_layout *layout, struct finding *finding)
{
	for (const struct build_feature *feature = build_features; feature->name != NULL; feature++)
		if (feature->left_out != NULL) {
			finding->verdict = VERDICT_LIMITED;
			DESCRIBE(finding, "%swithout %s (%s)",
				 finding->state[0] != '\0' ? "; " : "", feature->name,
				 feature->left_out);
		}
	if (finding->verdict == VERDICT_WORKS)
		DESCRIBE(finding, "all parts");
}

const struct check checks[] = {
	{"layout", check_layout, true},
	{"controllers", check_controllers, false},
	{"options", check_mount_options, false},
	{"reading", check_reading, false},
	{"collectors", check_collectors, false},
	{"run delay", check_run_delay, false},
	{"sockets", check_sockets, false},
	{"CPU bursts", check_cpu_bursts, false},
	{"CPU limits", check_cpu_limits, false},
	{"runnable", check_runnable, false},
	{"accounting", check_accounting, false},
	{"io", check_io, false},
	{"weights", check_io_weight, false},
	{"writing", check_writing, false},
	{"limits", check_limits, false},
	{"pressure", check_pressure, false},
	{"systemd", check_systemd, false},
	{"delegation", check_delegation, false},
	{"descriptors", check_descriptors, true},
	{"build", check_build, true},
	{NULL, NULL, false},
};
