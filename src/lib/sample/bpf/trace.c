/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace.c - what the tasks of each group did: attaches the programs and reads their maps. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/sample/bpf/bpf-syscall.h"
#include "lib/sample/bpf/trace-removed.h"
#include "lib/sample/bpf/trace-sums.h"
#include "lib/sample/bpf/trace.h"

/* The most that a set in programs has. */
#define PROGRAM_MAX 6
#define MAP_MAX     5

/* The kernel's verifier returns EAGAIN if a signal is pending. */
#define ATTEMPT_MAX 5
/* Records of at most so many groups. */
#define CAPACITY_MAX (UINT32_C(1) << 20)

static const struct {
	const char *name;
	const struct bpf_loader *loader;
	unsigned minor; /* of Linux 6, the oldest kernel that it works with */
	bool own_only;  /* values of a group do not include those of descendants */
} sets[TRACE_SET_COUNT] = {
	/*
	 * Before Linux 6.4 the kernel allocates a task's storage with an allocator that must not be
	 * called while a run queue is locked.
	 */
	[TRACE_SET_RUN_DELAY] = {"run delay", &bpf_loader_run_delay, 4, false},
	[TRACE_SET_IO_WAIT] = {"IO wait", &bpf_loader_io_wait, 4, false},
	/* bpf_rdonly_cast() */
	[TRACE_SET_RECLAIM] = {"reclaim", &bpf_loader_reclaim, 2, false},
	[TRACE_SET_RECLAIM_ALONE] = {"reclaim alone", &bpf_loader_reclaim_alone, 2, false},
	[TRACE_SET_IO_QUEUE] = {"IO queue", &bpf_loader_io_queue, 2, false},
	[TRACE_SET_IO_DEVICE] = {"IO device", &bpf_loader_io_device, 2, false},
	/* sock_send_length and sock_recv_length */
	[TRACE_SET_SOCKET] = {"sockets", &bpf_loader_socket, 3, false},
	[TRACE_SET_CPU_BURST] = {"CPU bursts", &bpf_loader_cpu_burst, 2, false},
	[TRACE_SET_QUOTA] = {"CPU limits", &bpf_loader_quota, 2, true},
	[TRACE_SET_RUNNABLE] = {"runnable tasks", &bpf_loader_runnable, 4, false},
};

/* Attached programs; a trace replaces them by those with a larger map. */
struct programs {
	int programs[PROGRAM_MAX];
	int links[PROGRAM_MAX];
	int groups, pairs; /* maps */
	struct trace_control *control;
	uint32_t capacity;
};

struct trace {
	enum trace_set set;
	uint64_t hierarchy;
	unsigned details;
	struct programs programs;
	uint64_t *ids; /* as read, in the order of the kernel's map */
	struct trace_group *records;
	struct trace_sums before, now; /* at the last two reads */
	struct trace_removed removed;
	struct trace_dropped *dropped; /* after the last read */
	size_t dropped_count, dropped_size;
	struct trace_pair *pairs; /* as read; NULL without TRACE_TAKERS */
	uint64_t *pair_ns;
	struct trace_taker *takers;
	size_t taker_count;
	uint64_t lost;          /* at the last read */
	uint64_t missed;        /* the same: events for which the kernel did not run a program, */
	uint64_t missed_before; /* of which those of replaced programs */
};

static size_t control_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void programs_close(struct programs *programs)
{
	for (size_t i = 0; i < PROGRAM_MAX; i++) {
		if (programs->links[i] >= 0)
			close(programs->links[i]);
		if (programs->programs[i] >= 0)
			close(programs->programs[i]);
	}
	if (programs->groups >= 0)
		close(programs->groups);
	if (programs->pairs >= 0)
		close(programs->pairs);
	if (programs->control != NULL)
		(void)munmap(programs->control, control_bytes());
}

static struct programs programs_none(uint32_t capacity)
{
	struct programs programs = {.groups = -1, .pairs = -1, .capacity = capacity};

	memset(programs.links, 0xff, sizeof(programs.links));
	memset(programs.programs, 0xff, sizeof(programs.programs));
	return programs;
}

struct trace *trace_close(struct trace *trace)
{
	if (trace == NULL)
		return NULL;
	programs_close(&trace->programs);
	free(trace->ids);
	free(trace->records);
	free(trace->pairs);
	free(trace->pair_ns);
	free(trace->takers);
	trace_sums_done(&trace->before);
	trace_sums_done(&trace->now);
	trace_removed_done(&trace->removed);
	free(trace->dropped);
	free(trace);
	return NULL;
}

static bool is_kernel_since(unsigned minor)
{
	struct utsname name;
	unsigned major = 0, is = 0;

	/* NOLINTNEXTLINE(cert-err34-c): kernel versions fit */
	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &is) != 2)
		return false;
	return major > 6 || (major == 6 && is >= minor);
}

