/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-long-lists.c - lists of processes that no single read returns, and short reads. */
#include <stdio.h>

#include "lib/kernel/kernel-ops.h"
#include "sample-machine.h"

#define PROCESS_COUNT 1500
#define FIRST_PID     100000 /* lines of seven bytes: three pages */
#define PAGE          4096

/* A read returns at most this many bytes; 0: as kernfs does. */
static size_t read_max;

/* The kernel returns at most a page, and whole lines only. */
static ssize_t read_as_kernfs(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t length = kernel_ops_real.read_at(fd, buffer, size < PAGE ? size : PAGE, offset);
	const char *text = buffer;
	ssize_t end = length;

	if (length < PAGE)
		return length;
	while (end > 0 && text[end - 1] != '\n')
		end--;
	return end > 0 ? end : length;
}

static ssize_t read_short(int fd, void *buffer, size_t size, off_t offset)
{
	if (read_max == 0)
		return read_as_kernfs(fd, buffer, size, offset);
	return kernel_ops_real.read_at(fd, buffer, size < read_max ? size : read_max, offset);
}

/* Lengths that do not divide a line, since a read that ends with a line ends a short list. */
static const size_t read_sizes[] = {0, 1, 2, 1000, 3071, 3073, 4095, 10000, 1 << 20};

static void open_with_short_reads(struct machine *machine, const char *keys)
{
	static struct kernel_ops ops;

	ops = kernel_ops_real;
	ops.read_at = read_short;
	assert_int_equal(layout_open_with(&machine->roots, &ops, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, NULL, &machine->sampler, NULL), 0);
	request_keys(machine->sampler, keys);
}

/* Writes a list of `count` processes, the last of them with the PID `last`. */
static void write_list(struct machine *machine, const char *path, unsigned count, unsigned last)
{
	char *text = malloc((size_t)count * 8 + 1);
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, 9, "%u\n",
					 i + 1 < count ? FIRST_PID + i : last);
	tree_file(machine->dir, path, text);
	free(text);
}

static void test_processes_are_counted(void **state)
{
	static const unsigned counts[] = {PROCESS_COUNT, 3, 0, 585, 586, PROCESS_COUNT};

	for (unsigned version = 1; version <= 2; version++)
		for (size_t s = 0; s < ARRAY_SIZE(read_sizes); s++) {
			struct machine *machine =
				machine_new(version == 1 ? tree_machine_v1 : tree_machine_v2);
			const char *procs = version == 1 ? "cgroup/memory/a/cgroup.procs"
							 : "cgroup/a/cgroup.procs";
			const char *threads =
				version == 1 ? "cgroup/memory/a/tasks" : "cgroup/a/cgroup.threads";

			write_list(machine, procs, PROCESS_COUNT, 999999);
			write_list(machine, threads, PROCESS_COUNT + 1, 999999);
			read_max = read_sizes[s];
			open_with_short_reads(machine, "cgroup.procs cgroup.threads");
			/* The files are kept open: the next list is read from the beginning. */
			for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
				struct cgw_snapshot *snapshot;

				write_list(machine, procs, counts[i], 999999);
				snapshot = sample(machine);
				assert_number(snapshot, "/a", CGW_M_CGROUP_PROCS, CGW_OK,
					      counts[i]);
				assert_number(snapshot, "/a", CGW_M_CGROUP_THREADS, CGW_OK,
					      PROCESS_COUNT + 1);
				cgw_snapshot_unref(snapshot);
			}
			machine_free(machine);
		}
}

/* The only process that is in another group of one hierarchy is the last of the list. */
static void test_split_processes_are_counted(void **state)
{
	for (size_t s = 0; s < ARRAY_SIZE(read_sizes); s++) {
		struct machine *machine = machine_new(tree_machine_v1);
		struct cgw_snapshot *snapshot;

		write_list(machine, "cgroup/memory/a/cgroup.procs", PROCESS_COUNT, 999998);
		write_list(machine, "cgroup/pids/a/cgroup.procs", PROCESS_COUNT, 999999);
		read_max = read_sizes[s];
		open_with_short_reads(machine, "cgroup.split_processes");
		snapshot = sample(machine);
		assert_number(snapshot, "/a", CGW_M_CGROUP_SPLIT_PROCESSES, CGW_OK, 2);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

/* Files of keys and values are no different: memory.stat of some kernels exceeds a page. */
static void test_last_key_is_read(void **state)
{
	for (size_t s = 0; s < ARRAY_SIZE(read_sizes); s++) {
		struct machine *machine = machine_new(tree_machine_v2);
		struct cgw_snapshot *snapshot;
		char *text = malloc(16384);
		size_t used = 0;

		for (unsigned i = 0; i < 300; i++)
			used += (size_t)snprintf(text + used, 32, "unknown_key_%04u %u\n", i,
						 100000 + i);
		snprintf(text + used, 32, "anon 4242\n");
		tree_file(machine->dir, "cgroup/a/memory.stat", text);
		free(text);
		read_max = read_sizes[s];
		open_with_short_reads(machine, "memory.anon");
		snapshot = sample(machine);
		assert_number(snapshot, "/a", CGW_M_MEMORY_ANON, CGW_OK, 4242);
		cgw_snapshot_unref(snapshot);
		machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes_are_counted),
		cmocka_unit_test(test_split_processes_are_counted),
		cmocka_unit_test(test_last_key_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
