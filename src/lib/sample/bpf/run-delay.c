/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-delay.c - how long the tasks of each group waited for a CPU: attaches the programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/sample/bpf/bpf-syscall.h"
#include "lib/sample/bpf/run-delay-sums.h"
#include "lib/sample/bpf/run-delay.h"

/* As in programs/run-delay.bpf.c. */
#define PROGRAM_COUNT 4
#define MAP_COUNT     3

/* The kernel's verifier returns EAGAIN if a signal is pending. */
#define ATTEMPT_MAX 5
/* Attempts to read while no group is being removed. */
#define READ_MAX 8

struct run_delay {
	int links[PROGRAM_COUNT];
	int groups; /* map */
	struct run_delay_control *control;
	size_t control_bytes;
	uint32_t capacity;
	uint64_t *ids; /* as read, in the order of the kernel's map */
	struct run_delay_group *records;
	struct run_delay_sums before, now; /* at the last two reads */
};

struct run_delay *run_delay_close(struct run_delay *run_delay)
{
	if (run_delay == NULL)
		return NULL;
	for (size_t i = 0; i < PROGRAM_COUNT; i++)
		if (run_delay->links[i] >= 0)
			close(run_delay->links[i]);
	if (run_delay->groups >= 0)
		close(run_delay->groups);
	if (run_delay->control != NULL)
		(void)munmap(run_delay->control, run_delay->control_bytes);
	free(run_delay->ids);
	free(run_delay->records);
	run_delay_sums_done(&run_delay->before);
	run_delay_sums_done(&run_delay->now);
	free(run_delay);
	return NULL;
}

/*
 * Before Linux 6.4 the kernel allocates a task's storage with an allocator that must not be called
 * while a run queue is locked.
 */
static bool has_safe_task_storage(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	/* NOLINTNEXTLINE(cert-err34-c): kernel versions fit */
	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 4);
}

