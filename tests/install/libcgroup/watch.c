/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.c - docs/examples/watch.c with libcgroup: both versions, rates and limits by hand. */
#include <libcgroup.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns the number in a file, or that of a key in it; -1 if there is none or no limit. */
static long long number(const char *controller, const char *path, const char *file, const char *key)
{
	void *reading = NULL;
	char line[256], name[64];
	long long value = -1;
	int r = cgroup_read_value_begin(controller, path, (char *)file, &reading, line,
					sizeof(line));

	for (; r == 0; r = cgroup_read_value_next(&reading, line, sizeof(line))) {
		if (key == NULL && sscanf(line, "%lld", &value) == 1)
			break;
		if (key != NULL && sscanf(line, "%63s %lld", name, &value) == 2 &&
		    strcmp(name, key) == 0)
			break;
		value = -1;
	}
	if (reading != NULL)
		cgroup_read_value_end(&reading);
	return value;
}

/* Returns the lowest limit on the path to the root. */
static long long limit(const char *group, const char *file)
{
	char path[PATH_MAX], *slash = path;
	long long tightest = -1;

	for (snprintf(path, sizeof(path), "%s", group); slash != NULL;) {
		long long own = number("memory", path, file, NULL);

		if (own >= 0 && own < LLONG_MAX / 4096 * 4096 && (tightest < 0 || own < tightest))
			tightest = own;
		slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
	}
	return tightest;
}

static void print(long long value, double unit, const char *suffix, const char *end)
{
	if (value < 0)
		printf("-%s", end);
	else
		printf("%.1f%s%s", (double)value / unit, suffix, end);
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
	long long before = -1;
	int r = cgroup_init();

	if (argc < 2) {
		fprintf(stderr, "usage: watch GROUP [ROUNDS]\n");
		return 2;
	}
	if (r != 0) {
		fprintf(stderr, "watch: %s\n", cgroup_strerror(r));
		return 1;
	}
	printf("CPU\tWORKING SET\tMEM MAX\tPIDS\n");
	for (long round = 0; round < rounds; round++) {
		bool v2 = number("memory", argv[1], "memory.current", NULL) >= 0;
		long long used, memory, idle;

		if (round > 0)
			sleep(1);
		used = v2 ? 1000 * number("cpu", argv[1], "cpu.stat", "usage_usec")
			  : number("cpuacct", argv[1], "cpuacct.usage", NULL);
		memory = number("memory", argv[1], v2 ? "memory.current" : "memory.usage_in_bytes",
				NULL);
		idle = number("memory", argv[1], "memory.stat",
			      v2 ? "inactive_file" : "total_inactive_file");
		if (used < 0 || memory < 0) {
			fprintf(stderr, "watch: %s is gone\n", argv[1]);
			return 1;
		}
		print(before < 0 ? -1 : used - before, 1e7, "%", "\t");
		print(memory > idle ? memory - idle : 0, 1048576, "M", "\t");
		print(limit(argv[1], v2 ? "memory.max" : "memory.limit_in_bytes"), 1048576, "M",
		      "\t");
		printf("%lld\n", number("pids", argv[1], "pids.current", NULL));
		before = used;
	}
	return 0;
}