static uint64_t counted_hierarchy(const struct cgw_hierarchy *hierarchy)
{
	/* Controllers that are mounted together have the same groups. */
	static const struct {
		enum cgw_controller controller;
		enum trace_hierarchy counted;
	} controllers[] = {{CGW_CPU, TRACE_CPU},
			   {CGW_CPUACCT, TRACE_CPUACCT},
			   {CGW_MEMORY, TRACE_MEMORY},
			   {CGW_IO, TRACE_IO}};

	for (size_t i = 0; i < ARRAY_SIZE(controllers) && hierarchy->version == 1; i++)
		if (hierarchy->controllers & CGW_CONTROLLER_BIT(controllers[i].controller))
			return controllers[i].counted;
	return TRACE_V2;
}

static int attach(const struct trace *trace, struct programs *to, const struct bpf_map_slot *maps,
		  size_t record_count)
{
	const struct bpf_loader *loader = sets[trace->set].loader;
	int r = 0;

	for (size_t i = 0; i < loader->map_count; i++) {
		const char *name = loader->maps[i].name;

		if (strcmp(name, "trace_groups") == 0)
			to->groups = fcntl(maps[i].fd, F_DUPFD_CLOEXEC, 0);
		if (strcmp(name, "trace_pairs") == 0)
			to->pairs = fcntl(maps[i].fd, F_DUPFD_CLOEXEC, 0);
		if (strcmp(name, "trace_control") == 0) {
			void *bytes = mmap(NULL, control_bytes(), PROT_READ | PROT_WRITE,
					   MAP_SHARED, maps[i].fd, 0);

			if (bytes == MAP_FAILED)
				return -errno;
			to->control = bytes;
		}
	}
	if (to->groups < 0 || to->control == NULL)
		return -EBADF;
	if (trace->programs.control != NULL)
		*to->control = *trace->programs.control;
	to->control->hierarchy = trace->hierarchy;
	to->control->details = trace->details;
	to->control->epoch += to->control->epoch == 0;
	for (size_t i = 0; i < record_count && r == 0; i++) {
		/* The new programs do not know which tasks are counted. */
		trace->records[i].runnable = 0;
		r = bpf_map_add(to->groups, &trace->ids[i], &trace->records[i]);
	}
	for (size_t i = 0; i < loader->program_count && r == 0; i++) {
		to->links[i] = bpf_attach_tracepoint(to->programs[i]);
		r = to->links[i] < 0 ? to->links[i] : 0;
	}
	return r;
}

static uint32_t map_entries(const struct trace *trace, uint32_t capacity, const char *name)
{
	if (strcmp(name, "trace_groups") == 0)
		return capacity;
	if (!(trace->details & TRACE_TAKERS))
		return 0;
	if (strcmp(name, "trace_pairs") == 0)
		return capacity;
	return strcmp(name, "trace_cpus") == 0 ? bpf_possible_cpus() : 0;
}

/* Loads and attaches the programs, with the records of the previous ones. */
static int load(const struct trace *trace, size_t record_count, struct programs *to)
{
	const struct bpf_loader *loader = sets[trace->set].loader;
	struct bpf_map_slot maps[MAP_MAX] = {0};
	int r = -EAGAIN;

	if (loader->map_count > MAP_MAX || loader->program_count > PROGRAM_MAX)
		return -E2BIG;
	for (size_t i = 0; i < loader->map_count; i++)
		maps[i].entries = map_entries(trace, to->capacity, loader->maps[i].name);
	for (int attempt = 0; attempt < ATTEMPT_MAX && r == -EAGAIN; attempt++)
		r = bpf_run_loader(loader, maps, to->programs);
	if (r < 0)
		return r;
	r = attach(trace, to, maps, record_count);
	/* The links and mappings keep what they need. */
	for (size_t i = 0; i < loader->map_count; i++)
		close(maps[i].fd);
	return r;
}

/*
 * From Linux 7.0 on, a task can be preempted while it runs a program at a tracepoint; another
 * task on the same CPU then does not run it. Interrupts do the same at some tracepoints of all
 * kernels.
 */
static uint64_t count_missed(const struct programs *programs)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < PROGRAM_MAX; i++)
		if (programs->programs[i] >= 0)
			missed += bpf_program_missed(programs->programs[i]);
	return missed;
}