static int map_control(struct run_delay *run_delay, int map)
{
	void *bytes;

	run_delay->control_bytes = (size_t)sysconf(_SC_PAGESIZE);
	bytes = mmap(NULL, run_delay->control_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	run_delay->control = bytes;
	return 0;
}

static uint64_t counted_hierarchy(const struct cgw_hierarchy *hierarchy)
{
	if (hierarchy->version == 2)
		return RUN_DELAY_V2;
	return hierarchy->controllers & CGW_CONTROLLER_BIT(CGW_CPU) ? RUN_DELAY_CPU
								    : RUN_DELAY_CPUACCT;
}

static int attach(struct run_delay *run_delay, const struct cgw_hierarchy *hierarchy,
		  const struct bpf_map_slot *maps, const int *programs)
{
	const struct bpf_loader *loader = &bpf_loader_run_delay;
	int r = -ENOENT;

	for (size_t i = 0; i < loader->map_count; i++)
		if (strcmp(loader->maps[i].name, "run_delays") == 0)
			run_delay->groups = fcntl(maps[i].fd, F_DUPFD_CLOEXEC, 0);
		else if (strcmp(loader->maps[i].name, "run_delay_control") == 0)
			r = map_control(run_delay, maps[i].fd);
	if (run_delay->groups < 0)
		return -errno;
	if (r < 0)
		return r;
	run_delay->control->hierarchy = counted_hierarchy(hierarchy);
	run_delay->control->epoch = 1;
	for (size_t i = 0; i < loader->program_count; i++) {
		run_delay->links[i] = bpf_attach_tracepoint(programs[i]);
		if (run_delay->links[i] < 0)
			return run_delay->links[i];
	}
	return 0;
}

static int load(struct run_delay *run_delay, const struct cgw_hierarchy *hierarchy)
{
	const struct bpf_loader *loader = &bpf_loader_run_delay;
	struct bpf_map_slot maps[MAP_COUNT] = {0};
	int programs[PROGRAM_COUNT] = {0}, r = -EAGAIN;

	if (loader->map_count > MAP_COUNT || loader->program_count > PROGRAM_COUNT)
		return -E2BIG;
	for (size_t i = 0; i < loader->map_count; i++)
		if (strcmp(loader->maps[i].name, "run_delays") == 0)
			maps[i].entries = run_delay->capacity;
	for (int attempt = 0; attempt < ATTEMPT_MAX && r == -EAGAIN; attempt++)
		r = bpf_run_loader(loader, maps, programs);
	if (r < 0)
		return r;
	r = attach(run_delay, hierarchy, maps, programs);
	/* The links and mappings keep what they need. */
	for (size_t i = 0; i < loader->map_count; i++)
		close(maps[i].fd);
	for (size_t i = 0; i < loader->program_count; i++)
		close(programs[i]);
	return r;
}

static int allocate(uint32_t capacity, struct run_delay **ret_run_delay)
{
	struct run_delay *run_delay = calloc(1, sizeof(*run_delay));

	if (run_delay == NULL)
		return -ENOMEM;
	memset(run_delay->links, 0xff, sizeof(run_delay->links));
	run_delay->groups = -1;
	run_delay->capacity = capacity;
	run_delay->ids = calloc(capacity, sizeof(*run_delay->ids));
	run_delay->records = calloc(capacity, sizeof(*run_delay->records));
	if (run_delay->ids == NULL || run_delay->records == NULL) {
		run_delay_close(run_delay);
		return -ENOMEM;
	}
	*ret_run_delay = run_delay;
	return 0;
}

int run_delay_open(const struct cgw_hierarchy *hierarchy, uint32_t capacity,
		   struct run_delay **ret_run_delay, struct cgw_diag *diag)
{
	struct run_delay *run_delay;
	int r;

	if (!has_safe_task_storage())
		return cgw_diag_set(diag, -EOPNOTSUPP, "requires Linux 6.4");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
	r = allocate(capacity, &run_delay);
	if (r < 0)
		return cgw_diag_set(diag, r, "out of memory");
	r = load(run_delay, hierarchy);
	DEBUG(CGW_DEBUG_BPF, "programs of the run delay: %s", r == 0 ? "attached" : strerror(-r));
	if (r == 0) {
		*ret_run_delay = run_delay;
		return 0;
	}
	run_delay_close(run_delay);
	if (r == -EPERM)
		return cgw_diag_set(
			diag, r, "loading BPF programs requires CAP_BPF and CAP_PERFMON, or root");
	return cgw_diag_set(diag, r == -ENOMEM ? r : -EOPNOTSUPP,
			    "cannot attach the BPF programs: %s", strerror(-r));
}

/* Reads all records while no removed group is being added to its parent. */
static int read_records(struct run_delay *run_delay)
{
	for (size_t i = 0; i < READ_MAX; i++) {
		uint64_t before = __atomic_load_n(&run_delay->control->removals, __ATOMIC_ACQUIRE);
		int count = bpf_map_read(run_delay->groups, run_delay->capacity, run_delay->ids,
					 run_delay->records);

		if (count < 0)
			return count;
		if (before % 2 == 0 &&
		    before == __atomic_load_n(&run_delay->control->removals, __ATOMIC_ACQUIRE))
			return count;
	}
	return -EAGAIN;
}

int run_delay_read(struct run_delay *run_delay)
{
	uint64_t epoch = run_delay->control->epoch;
	struct run_delay_sums now = run_delay->before;
	int count, r;

	/* The programs write the longest waits of the next interval to the other slot. */
	__atomic_store_n(&run_delay->control->epoch, epoch + 1, __ATOMIC_RELEASE);
	count = read_records(run_delay);
	if (count < 0)
		return count;
	r = run_delay_sums_set(&now, run_delay->ids, run_delay->records, (size_t)count, epoch);
	run_delay->before = r < 0 ? now : run_delay->now;
	run_delay->now = r < 0 ? run_delay->now : now;
	return r;
}

bool run_delay_waited_ns(const struct run_delay *run_delay, uint64_t id, uint64_t *ret_ns)
{
	const struct run_delay_sum *sum = run_delay_sums_find(&run_delay->now, id);

	*ret_ns = sum != NULL ? sum->waited_ns : 0;
	return sum != NULL || run_delay_lost(run_delay) == 0;
}

bool run_delay_percentile_ns(const struct run_delay *run_delay, uint64_t id, unsigned percent,
			     uint64_t *ret_ns)
{
	const struct run_delay_sum *sum = run_delay_sums_find(&run_delay->now, id);

	return sum != NULL && run_delay_percentile(run_delay_sums_find(&run_delay->before, id), sum,
						   percent, ret_ns);
}

bool run_delay_longest_ns(const struct run_delay *run_delay, uint64_t id, uint64_t *ret_ns)
{
	const struct run_delay_sum *sum = run_delay_sums_find(&run_delay->now, id);

	if (sum == NULL || sum->longest_ns == 0)
		return false;
	*ret_ns = sum->longest_ns;
	return true;
}

uint64_t run_delay_lost(const struct run_delay *run_delay)
{
	return __atomic_load_n(&run_delay->control->lost, __ATOMIC_RELAXED);
}
