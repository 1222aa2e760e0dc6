/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-use.c - what a process reads, writes, waits for and shares, from its files in /proc. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/inspect/process-use.h"

/* The number after `name` at the beginning of a line. */
static struct cgw_number number_of_line(const char *text, const char *name, uint64_t scale)
{
	const size_t length = strlen(name);

	for (; text != NULL; text = strchr(text, '\n'), text += text != NULL)
		if (strncmp(text, name, length) == 0)
			return (struct cgw_number){strtoull(text + length, NULL, 10) * scale,
						   CGW_OK};
	return (struct cgw_number){.state = CGW_ABSENT};
}

/* The second of "CPU-TIME DELAY TIMESLICES"; three zeros if the kernel does not measure them. */
static struct cgw_number run_delay(const char *text, const char *name, uint64_t scale)
{
	unsigned long long used, delay, slices;

	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(text, "%llu %llu %llu", &used, &delay, &slices) != 3)
		return (struct cgw_number){.state = CGW_BAD};
	if (used == 0 && delay == 0 && slices == 0)
		return (struct cgw_number){.state = CGW_UNSUPPORTED};
	return (struct cgw_number){delay, CGW_OK};
}

static const struct use {
	struct cgw_process_use_info info;
	const char *file, *name; /* below /proc/PID, and in the file */
	uint64_t scale;
	bool per_thread; /* the file of the process is only about its first thread */
	struct cgw_number (*parse)(const char *text, const char *name, uint64_t scale);
} uses_table[CGW_PROCESS_USE_COUNT] = {
	[CGW_PROCESS_READ] = {{"read_bytes", "read_bytes_per_s", "READ/S", CGW_UNIT_BYTES_PER_S, 1},
			      "io",
			      "read_bytes:",
			      1,
			      false,
			      number_of_line},
	[CGW_PROCESS_WRITTEN] = {{"written_bytes", "written_bytes_per_s", "WRITE/S",
				  CGW_UNIT_BYTES_PER_S, 1},
				 "io",
				 "write_bytes:",
				 1,
				 false,
				 number_of_line},
	[CGW_PROCESS_RUN_DELAY] = {{"run_delay_ns", "run_delay_percent", "DELAY", CGW_UNIT_PERCENT,
				    100.0 / (double)NS_PER_S},
				   "schedstat",
				   "",
				   1,
				   true,
				   run_delay},
	[CGW_PROCESS_PSS] = {{"pss_bytes", NULL, "PSS", CGW_UNIT_BYTES, 1},
			     "smaps_rollup",
			     "Pss:",
			     1024,
			     false,
			     number_of_line},
};

const struct cgw_process_use_info *cgw_process_use_info(enum cgw_process_use use)
{
	return &uses_table[use].info;
}

static struct cgw_number read_use(const struct cgw_layout *layout, const char *directory,
				  const struct use *use)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[96];
	size_t length;
	int r;

	snprintf(file, sizeof(file), "%s/%s", directory, use->file);
	r = cgw_proc_read(layout, file, &text, &length);
	if (r == 0)
		return use->parse(text, use->name, use->scale);
	/* A kernel thread has no memory, and a kernel may lack the file. */
	return (struct cgw_number){.state = r == -ESRCH || r == -ENOENT ? CGW_ABSENT
									: cgw_state_from_error(r)};
}

struct sum {
	const struct cgw_layout *layout;
	const struct use *use;
	pid_t pid;
	struct cgw_number number;
};

static int add_thread(void *context, pid_t thread)
{
	struct sum *sum = context;
	struct cgw_number number;

	number = read_use(sum->layout, FORMATTED(64, "%d/task/%d", (int)sum->pid, (int)thread),
			  sum->use);
	if (number.state == CGW_ABSENT) /* the thread exited */
		return 0;
	if (number.state == CGW_OK && sum->number.state == CGW_OK)
		number.value += sum->number.value;
	sum->number = number;
	return number.state == CGW_OK ? 0 : -EIO;
}

void process_use_read(const struct cgw_layout *layout, pid_t pid, pid_t leader, unsigned uses,
		      struct cgw_number ret_use[CGW_PROCESS_USE_COUNT])
{
	for (int i = 0; i < CGW_PROCESS_USE_COUNT; i++) {
		const struct use *use = &uses_table[i];
		struct sum sum = {layout, use, pid, {.state = CGW_ABSENT}};
		char directory[64];

		if (leader > 0)
			snprintf(directory, sizeof(directory), "%d/task/%d", (int)leader, (int)pid);
		else
			snprintf(directory, sizeof(directory), "%d", (int)pid);
		if ((uses >> i & 1U) != 0 && use->per_thread && leader == 0) {
			snprintf(directory, sizeof(directory), "%d/task", (int)pid);
			(void)cgw_proc_each(layout, directory, add_thread, &sum);
		} else if ((uses >> i & 1U) != 0) {
			sum.number = read_use(layout, directory, use);
		}
		ret_use[i] = sum.number;
	}
}

struct cgw_value cgw_process_use_value(enum cgw_process_use use, const struct cgw_number *before,
				       const struct cgw_number *now, double seconds)
{
	const struct cgw_process_use_info *info = &uses_table[use].info;
	struct cgw_value value = {.state = now->state,
				  .exact = true,
				  .number = now->value,
				  .real = (double)now->value};

	if (now->state != CGW_OK || info->rate_key == NULL)
		return value;
	/* The delay of threads that exited is no longer in the sum. */
	if (before == NULL || before->state != CGW_OK || seconds <= 0 || now->value < before->value)
		return (struct cgw_value){.state = CGW_WARMUP};
	return (struct cgw_value){.state = CGW_OK,
				  .real = (double)(now->value - before->value) * info->scale /
					  seconds};
}
