/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.c - benchmark of samples and of raw reads of the same files. Prints "NAME VALUE" lines.
 *
 *   bench sample files|bpf SET TICKS   CPU nanoseconds of the first sample and of a later one
 *   bench reads SET TICKS              CPU nanoseconds of reading the same files, open and by path
 *
 * SET is "four" (cpu, memory, io and pids, as systemd-cgtop shows them), "all" or the keys of
 * metrics, separated by commas.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static void print(const char *name, uint64_t value)
{
	printf("%s %llu\n", name, (unsigned long long)value);
}

/* Adds the metrics of a list of keys; false if it is none. */
static bool add_keys(struct cgw_metric_set *set, const char *list)
{
	char *copy = strdup(list), *rest = copy, *key;

	must(copy != NULL, "memory");
	while ((key = strsep(&rest, ",")) != NULL) {
		int metric = cgw_metric_find(key);

		if (metric < 0)
			break;
		cgw_metric_set_add(set, (enum cgw_metric)metric);
	}
	free(copy);
	return key == NULL;
}

static struct cgw_metric_set metric_set(const char *name)
{
	static const enum cgw_metric four[] = {CGW_M_CPU_USAGE, CGW_M_MEMORY_CURRENT,
					       CGW_M_IO_RBYTES, CGW_M_IO_WBYTES,
					       CGW_M_PIDS_CURRENT};
	struct cgw_metric_set set = {0};
	bool all = strcmp(name, "all") == 0;

	if (add_keys(&set, name))
		return set;
	for (size_t i = 0; i < sizeof(four) / sizeof(four[0]); i++)
		cgw_metric_set_add(&set, four[i]);
	/* Not what depends on the number of processes or of context switches. */
	for (size_t metric = 0; all && metric < cgw_metric_count(); metric++)
		if (cgw_metric_info((enum cgw_metric)metric)->cost < CGW_LIST)
			cgw_metric_set_add(&set, (enum cgw_metric)metric);
	return set;
}

static struct cgw_sampler *open_sampler(const struct cgw_layout *layout,
					enum cgw_collector_choice collector, const char *set)
{
	const struct cgw_sampler_options options = {.collector = collector};
	struct cgw_metric_set metrics = metric_set(set);
	struct cgw_sampler *sampler;
	struct cgw_diag diag = {0};

	must(cgw_sampler_new(layout, &options, &sampler, &diag) == 0, diag.text);
	must(cgw_sampler_set_metrics(sampler, &metrics) == 0, "metrics");
	return sampler;
}

static int compare_costs(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

/* Prints minimum and median: other processes on the machine can only add to the time. */
static void time_samples(const struct cgw_layout *layout, const char *how, const char *set,
			 unsigned ticks)
{
	bool bpf = strcmp(how, "bpf") == 0;
	uint64_t started = cpu_ns(), *costs = calloc(ticks + 1, sizeof(*costs));
	struct cgw_sampler *sampler =
		open_sampler(layout, bpf ? CGW_COLLECTOR_BPF : CGW_COLLECTOR_FILES, set);
	struct cgw_snapshot *snapshot;

	must(costs != NULL, "memory");
	print("load_ns", cpu_ns() - started);
	must(cgw_sampler_sample(sampler, &snapshot) == 0, "sample");
	print("first_sample_ns", cpu_ns() - started);
	for (unsigned tick = 0; tick < ticks; tick++) {
		cgw_snapshot_unref(snapshot);
		started = cpu_ns();
		must(cgw_sampler_sample(sampler, &snapshot) == 0, "sample");
		costs[tick] = cpu_ns() - started;
	}
	qsort(costs, ticks, sizeof(*costs), compare_costs);
	print("sample_ns", costs[0]);
	print("sample_median_ns", costs[ticks / 2]);
	free(costs);
	print("groups", cgw_snapshot_topology(snapshot)->count);
	printf("reason %s\n", cgw_sampler_collector_reason(sampler));
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
}

struct file_list {
	char **paths;
	int *fds;
	size_t count;
};

static bool is_listed(const bool *done, const struct cgw_snapshot *snapshot, int metric)
{
	const struct cgw_source *source = cgw_snapshot_source(snapshot, (enum cgw_metric)metric);

	for (int other = 0; other < metric; other++) {
		const struct cgw_source *before =
			cgw_snapshot_source(snapshot, (enum cgw_metric)other);

		if (done[other] && before != NULL && before->controller == source->controller &&
		    strcmp(before->file, source->file) == 0)
			return true;
	}
	return false;
}

/* Adds the files of a metric, one per group that has it. */
static void add_files(struct file_list *files, const struct cgw_layout *layout,
		      const struct cgw_snapshot *snapshot, int metric)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(snapshot);
	const struct cgw_source *source = cgw_snapshot_source(snapshot, (enum cgw_metric)metric);
	int hierarchy = source->controller == CGW_CORE
				? cgw_layout_find_v2(layout)
				: cgw_layout_find(layout, (enum cgw_controller)source->controller);

	for (uint32_t i = 0; hierarchy >= 0 && i < topology->count; i++) {
		char path[4096], *full;

		if (!(topology->present[i] & UINT32_C(1) << hierarchy))
			continue;
		(void)cgw_topology_path(topology, i, path, sizeof(path));
		must(asprintf(&full, "%s%s/%s", layout->hierarchies[hierarchy].mountpoint, path,
			      source->file) > 0,
		     "memory");
		if (access(full, R_OK) < 0) {
			free(full);
			continue;
		}
		files->paths = reallocarray(files->paths, files->count + 1, sizeof(char *));
		must(files->paths != NULL, "memory");
		files->paths[files->count++] = full;
	}
}

