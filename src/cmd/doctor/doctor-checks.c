/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-checks.c - what the doctor looks at: one row of the table a check, from the kernel upwards. */
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

/* Appends to a text of fixed size; what does not fit is cut. */
static void add(char *text, size_t size, const char *format, ...) CGW_PRINTF(3, 4);
static void add(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

#define SAY(finding, ...)    add((finding)->what, sizeof((finding)->what), __VA_ARGS__)
#define ADVISE(finding, ...) add((finding)->todo, sizeof((finding)->todo), __VA_ARGS__)

static void check_layout(const struct cgw_layout *layout, struct finding *finding)
{
	if (layout->kind == CGW_LAYOUT_NONE) {
		finding->verdict = VERDICT_FAILS;
		SAY(finding, "no control group hierarchy is mounted");
		ADVISE(finding, "mount -t cgroup2 none /sys/fs/cgroup");
		return;
	}
	SAY(finding, "%s:", cgw_layout_kind_name(layout->kind));
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		char place[128];

		(void)cgw_escape(place, sizeof(place), layout->hierarchies[i].mountpoint,
				 strlen(layout->hierarchies[i].mountpoint));
		SAY(finding, "%s %s at %s", i > 0 ? "," : "", layout->hierarchies[i].label, place);
	}
}

/* "controller" of /proc/cgroups with 0 in its last column: built in, and switched off at boot. */
static bool is_switched_off(const char *cgroups, const char *name)
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

static void check_controllers(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_controller wanted[] = {CGW_CPU, CGW_MEMORY, CGW_IO, CGW_PIDS,
						     CGW_CPUSET};
	CLEANUP(cleanup_free) char *cgroups = NULL;
	size_t length;
	const char *separator = "";

	(void)cgw_proc_read(layout, "cgroups", &cgroups, &length);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int hierarchy = cgw_layout_find(layout, wanted[i]);
		unsigned version = hierarchy >= 0 ? layout->hierarchies[hierarchy].version : 2;

		SAY(finding, "%s%s", separator, cgw_controller_name(wanted[i], version));
		separator = ", ";
		if (hierarchy >= 0) {
			SAY(finding, " (v%u)", version);
			continue;
		}
		finding->verdict = VERDICT_LIMITED;
		if (cgroups != NULL &&
		    is_switched_off(cgroups, cgw_controller_name(wanted[i], 1))) {
			SAY(finding, " is switched off at boot");
			ADVISE(finding, "%stake cgroup_disable=%s off the kernel's command line",
			       finding->todo[0] != '\0' ? "; " : "",
			       cgw_controller_name(wanted[i], 1));
		} else {
			SAY(finding, " is in no hierarchy");
		}
	}
}

/* One sample of these metrics; the sampler is gone again. */
static int sample_once(const struct cgw_layout *layout, const enum cgw_metric *metrics,
		       size_t count, struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_metric_set wanted = {0};
	struct cgw_sampler *sampler = NULL;
	int r = cgw_sampler_new(layout, &options, &sampler, diag);

	for (size_t i = 0; i < count; i++)
		cgw_metric_set_add(&wanted, metrics[i]);
	if (r == 0)
		r = cgw_sampler_set_metrics(sampler, &wanted);
	if (r == 0)
		r = cgw_sampler_sample(sampler, ret_snapshot);
	cgw_sampler_free(sampler);
	return r;
}

static void check_reading(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric looked_at[] = {CGW_M_CPU_USAGE, CGW_M_MEMORY_CURRENT,
						    CGW_M_PIDS_CURRENT, CGW_M_IO_RBYTES};
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_diag diag = {0};
	uint32_t denied = 0, count;
	int r = sample_once(layout, looked_at, ARRAY_SIZE(looked_at), &snapshot, &diag);

	if (r < 0) {
		finding->verdict = VERDICT_FAILS;
		SAY(finding, "no sample can be taken: %s",
		    diag.text[0] != '\0' ? diag.text : strerror(-r));
		return;
	}
	count = cgw_snapshot_topology(snapshot)->count;
	for (uint32_t group = 0; group < count; group++)
		for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++)
			denied += cgw_snapshot_number(snapshot, looked_at[i], group).state ==
				  CGW_DENIED;
	SAY(finding, "%" PRIu32 " groups by the %s collector in %.1f ms", count,
	    cgw_snapshot_collector(snapshot), (double)cgw_snapshot_cost_ns(snapshot) / 1e6);
	if (denied > 0) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "; %" PRIu32 " figures may not be read", denied);
		ADVISE(finding, "run as root to see them");
	}
	cgw_snapshot_unref(snapshot);
}

/* v1 before 5.11: groups that do not count what is beneath them, and do not bound it either. */
static void check_accounting(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_metric asked = CGW_M_MEMORY_USE_HIERARCHY;
	struct cgw_snapshot *snapshot = NULL;
	uint32_t alone = 0;

	if (sample_once(layout, &asked, 1, &snapshot, NULL) < 0)
		return; /* "reading" says why */
	for (uint32_t group = 0; group < cgw_snapshot_topology(snapshot)->count; group++) {
		struct cgw_number number = cgw_snapshot_number(snapshot, asked, group);

		alone += number.state == CGW_OK && number.value == 0;
	}
	cgw_snapshot_unref(snapshot);
	if (alone == 0) {
		SAY(finding, "memory of a group counts what is beneath it");
		return;
	}
	finding->verdict = VERDICT_LIMITED;
	SAY(finding,
	    "memory of %" PRIu32
	    " groups leaves out what is beneath them, and their limits do not hold there "
	    "(memory.use_hierarchy is 0)",
	    alone);
	ADVISE(finding, "write 1 into memory.use_hierarchy of the root before groups are made, as "
			"systemd does");
}

