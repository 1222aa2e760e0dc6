/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.c - what a sample costs, beside the raw reads that it is made of.
 *
 *   bench TICKS    samples cpu, memory, io and pids of all groups TICKS times; prints "NAME VALUE"
 *                  lines: CPU nanoseconds a sample, and the same for the reads alone
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "kernel/ops.h"
#include <cgward/model.h>

static uint64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void must(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

/* The files that the sampler reads for the four metrics, by path. */
struct file_list {
	char **paths;
	int *fds;
	size_t count;
};

static void add_files(struct file_list *files, const struct cgw_layout *layout,
		      const struct cgw_snapshot *snapshot, enum cgw_metric metric)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);
	const struct cgw_source *source = cgw_snapshot_source(snapshot, metric);
	int hierarchy = -1;

	if (source == NULL)
		return;
	hierarchy = source->controller == CGW_CORE
			    ? cgw_layout_v2(layout)
			    : cgw_layout_find(layout, (enum cgw_controller)source->controller);
	for (uint32_t i = 0; hierarchy >= 0 && i < topology->count; i++) {
		char path[4096], *full;

		if (!(topology->present[i] & UINT32_C(1) << hierarchy))
			continue;
		(void)cgw_topology_path(topology, i, path, sizeof(path));
		must(asprintf(&full, "%s%s/%s", layout->hierarchies[hierarchy].mountpoint, path,
			      source->file) > 0,
		     "asprintf");
		if (access(full, R_OK) < 0) {
			free(full);
			continue;
		}
		files->paths = reallocarray(files->paths, files->count + 1, sizeof(char *));
		files->paths[files->count++] = full;
	}
}

static uint64_t time_preads(struct file_list *files, unsigned ticks)
{
	char buffer[65536];
	size_t held = 0;
	uint64_t started;

	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	files->fds = calloc(files->count, sizeof(int));
	for (size_t i = 0; i < files->count; i++) {
		files->fds[i] = held + 64 < limit.rlim_cur
					? open(files->paths[i], O_RDONLY | O_CLOEXEC)
					: -1;
		held += files->fds[i] >= 0;
	}
	started = cpu_ns();
	for (unsigned tick = 0; tick < ticks; tick++)
		for (size_t i = 0; i < files->count; i++) {
			int fd = files->fds[i];

			/* As the sampler does where descriptors run out. */
			if (fd < 0)
				fd = open(files->paths[i], O_RDONLY | O_CLOEXEC);
			(void)!pread(fd, buffer, sizeof(buffer) - 1, 0);
			if (files->fds[i] < 0)
				close(fd);
		}
	started = (cpu_ns() - started) / ticks;
	for (size_t i = 0; i < files->count; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
	printf("files_held %zu\n", held);
	return started;
}

static uint64_t time_opens(const struct file_list *files, unsigned ticks)
{
	char buffer[65536];
	uint64_t started = cpu_ns();

	for (unsigned tick = 0; tick < ticks; tick++)
		for (size_t i = 0; i < files->count; i++) {
			int fd = open(files->paths[i], O_RDONLY | O_CLOEXEC);

			(void)!pread(fd, buffer, sizeof(buffer) - 1, 0);
			close(fd);
		}
	return (cpu_ns() - started) / ticks;
}

static void time_model(struct cgw_frame *frame, struct cgw_snapshot *one, struct cgw_snapshot *two,
		       unsigned ticks)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(one);
	uint32_t *groups = calloc(topology->count, sizeof(*groups));
	struct cgw_order_scratch scratch = {0};
	struct cgw_field field;
	uint64_t started = cpu_ns();

	for (unsigned tick = 0; tick < ticks; tick++)
		(void)cgw_frame_update(frame, tick % 2 ? two : one);
	printf("frame_update_ns %llu\n", (unsigned long long)((cpu_ns() - started) / ticks));
	(void)cgw_field_parse("cpu", &field, NULL);
	started = cpu_ns();
	for (unsigned tick = 0; tick < ticks; tick++) {
		for (uint32_t i = 0; i < topology->count; i++)
			groups[i] = i;
		(void)cgw_order(frame, field, CGW_ORDER_TREE, groups, topology->count, &scratch);
	}
	printf("order_ns %llu\n", (unsigned long long)((cpu_ns() - started) / ticks));
	cgw_order_scratch_done(&scratch);
	free(groups);
}

int main(int argc, char **argv)
{
	unsigned ticks = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
	struct cgw_metric_set wanted = {0};
	struct cgw_snapshot *last = NULL, *snapshot = NULL;
	struct file_list files = {0};
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	uint64_t started;

	(void)cgw_sampler_raise_descriptors();
	must(cgw_layout_open(NULL, &layout, NULL) == 0, "layout");
	must(cgw_sampler_new(layout, NULL, &sampler, NULL) == 0, "sampler");
	cgw_metric_set_add(&wanted, CGW_M_CPU_USAGE);
	cgw_metric_set_add(&wanted, CGW_M_MEMORY_CURRENT);
	cgw_metric_set_add(&wanted, CGW_M_IO_RBYTES);
	cgw_metric_set_add(&wanted, CGW_M_IO_WBYTES);
	cgw_metric_set_add(&wanted, CGW_M_PIDS_CURRENT);
	must(cgw_sampler_want(sampler, &wanted) == 0, "want");
	started = cpu_ns();
	must(cgw_sampler_sample(sampler, &last) == 0, "sample");
	printf("first_sample_ns %llu\n", (unsigned long long)(cpu_ns() - started));
	started = cpu_ns();
	for (unsigned tick = 0; tick < ticks; tick++) {
		cgw_snapshot_unref(snapshot);
		must(cgw_sampler_sample(sampler, &snapshot) == 0, "sample");
	}
	printf("sample_ns %llu\n", (unsigned long long)((cpu_ns() - started) / ticks));
	printf("groups %u\n", cgw_snapshot_topology(snapshot)->count);
	must(cgw_frame_new(&frame) == 0, "frame");
	time_model(frame, last, snapshot, 20);
	cgw_frame_free(frame);
	add_files(&files, layout, snapshot, CGW_M_CPU_USAGE);
	add_files(&files, layout, snapshot, CGW_M_MEMORY_CURRENT);
	add_files(&files, layout, snapshot, CGW_M_IO_RBYTES);
	add_files(&files, layout, snapshot, CGW_M_PIDS_CURRENT);
	cgw_snapshot_unref(last);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler); /* its descriptors are wanted by the next */
	printf("files %zu\n", files.count);
	printf("pread_ns %llu\n", (unsigned long long)time_preads(&files, ticks));
	printf("open_read_close_ns %llu\n", (unsigned long long)time_opens(&files, ticks));
	cgw_layout_free(layout);
	for (size_t i = 0; i < files.count; i++)
		free(files.paths[i]);
	free(files.paths);
	free(files.fds);
	return 0;
}