static void list_files(struct file_list *files, const struct cgw_layout *layout, const char *set)
{
	struct cgw_sampler *sampler = open_sampler(layout, CGW_COLLECTOR_FILES, set);
	struct cgw_metric_set metrics = metric_set(set);
	bool done[METRIC_CAPACITY] = {false};
	struct cgw_snapshot *snapshot;

	must(cgw_sampler_sample(sampler, &snapshot) == 0, "sample");
	for (size_t metric = 0; metric < cgw_metric_count(); metric++) {
		const struct cgw_source *source =
			cgw_snapshot_source(snapshot, (enum cgw_metric)metric);

		if (!cgw_metric_set_has(&metrics, (enum cgw_metric)metric) || source == NULL ||
		    strchr(source->file, '*') != NULL)
			continue;
		if (!is_listed(done, snapshot, metric))
			add_files(files, layout, snapshot, metric);
		done[metric] = true;
	}
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler); /* frees descriptors for open_files() */
}

/* Opens as many as the limit allows; the others are opened for each read, as in the sampler. */
static size_t open_files(struct file_list *files)
{
	struct rlimit limit;
	size_t count = 0;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	files->fds = calloc(files->count + 1, sizeof(int));
	must(files->fds != NULL, "memory");
	for (size_t i = 0; i < files->count; i++) {
		files->fds[i] = count + 128 < limit.rlim_cur
					? open(files->paths[i], O_RDONLY | O_CLOEXEC)
					: -1;
		count += files->fds[i] >= 0;
	}
	return count;
}

static void read_all(const struct file_list *files, bool use_open)
{
	static char buffer[65536];

	for (size_t i = 0; i < files->count; i++) {
		int fd = use_open ? files->fds[i] : -1;

		if (fd < 0)
			fd = open(files->paths[i], O_RDONLY | O_CLOEXEC);
		(void)!pread(fd, buffer, sizeof(buffer) - 1, 0);
		if (!use_open || files->fds[i] < 0)
			close(fd);
	}
}

static uint64_t time_reads(const struct file_list *files, bool use_open, unsigned ticks)
{
	uint64_t least = UINT64_MAX;

	for (unsigned tick = 0; tick < ticks; tick++) {
		uint64_t started = cpu_ns(), cost;

		read_all(files, use_open);
		cost = cpu_ns() - started;
		least = cost < least ? cost : least;
	}
	return least;
}

static void time_files(const struct cgw_layout *layout, const char *set, unsigned ticks)
{
	struct file_list files = {0};

	list_files(&files, layout, set);
	print("files", files.count);
	print("files_open", open_files(&files));
	print("pread_ns", time_reads(&files, true, ticks));
	print("open_read_close_ns", time_reads(&files, false, ticks));
	for (size_t i = 0; i < files.count; i++) {
		if (files.fds[i] >= 0)
			close(files.fds[i]);
		free(files.paths[i]);
	}
	free(files.paths);
	free(files.fds);
}

int main(int argc, char **argv)
{
	struct cgw_layout *layout;
	struct cgw_diag diag = {0};

	(void)cgw_sampler_raise_descriptors();
	must(argc >= 4, "usage: bench sample files|bpf SET TICKS, or bench reads SET TICKS");
	must(cgw_layout_open(NULL, &layout, &diag) == 0, diag.text);
	if (strcmp(argv[1], "sample") == 0 && argc == 5)
		time_samples(layout, argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	else
		time_files(layout, argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	cgw_layout_free(layout);
	return 0;
}