static int allocate(struct trace *trace, uint32_t capacity)
{
	bool takers = trace->details & TRACE_TAKERS;
	void *ids = calloc(capacity, sizeof(*trace->ids));
	void *records = calloc(capacity, sizeof(*trace->records));
	void *pairs = takers ? calloc(capacity, sizeof(*trace->pairs)) : NULL;
	void *pair_ns = takers ? calloc(capacity, sizeof(*trace->pair_ns)) : NULL;
	void *list = takers ? calloc(capacity, sizeof(*trace->takers)) : NULL;

	if (ids == NULL || records == NULL ||
	    (takers && (pairs == NULL || pair_ns == NULL || list == NULL))) {
		free(ids);
		free(records);
		free(pairs);
		free(pair_ns);
		free(list);
		return -ENOMEM;
	}
	free(trace->ids);
	free(trace->records);
	free(trace->pairs);
	free(trace->pair_ns);
	free(trace->takers);
	trace->ids = ids;
	trace->records = records;
	trace->pairs = pairs;
	trace->pair_ns = pair_ns;
	trace->takers = list;
	trace->taker_count = 0;
	return 0;
}

int trace_open(enum trace_set set, const struct cgw_hierarchy *hierarchy, uint32_t capacity,
	       unsigned details, struct trace **ret_trace, struct cgw_diag *diag)
{
	struct trace *trace;
	int r;

	if (!is_kernel_since(sets[set].minor))
		return cgw_diag_set(diag, -EOPNOTSUPP, "requires Linux 6.%u", sets[set].minor);
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
	trace = calloc(1, sizeof(*trace));
	if (trace == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	trace->set = set;
	trace->details = details;
	trace->before.own_only = trace->now.own_only = sets[set].own_only;
	trace->hierarchy = counted_hierarchy(hierarchy);
	trace->programs = programs_none(capacity);
	r = allocate(trace, capacity);
	if (r == 0)
		r = load(trace, 0, &trace->programs);
	DEBUG(CGW_DEBUG_BPF, "programs of the %s: %s", sets[set].name,
	      r == 0 ? "attached" : strerror(-r));
	if (r == 0) {
		*ret_trace = trace;
		return 0;
	}
	trace_close(trace);
	if (r == -EPERM)
		return cgw_diag_set(
			diag, r, "loading BPF programs requires CAP_BPF and CAP_PERFMON, or root");
	return cgw_diag_set(diag, r == -ENOMEM ? r : -EOPNOTSUPP,
			    "cannot attach the BPF programs: %s", strerror(-r));
}

static void read_takers(struct trace *trace)
{
	int count;

	trace->taker_count = 0;
	if (trace->pairs == NULL || trace->programs.pairs < 0)
		return;
	count = bpf_map_read_out(trace->programs.pairs, trace->programs.capacity, trace->pairs,
				 trace->pair_ns);
	for (int i = 0; i < count; i++)
		trace->takers[i] = (struct trace_taker){trace->pairs[i], trace->pair_ns[i]};
	trace->taker_count = count > 0 ? (size_t)count : 0;
}

/*
 * Replaces programs whose map of groups is full by others with twice as much room. What is counted
 * in between is lost, as it was in the full map.
 */
static void grow(struct trace *trace, size_t record_count)
{
	uint32_t capacity = trace->programs.capacity * 2;
	struct programs larger = programs_none(capacity);
	int r = capacity <= CAPACITY_MAX ? load(trace, record_count, &larger) : -E2BIG;

	if (r == 0)
		r = allocate(trace, capacity);
	DEBUG(CGW_DEBUG_BPF, "programs of the %s: %zu groups, %s", sets[trace->set].name,
	      record_count, r == 0 ? "attached again for more" : strerror(-r));
	if (r < 0) {
		programs_close(&larger);
		return;
	}
	trace->missed_before += count_missed(&trace->programs);
	programs_close(&trace->programs);
	trace->programs = larger;
}

/* Returns the number of records. */
static size_t add_parents(struct trace *trace, size_t count)
{
	size_t all = trace_sums_add_parents(trace->dropped, trace->dropped_count, trace->ids,
					    trace->records, count, trace->programs.capacity);

	/* A program may have added it meanwhile. */
	for (size_t i = count; i < all; i++)
		(void)bpf_map_add(trace->programs.groups, &trace->ids[i], &trace->records[i]);
	return all;
}

int trace_read(struct trace *trace)
{
	uint64_t epoch = trace->programs.control->epoch;
	struct trace_sums now = trace->before;
	uint64_t lost;
	int count, r;

	/* The programs write the longest waits of the next interval to the other slot. */
	__atomic_store_n(&trace->programs.control->epoch, epoch + 1, __ATOMIC_RELEASE);
	count = bpf_map_read(trace->programs.groups, trace->programs.capacity, trace->ids,
			     trace->records);
	if (count < 0) {
		DEBUG(CGW_DEBUG_BPF, "cannot read the records of the %s: %s", sets[trace->set].name,
		      strerror(-count));
		return count;
	}
	count = (int)add_parents(trace, (size_t)count);
	r = trace_sums_set(&now, trace->ids, trace->records, (size_t)count, epoch);
	for (size_t i = 0; i < trace->removed.count && r == 0; i++)
		trace_sums_add(&now, trace->removed.items[i].id, &trace->removed.items[i].record,
			       epoch);
	trace->before = r < 0 ? now : trace->now;
	trace->now = r < 0 ? trace->now : now;
	read_takers(trace);
	/* A group that does not fit with all its ancestors leaves some room. */
	lost = __atomic_load_n(&trace->programs.control->lost, __ATOMIC_RELAXED);
	trace->missed = trace->missed_before + count_missed(&trace->programs);
	if (lost > trace->lost && (uint32_t)count > trace->programs.capacity / 2)
		grow(trace, (size_t)count);
	trace->lost = lost;
	return r;
}

void trace_keep(struct trace *trace, uint64_t id)
{
	trace_sums_keep(&trace->now, id);
}

int trace_drop_others(struct trace *trace)
{
	size_t count = 0;

	trace->dropped_count = 0;
	trace_sums_keep_changed(&trace->now, &trace->before);
	for (size_t i = 0; i < trace->now.count; i++) {
		const struct trace_sum *sum = &trace->now.items[i];
		const struct trace_sum *heir = trace_sums_heir(&trace->now, sum);
		struct trace_group record;

		if (heir == NULL)
			continue;
		if (trace_removed_reserve(&trace->removed) < 0 ||
		    ARRAY_RESERVE(trace->dropped, trace->dropped_size, count + 1) < 0)
			return -ENOMEM;
		if (bpf_map_take(trace->programs.groups, &sum->id, &record) < 0)
			continue;
		trace->dropped[count++] = (struct trace_dropped){sum->id, sum->parent_id, false};
		trace->dropped_count = count;
		if (trace->now.own_only)
			continue;
		trace_removed_add(&trace->removed, heir->id, &record);
		if (trace_removed_take(&trace->removed, sum->id, &record))
			trace_removed_add(&trace->removed, heir->id, &record);
	}
	if (count > 0)
		DEBUG(CGW_DEBUG_BPF, "programs of the %s: dropped the records of %zu groups",
		      sets[trace->set].name, count);
	return 0;
}

bool trace_waits(const struct trace *trace, uint64_t id, struct trace_waits *ret_waits)
{
	const struct trace_sum *sum = trace_sums_find(&trace->now, id);
	const struct trace_sum *before = trace_sums_find(&trace->before, id);

	*ret_waits = (struct trace_waits){0};
	if (sum == NULL)
		return trace->lost == 0;
	*ret_waits = (struct trace_waits){
		.waited_ns = sum->waited_ns,
		.part_ns = sum->part_ns,
		.count = trace_sum_count(sum),
		.interval_ns = sum->waited_ns - (before != NULL ? before->waited_ns : 0),
		.interval_part_ns = sum->part_ns - (before != NULL ? before->part_ns : 0),
		.longest_ns = trace_sum_most(before, sum),
	};
	memcpy(ret_waits->counters, sum->counters, sizeof(sum->counters));
	return true;
}

bool trace_parent(const struct trace *trace, uint64_t id, uint64_t *ret_parent_id)
{
	const struct trace_sum *sum = trace_sums_find(&trace->now, id);

	if (sum != NULL)
		*ret_parent_id = sum->parent_id;
	return sum != NULL;
}

bool trace_percentile_ns(const struct trace *trace, uint64_t id, unsigned percent, uint64_t *ret_ns)
{
	const struct trace_sum *sum = trace_sums_find(&trace->now, id);

	return sum != NULL &&
	       trace_percentile(trace_sums_find(&trace->before, id), sum, percent, ret_ns);
}

struct trace_histogram trace_histogram(const struct trace *trace, uint64_t id)
{
	const struct trace_sum *sum = trace_sums_find(&trace->now, id);
	struct trace_histogram histogram = {0};

	for (size_t i = 0; i < TRACE_BOUND_COUNT && sum != NULL; i++)
		histogram.up_to[i] = trace_sum_up_to(sum, i);
	histogram.sum_ns = sum != NULL ? sum->waited_ns : 0;
	return histogram;
}

uint64_t trace_lost(const struct trace *trace)
{
	return trace->lost + trace->missed;
}

uint64_t trace_unknown(const struct trace *trace)
{
	return __atomic_load_n(&trace->programs.control->unknown, __ATOMIC_RELAXED);
}

bool trace_knows_part(const struct trace *trace)
{
	return trace->programs.control->no_part == 0;
}

const struct trace_taker *trace_takers(const struct trace *trace, size_t *ret_count)
{
	*ret_count = trace->taker_count;
	return trace->takers;
}
