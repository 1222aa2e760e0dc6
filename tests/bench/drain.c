/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * drain.c - benchmark of a BPF walk into a hash map that is read entry by entry.
 *
 *   drain OBJECT DIRECTORY TICKS   CPU nanoseconds of a walk and its reads, minimum and median
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drain.h"

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
	fprintf(stderr, "drain: %s\n", what);
	exit(1);
}

static int compare_costs(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

static void walk(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t length;
	char byte;

	must(fd >= 0, "iterator");
	do
		length = read(fd, &byte, sizeof(byte));
	while (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR)));
	must(length == 0, "read");
	close(fd);
}

static uint64_t drain(int map, struct drain_record *records)
{
	uint64_t key, next, count = 0;
	const void *last = NULL;

	while (bpf_map_get_next_key(map, last, &next) == 0) {
		must(bpf_map_lookup_elem(map, &next, &records[count % DRAIN_MAX]) == 0, "lookup");
		count++;
		key = next;
		last = &key;
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct drain_record records[DRAIN_MAX];
	union bpf_iter_link_info info = {0};
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));
	unsigned long ticks = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	uint64_t *costs = calloc(ticks + 1, sizeof(*costs)), count = 0;
	struct bpf_object *object;
	struct bpf_link *link;
	int directory;

	must(ticks > 0 && costs != NULL, "usage: drain OBJECT DIRECTORY TICKS");
	object = bpf_object__open_file(argv[1], NULL);
	must(object != NULL && bpf_object__load(object) == 0, "load");
	directory = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(directory >= 0, argv[2]);
	info.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
	info.cgroup.cgroup_fd = (uint32_t)directory;
	link = bpf_program__attach_iter(bpf_object__find_program_by_name(object, "drain"),
					&options);
	must(link != NULL, "attach");
	for (unsigned long tick = 0; tick < ticks; tick++) {
		uint64_t started = cpu_ns();

		walk(link);
		count = drain(bpf_object__find_map_fd_by_name(object, "records"), records);
		costs[tick] = cpu_ns() - started;
	}
	qsort(costs, ticks, sizeof(*costs), compare_costs);
	printf("groups %llu\ndrain_ns %llu\ndrain_median_ns %llu\n", (unsigned long long)count,
	       (unsigned long long)costs[0], (unsigned long long)costs[ticks / 2]);
	free(costs);
	bpf_link__destroy(link);
	bpf_object__close(object);
	close(directory);
	return 0;
}
