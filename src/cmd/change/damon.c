/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* damon.c - memory of a group that is accessed, counted by the kernel's DAMON. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/change/damon.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"

#define ADMIN   "kernel/mm/damon/admin/kdamonds"
#define CONTEXT "0/contexts/0/"
#define SCHEME  CONTEXT "schemes/0/"
/* Each region has one page sampled, whose accessed bit is cleared: few, so that few are missed. */
#define REGIONS_MORE 10

static int put_text(const struct damon *damon, const char *file, const char *text)
{
	CLEANUP(cleanup_close) int fd = openat(damon->admin, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int put_number(const struct damon *damon, const char *file, uint64_t number)
{
	return put_text(damon, file, FORMATTED(32, "%" PRIu64, number));
}

static int get_number(const struct damon *damon, const char *file, uint64_t *ret_number)
{
	CLEANUP(cleanup_close) int fd = openat(damon->admin, file, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -errno;
	*ret_number = strtoull(text, NULL, 10);
	return 0;
}

int damon_open(struct damon *damon, const struct cgw_layout *layout)
{
	uint64_t count = 0;
	int r;

	damon->layout = layout;
	damon->admin = openat(layout->sys_fd, ADMIN, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (damon->admin < 0)
		return cgw_diag_set(&damon->diag, errno == ENOENT ? -EOPNOTSUPP : -errno,
				    errno == ENOENT ? "the kernel has no DAMON (/sys/" ADMIN ")"
						    : "cannot open /sys/" ADMIN ": %s",
				    strerror(errno));
	r = get_number(damon, "nr_kdamonds", &count);
	if (r < 0)
		return cgw_diag_set(&damon->diag, r, "cannot read /sys/" ADMIN "/nr_kdamonds: %s",
				    strerror(-r));
	if (count > 0)
		return cgw_diag_set(&damon->diag, -EBUSY,
				    "DAMON is in use by another process (/sys/" ADMIN
				    "/nr_kdamonds is %" PRIu64 ")",
				    count);
	return 0;
}

/* The kernel rounds ranges to whole pages. */
static int put_range(struct damon *damon, unsigned index, uint64_t start, uint64_t end)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char file[80];
	int r;

	snprintf(file, sizeof(file), CONTEXT "targets/0/regions/%u/start", index);
	r = put_number(damon, file, start);
	snprintf(file, sizeof(file), CONTEXT "targets/0/regions/%u/end", index);
	damon->pass_bytes += (end + page - 1) / page * page - start / page * page;
	return r < 0 ? r : put_number(damon, file, end);
}

/* The memory of the machine; the first call only counts the ranges. */
static int put_ranges(struct damon *damon, const char *iomem, bool write, unsigned *ret_count)
{
	unsigned count = 0;
	int r = 0;

	for (const char *line = iomem; *line != '\0' && r == 0;) {
		size_t length = strcspn(line, "\n");
		unsigned long long start, end;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
		if (line[0] != ' ' && sscanf(line, "%llx-%llx :", &start, &end) == 2 && end > 0 &&
		    length > 10 && strncmp(line + length - 10, "System RAM", 10) == 0) {
			if (write)
				r = put_range(damon, count, start, end + 1);
			count++;
		}
		line += length + (line[length] == '\n');
	}
	*ret_count = count;
	return r;
}

static int set_target(struct damon *damon)
{
	CLEANUP(cleanup_free) char *iomem = NULL;
	unsigned count;
	size_t length;
	int r = cgw_proc_read(damon->layout, "iomem", &iomem, &length);

	if (r < 0)
		return r;
	(void)put_ranges(damon, iomem, false, &count);
	if (count == 0)
		return -EPERM; /* without privileges, all addresses are 0 */
	r = put_text(damon, CONTEXT "targets/nr_targets", "1");
	r = r < 0 ? r : put_number(damon, CONTEXT "targets/0/regions/nr_regions", count);
	r = r < 0 ? r : put_ranges(damon, iomem, true, &count);
	r = r < 0 ? r
		  : put_number(damon, CONTEXT "monitoring_attrs/nr_regions/max",
			       count + REGIONS_MORE);
	return r < 0 ? r : put_text(damon, CONTEXT "monitoring_attrs/nr_regions/min", "3");
}

/* Rejects what is not of the group, and then what was not accessed. */
static int set_filters(const struct damon *damon, const char *path)
{
	static const char *const types[] = {"memcg", "young"};
	bool is_split = faccessat(damon->admin, SCHEME "ops_filters", F_OK, 0) == 0;
	const char *directory = is_split ? SCHEME "ops_filters" : SCHEME "filters";
	char file[96];
	int r;

	snprintf(file, sizeof(file), "%s/nr_filters", directory);
	r = put_text(damon, file, "2");
	for (size_t i = 0; i < ARRAY_SIZE(types) && r == 0; i++) {
		snprintf(file, sizeof(file), "%s/%zu/type", directory, i);
		r = put_text(damon, file, types[i]);
		snprintf(file, sizeof(file), "%s/%zu/matching", directory, i);
		r = r < 0 ? r : put_text(damon, file, "N");
		snprintf(file, sizeof(file), "%s/%zu/allow", directory, i);
		r = r < 0 ? r : put_text(damon, file, "N");
		snprintf(file, sizeof(file), "%s/%zu/memcg_path", directory, i);
		if (i == 0)
			r = r < 0 ? r : put_text(damon, file, path);
	}
	return r;
}

static int set_scheme(const struct damon *damon, uint64_t interval_us)
{
	static const struct {
		const char *file, *text;
	} settings[] = {
		{CONTEXT "schemes/nr_schemes", "1"},
		{SCHEME "action", "stat"},
		{SCHEME "access_pattern/sz/min", "0"},
		{SCHEME "access_pattern/sz/max", "18446744073709551615"},
		{SCHEME "access_pattern/nr_accesses/min", "0"},
		{SCHEME "access_pattern/nr_accesses/max", "4294967295"},
		{SCHEME "access_pattern/age/min", "0"},
		{SCHEME "access_pattern/age/max", "4294967295"},
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && r == 0; i++)
		r = put_text(damon, settings[i].file, settings[i].text);
	return r < 0 ? r : put_number(damon, SCHEME "apply_interval_us", interval_us);
}

static int configure(struct damon *damon, const char *path, uint64_t interval_ns)
{
	uint64_t interval_us = interval_ns / NS_PER_US;
	uint64_t sample_us = interval_us < 1000000 ? interval_us : 1000000;
	uint64_t ignored;
	int r = put_text(damon, "0/contexts/nr_contexts", "1");

	r = r < 0 ? r : put_text(damon, CONTEXT "operations", "paddr");
	r = r < 0 ? r
		  : put_number(damon, CONTEXT "monitoring_attrs/intervals/sample_us", sample_us);
	r = r < 0 ? r
		  : put_number(damon, CONTEXT "monitoring_attrs/intervals/aggr_us", interval_us);
	r = r < 0 ? r : set_target(damon);
	r = r < 0 ? r : set_scheme(damon, interval_us);
	if (r < 0)
		return cgw_diag_set(&damon->diag, r, "cannot set up DAMON: %s", strerror(-r));
	r = get_number(damon, SCHEME "stats/sz_ops_filter_passed", &ignored);
	r = r < 0 ? r : set_filters(damon, path);
	if (r < 0)
		return cgw_diag_set(&damon->diag, -EOPNOTSUPP,
				    "the kernel's DAMON cannot count the accessed memory of a "
				    "group (Linux 6.14)");
	return 0;
}

/* Also after a failed start: nothing else uses kdamond 0 then. */
static void end_thread(void *context)
{
	const struct damon *damon = context;

	(void)put_text(damon, "0/state", "off");
	(void)put_text(damon, "nr_kdamonds", "0");
}

static int start_failed(struct damon *damon, int error)
{
	char value[2] = "";
	int fd = openat(damon->layout->sys_fd, "module/damon_stat/parameters/enabled",
			O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!read(fd, value, 1);
		close(fd);
	}
	if (error == -EBUSY)
		return cgw_diag_set(
			&damon->diag, error, "DAMON is in use by the kernel%s",
			value[0] == 'Y' ? " (/sys/module/damon_stat/parameters/enabled is Y)" : "");
	return cgw_diag_set(&damon->diag, error, "cannot start DAMON: %s", strerror(-error));
}

int damon_start(struct damon *damon, const char *path, uint64_t interval_ns)
{
	int r = cleanup_process_start(&damon->cleanup, -1, end_thread, damon);

	if (r < 0)
		return cgw_diag_set(&damon->diag, r, "cannot start a process: %s", strerror(-r));
	r = put_text(damon, "nr_kdamonds", "1");
	if (r < 0) {
		cleanup_process_stop(&damon->cleanup); /* it is not ours */
		return cgw_diag_set(&damon->diag, r, "cannot set up DAMON: %s", strerror(-r));
	}
	damon->started = true;
	r = configure(damon, path, interval_ns);
	if (r < 0)
		return r;
	r = put_text(damon, "0/state", "on");
	return r < 0 ? start_failed(damon, r) : 0;
}

int damon_read(struct damon *damon, uint64_t *ret_bytes)
{
	uint64_t tried = 0, passed = 0, passes;
	bool is_first = damon->tried_bytes == 0;
	int r = put_text(damon, "0/state", "update_schemes_stats");

	r = r < 0 ? r : get_number(damon, SCHEME "stats/sz_tried", &tried);
	r = r < 0 ? r : get_number(damon, SCHEME "stats/sz_ops_filter_passed", &passed);
	if (r < 0)
		return cgw_diag_set(&damon->diag, r, "cannot read what DAMON has counted: %s",
				    strerror(-r));
	passes = (tried - damon->tried_bytes + damon->pass_bytes / 2) / damon->pass_bytes;
	if (passes == 0)
		return -EAGAIN;
	*ret_bytes = (passed - damon->passed_bytes) / passes;
	damon->tried_bytes = tried;
	damon->passed_bytes = passed;
	/* Pages were accessed at any time before the first pass. */
	return is_first ? -EAGAIN : 0;
}

void damon_stop(struct damon *damon)
{
	if (damon->started)
		end_thread(damon);
	if (damon->cleanup.pid > 0)
		cleanup_process_stop(&damon->cleanup);
	if (damon->admin >= 0)
		close(damon->admin);
	*damon = (struct damon)DAMON_NONE;
}
