/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-damon.c - how much memory a group accesses in an interval, counted by DAMON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/change/damon.h"
#include "cmd/change/probe-damon.h"
#include "cmd/change/probe-group.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "shared/cli/listing.h"

struct counts {
	uint64_t *bytes; /* accessed, one per interval */
	size_t count, capacity;
	uint64_t most, least;
	bool interrupted;
};

static enum cli_exit fail(const struct probe_damon *probe, int error, const char *reason)
{
	cli_error(probe->command->context, "cannot probe %s: %s", ESCAPED(1024, probe->path),
		  reason[0] != '\0' ? reason : strerror(-error));
	return error == -EOPNOTSUPP || error == -EBUSY ? CLI_REFUSED : cli_exit_from_error(error);
}

/* DAMON counts the memory of one group, without its descendants. */
static int check_group(const struct probe_damon *probe, uint64_t *ret_use_bytes,
		       struct cgw_diag *diag)
{
	const struct cgw_layout *layout = probe->command->layout;
	int hierarchy = cgw_layout_find(layout, CGW_MEMORY), r;
	CLEANUP(target_close) struct target target = TARGET_NONE;
	CLEANUP(cleanup_close) int directory = -1;
	struct stat stat;

	if (hierarchy < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP, "this machine has no memory controller");
	r = target_open(layout, (size_t)hierarchy, probe->path, &target);
	r = r < 0 ? r : cgw_group_open(layout, (size_t)hierarchy, probe->path, &directory, NULL);
	if (r < 0)
		return r;
	if (target_number(&target, CGW_M_MEMORY_CURRENT, ret_use_bytes) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the group does not report the memory that it uses");
	if (fstat(directory, &stat) == 0 && stat.st_nlink > 2)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "DAMON counts the memory of one group, without the groups "
				    "below it (probe each of them)");
	return 0;
}

static int count(const struct probe_damon *probe, struct damon *damon, struct counts *counts)
{
	uint64_t end_ns = clock_now_ns() + probe->duration_ns, bytes;
	int r = damon_start(damon, probe->path, probe->interval_ns);

	while (r == 0 && clock_now_ns() < end_ns) {
		if (probe_group_wait(NULL, probe->interval_ns) == -EINTR) {
			counts->interrupted = true;
			break;
		}
		r = damon_read(damon, &bytes);
		if (r == -EAGAIN) {
			r = 0;
			continue;
		}
		if (r < 0)
			return r;
		r = ARRAY_RESERVE(counts->bytes, counts->capacity, counts->count + 1);
		if (r < 0)
			return r;
		counts->bytes[counts->count++] = bytes;
		counts->most = bytes > counts->most ? bytes : counts->most;
		counts->least = counts->count == 1 || bytes < counts->least ? bytes : counts->least;
	}
	return r;
}

static int print_json(const struct probe_damon *probe, const struct counts *counts,
		      uint64_t use_bytes, enum cli_exit status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < counts->count; i++)
		json_array_append_new(list, json_integer((json_int_t)counts->bytes[i]));
	return json_print(
		json_pack("{s:i, s:s, s:b, s:i, s:o, s:s, s:o, s:I, s:s?, s:I, s:o}", "schema",
			  CLI_JSON_SCHEMA, "cgward", cgw_version(), "dry_run", (int)probe->dry_run,
			  "status", (int)status, "group", json_escaped(probe->path), "method",
			  "damon", "needs",
			  counts->count > 0 ? json_integer((json_int_t)counts->most) : json_null(),
			  "use", (json_int_t)use_bytes, "stopped",
			  probe->dry_run        ? NULL
			  : counts->interrupted ? "interrupted"
						: "duration",
			  "interval_ns", (json_int_t)probe->interval_ns, "accessed", list),
		stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
}

static void print_text(const struct probe_damon *probe, const struct counts *counts,
		       uint64_t use_bytes)
{
	const char *path = ESCAPED(1024, probe->path);
	const char *most = BYTES_TEXT(counts->most);
	const char *least = BYTES_TEXT(counts->least);
	const char *use = BYTES_TEXT(use_bytes);
	const char *interval = DURATION_TEXT(probe->interval_ns);

	if (probe->dry_run)
		printf("%s: would count the memory that the group accesses every %s, of %s in "
		       "use\n",
		       path, interval, use);
	else if (counts->count == 0)
		printf("%s: no interval of %s was counted; %s are in use\n", path, interval, use);
	else
		printf("%s: accesses %s of %s within %s\n"
		       "  the most of %zu intervals (least %s), counted by DAMON; kernel memory is "
		       "not included\n",
		       path, most, use, interval, counts->count, least);
}

static void cleanup_counts(struct counts *counts)
{
	free(counts->bytes);
}

enum cli_exit probe_damon(const struct probe_damon *probe)
{
	CLEANUP(cleanup_counts) struct counts counts = {0};
	CLEANUP(damon_stop) struct damon damon = DAMON_NONE;
	enum cli_exit status = CLI_OK;
	struct cgw_diag diag = {0};
	uint64_t use_bytes = 0;
	int r = check_group(probe, &use_bytes, &diag);

	if (r < 0)
		return fail(probe, r, diag.text);
	r = damon_open(&damon, probe->command->layout);
	if (r == 0 && !probe->dry_run)
		r = count(probe, &damon, &counts);
	if (r < 0)
		return fail(probe, r, damon.diag.text);
	if (probe->dry_run)
		status = CLI_WOULD_CHANGE;
	else if (counts.interrupted || counts.count == 0)
		status = CLI_PARTLY;
	if (!probe->command->json)
		print_text(probe, &counts, use_bytes);
	else if (print_json(probe, &counts, use_bytes, status) < 0)
		return CLI_FAILED;
	return status;
}