/* May we make and fill groups right there? */
static int may_write(const struct cgw_layout *layout, size_t hierarchy, const char *path)
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
		int r = layout->hierarchies[i].read_only ? -EROFS : may_write(layout, i, "/");

		if (r == 0) {
			writable++;
			continue;
		}
		SAY(finding, "%s%s: %s", finding->what[0] != '\0' ? ", " : "",
		    layout->hierarchies[i].label, r == -EROFS ? "mounted read-only" : strerror(-r));
	}
	if (writable == layout->hierarchy_count) {
		SAY(finding, "every hierarchy can be written to");
		return;
	}
	finding->verdict = writable > 0 ? VERDICT_LIMITED : VERDICT_FAILS;
	if (geteuid() != 0)
		ADVISE(finding, "run as root, or change groups below your own (see delegation)");
	else
		ADVISE(finding, "a container wants its cgroup mount writable");
}

static void check_limits(const struct cgw_layout *layout, struct finding *finding)
{
	static const enum cgw_control wanted[] = {CGW_C_CPU_MAX,     CGW_C_CPU_WEIGHT,
						  CGW_C_MEMORY_MAX,  CGW_C_MEMORY_HIGH,
						  CGW_C_IO_MAX_RBPS, CGW_C_PIDS_MAX};
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct cgw_diag diag = {0};

		SAY(finding, "%s%s", separator, cgw_control_info(wanted[i])->key);
		separator = ", ";
		if (cgw_control_available(layout, wanted[i], &diag) == 0)
			continue;
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, " does not (%.80s)", diag.text);
	}
}

static void check_pressure(const struct cgw_layout *layout, struct finding *finding)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = cgw_proc_read(layout, "pressure/memory", &text, &length);

	if (r < 0) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "the kernel measures no pressure (PSI): %s", strerror(-r));
		ADVISE(finding, "boot with psi=1, where the kernel is built with CONFIG_PSI");
	} else if (cgw_layout_find_v2(layout) < 0 || layout->kind != CGW_LAYOUT_V2) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "the machine's, and that of groups in a v2 hierarchy only");
		ADVISE(finding, "v1 has no pressure a group: boot with cgroup v2 to have it");
	} else {
		SAY(finding, "the machine's, and each group's");
	}
}

static void check_systemd(const struct cgw_layout *layout, struct finding *finding)
{
	bool runs = access("/run/systemd/system", F_OK) == 0;

	(void)layout;
#ifdef WITH_SYSTEMD
	if (runs)
		SAY(finding, "it runs this machine; its units are changed by asking it");
	else
		SAY(finding, "it does not run this machine; groups are changed directly");
#else
	if (runs) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "it runs this machine, and this cgward cannot ask it");
		ADVISE(finding, "use a cgward that is built with libsystemd");
	} else {
		SAY(finding, "it does not run this machine; groups are changed directly");
	}
#endif
}

/* The first of our groups that the owner of this process may change, where it is not root. */
static void check_delegation(const struct cgw_layout *layout, struct finding *finding)
{
	struct cgw_membership membership = {0};
	bool any = false;

	if (geteuid() == 0) {
		SAY(finding, "not needed: root changes every group");
		return;
	}
	if (cgw_membership_read(layout, getpid(), &membership) < 0) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "our own group is not to be found");
		return;
	}
	for (size_t i = 0; i < membership.count; i++) {
		char path[200];

		if (membership.paths[i] == NULL || may_write(layout, i, membership.paths[i]) < 0)
			continue;
		(void)cgw_escape(path, sizeof(path), membership.paths[i],
				 strlen(membership.paths[i]));
		SAY(finding, "%s%s in %s", any ? ", " : "ours to change: ", path,
		    layout->hierarchies[i].label);
		any = true;
	}
	cgw_membership_done(&membership);
	if (!any) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "no group is ours to change");
		ADVISE(finding,
		       "systemd-run --user --scope -p Delegate=yes COMMAND, or run as root");
	}
}

static void check_descriptors(const struct cgw_layout *layout, struct finding *finding)
{
	struct rlimit limit;

	(void)layout;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	SAY(finding, "%ju files may be held open", (uintmax_t)limit.rlim_max);
	if (limit.rlim_max < 20000) {
		finding->verdict = VERDICT_LIMITED;
		SAY(finding, "; with thousands of groups files are opened each time");
		ADVISE(finding, "raise the hard RLIMIT_NOFILE (LimitNOFILE= of a unit)");
	}
}

const struct check checks[] = {
	{"layout", check_layout},
	{"controllers", check_controllers},
	{"reading", check_reading},
	{"accounting", check_accounting},
	{"writing", check_writing},
	{"limits", check_limits},
	{"pressure", check_pressure},
	{"systemd", check_systemd},
	{"delegation", check_delegation},
	{"descriptors", check_descriptors},
	{NULL, NULL},
};
