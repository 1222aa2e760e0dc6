/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-events.c - descriptors by which the kernel tells of pressure and memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cmd/enforce/kernel-events.h"
#include "lib/base/cleanup.h"
#include "lib/metric/decode.h"

#define TRIGGERS_MAX 256
#define FOLLOW_NS    UINT64_C(10000000000)
#define WINDOW_US    500000 /* looked at by the kernel ten times */
#define LOOK_US      100000 /* where it will not: by us */
#define LOOKED_MAX   64

struct trigger;
typedef int open_trigger(struct trigger *trigger, int directory);

/* One kind of figure, and the file that tells of it. */
struct told {
	const char *key; /* of the figure, and of all that begin with it */
	const char *file;
	bool of_v1;
	bool by_bound; /* the kernel is told the bound of the term */
	bool before;   /* it tells before the figure says so */
	open_trigger *open;
};

struct trigger {
	struct triggers *triggers;
	const struct told *told; /* NULL: this one is free */
	sd_event_source *source; /* NULL: there is no bound now, or it is looked at */
	int looked_at;           /* where the kernel does not tell: the file, -1 else */
	uint64_t total_us;       /* of pressure, at the last look */
	unsigned resting; /* so many looks until it may hurry us again: the kernel waits as long */
	size_t section, term;
	size_t hierarchy;
	char *path; /* NULL: of the machine */
	uint64_t group_id;
	double bound; /* in the figure's unit; 0: there is none */
	bool full;    /* pressure: of all, not of some */
	bool of_rate; /* the term asks how fast the figure grows */
};

struct triggers {
	struct daemon *daemon;
	sd_event_source *look; /* from the first trigger on that is looked at */
	size_t looked_count;
	uint64_t followed_ns;
	struct trigger items[TRIGGERS_MAX];
};

/* Nothing is told of it any more. */
static void silence(struct trigger *trigger)
{
	trigger->source = sd_event_source_disable_unref(trigger->source);
	if (trigger->looked_at < 0)
		return;
	close(trigger->looked_at);
	trigger->looked_at = -1;
	trigger->triggers->looked_count--;
}

static void drop(struct trigger *trigger)
{
	silence(trigger);
	free(trigger->path);
	*trigger = (struct trigger){.triggers = trigger->triggers, .looked_at = -1};
}

static void hurry(const struct trigger *trigger)
{
	if (trigger->of_rate || trigger->told->before)
		daemon_wake_twice(trigger->triggers->daemon, HURRY_EVENT_NS);
	else
		daemon_wake(trigger->triggers->daemon, HURRY_EVENT_NS);
}

static bool is_gone(const struct trigger *trigger)
{
	return trigger->path != NULL &&
	       group_is_gone(trigger->triggers->daemon->layout, trigger->hierarchy, trigger->path,
			     trigger->group_id);
}

/* It came, or the group went: the kernel says both in the same way. */
static int on_told(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct trigger *trigger = context;
	uint64_t times;

	(void)source;
	hurry(trigger);
	if (trigger->told->of_v1 && read(fd, &times, sizeof(times)) < 0)
		events |= EPOLLERR;
	if ((events & EPOLLERR) || is_gone(trigger))
		drop(trigger);
	return 0;
}

static int add_source(struct trigger *trigger, int fd, uint32_t events)
{
	int r = sd_event_add_io(trigger->triggers->daemon->event, &trigger->source, fd, events,
				on_told, trigger);

	if (r >= 0)
		r = sd_event_source_set_io_fd_own(trigger->source, true);
	return r < 0 ? r : 0;
}

/* Of the time, by which tasks wait at the bound: averages are in percent, what grows in nanoseconds. */
static double pressure_share(const struct trigger *trigger)
{
	double share = trigger->bound / (trigger->of_rate ? 1e9 : 100);

	return share > 0 && share < 1 ? share : 0.15;
}

static int read_total(struct trigger *trigger, uint64_t *ret_total_us)
{
	const struct decode_request want = {
		.key = trigger->full ? "full.total" : "some.total",
		.key_length = strlen("some.total"),
		.scale = 1,
	};
	struct cgw_number total = {.state = CGW_ABSENT};
	char text[256];
	ssize_t length = pread(trigger->looked_at, text, sizeof(text) - 1, 0);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	(void)decode(CGW_FORMAT_PRESSURE, text, (size_t)length, &want, 1, &total, NULL);
	*ret_total_us = total.value;
	return total.state == CGW_OK ? 0 : -EBADMSG;
}

/* Half the bound, so that it comes before the average is there. */
static double pressure_us(const struct trigger *trigger, unsigned window_us)
{
	return pressure_share(trigger) / 2 * window_us + 1;
}

static void look_at(struct trigger *trigger)
{
	uint64_t total_us = 0;

	if (read_total(trigger, &total_us) < 0) {
		drop(trigger);
		return;
	}
	if (trigger->resting > 0) {
		trigger->resting--;
	} else if ((double)(total_us - trigger->total_us) >= pressure_us(trigger, LOOK_US)) {
		hurry(trigger);
		trigger->resting = WINDOW_US / LOOK_US - 1;
	}
	trigger->total_us = total_us;
}

static int on_look(sd_event_source *source, uint64_t usec, void *context)
{
	struct triggers *triggers = context;

	(void)usec;
	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		if (triggers->items[i].looked_at >= 0)
			look_at(&triggers->items[i]);
	if (triggers->looked_count == 0) {
		triggers->look = sd_event_source_disable_unref(triggers->look);
		return 0;
	}
	(void)sd_event_source_set_time_relative(source, LOOK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Takes the descriptor over. */
static int start_looking(struct trigger *trigger, int fd)
{
	struct triggers *triggers = trigger->triggers;
	int r = triggers->looked_count < LOOKED_MAX ? 0 : -ENOSPC;

	if (r == 0 && triggers->look == NULL)
		r = sd_event_add_time_relative(triggers->daemon->event, &triggers->look,
					       CLOCK_MONOTONIC, LOOK_US, LOOK_US / 10, on_look,
					       triggers);
	if (r < 0) {
		close(fd);
		return r;
	}
	trigger->looked_at = fd;
	triggers->looked_count++;
	return read_total(trigger, &trigger->total_us);
}

/* The kernel tells by windows as short as this with CAP_SYS_RESOURCE only, or by none at all without. */
static int open_pressure(struct trigger *trigger, int directory)
{
	CLEANUP(cleanup_close)
	int fd = openat(directory, trigger->told->file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char text[64];
	int length, r;

	length = snprintf(text, sizeof(text), "%s %.0f %u", trigger->full ? "full" : "some",
			  pressure_us(trigger, WINDOW_US), WINDOW_US);
	/* With its terminator: the kernel writes over the last byte. */
	if (fd < 0 || write(fd, text, (size_t)length + 1) < 0) {
		int looked_at = openat(directory, trigger->told->file, O_RDONLY | O_CLOEXEC);

		return looked_at < 0 ? -errno : start_looking(trigger, looked_at);
	}
	r = add_source(trigger, fd, EPOLLPRI);
	if (r == 0)
		(void)steal_fd(&fd); /* the source's now */
	return r;
}

/* "EVENTFD FILE [BOUND]" into cgroup.event_control. */
static int open_eventfd(struct trigger *trigger, int directory)
{
	CLEANUP(cleanup_close) int file = -1;
	CLEANUP(cleanup_close) int control = -1;
	char text[96];
	int fd, length, r;

	file = openat(directory, trigger->told->file, O_RDONLY | O_CLOEXEC);
	control = openat(directory, "cgroup.event_control", O_WRONLY | O_CLOEXEC);
	if (file < 0 || control < 0)
		return -errno;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = snprintf(text, sizeof(text), trigger->told->by_bound ? "%d %d %.0f" : "%d %d", fd,
			  file, trigger->bound);
	r = write(control, text, (size_t)length) < 0 ? -errno : add_source(trigger, fd, EPOLLIN);
	if (r < 0)
		close(fd);
	return r;
}

/*
 * The working set and its like are part of what is used: below a bound on usage none of them is above
 * it. A fail count rises, and a group is out of memory, where the kernel says so.
 */
static const struct told kinds[] = {
	{"memory.pressure.", "memory.pressure", false, true, false, open_pressure},
	{"cpu.pressure.", "cpu.pressure", false, true, false, open_pressure},
	{"io.pressure.", "io.pressure", false, true, false, open_pressure},
	{"memory.current", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.working_set", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.anon", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.events.oom", "memory.oom_control", true, false, true, open_eventfd},
};

/* What the machine is asked: the same files in /proc. */
static const struct told machine_kinds[] = {
	{"host.pressure.cpu.", "pressure/cpu", false, true, false, open_pressure},
	{"host.pressure.memory.", "pressure/memory", false, true, false, open_pressure},
	{"host.pressure.io.", "pressure/io", false, true, false, open_pressure},
};

static struct trigger *take_free(struct triggers *triggers)
{
	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		if (triggers->items[i].told == NULL)
			return &triggers->items[i];
	return NULL;
}

/* The bound of the trigger's term for its group now; 0 where it is none, or not known. */
static double bound_now(const struct trigger *trigger, uint32_t group)
{
	const struct daemon *daemon = trigger->triggers->daemon;
	const struct cgw_scope scope = {
		.frame = daemon->frame, .group = group, .facts = &daemon->facts};
	struct cgw_value value, bound = {.state = CGW_ABSENT};

	(void)cgw_expression_evaluate_term(
		cgw_policy_section(daemon->policy, trigger->section).when, trigger->term, &scope,
		&value, &bound);
	return bound.state == CGW_OK && bound.real > 0 ? bound.real : 0;
}

static void open_group_trigger(struct trigger *trigger)
{
	CLEANUP(cleanup_close) int directory = -1;

	if (trigger->told->by_bound && trigger->bound <= 0 && trigger->told->of_v1)
		return; /* nothing is above it */
	if (cgw_group_open(trigger->triggers->daemon->layout, trigger->hierarchy, trigger->path,
			   &directory, NULL) < 0 ||
	    trigger->told->open(trigger, directory) < 0)
		drop(trigger);
}

void triggers_add(struct triggers *triggers, size_t section, size_t term, uint32_t group,
		  const char *path)
{
	const struct daemon *daemon = triggers->daemon;
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(daemon->frame));
	struct cgw_term asked;
	char key[128];

	cgw_expression_term(cgw_policy_section(daemon->policy, section).when, term, &asked);
	if (asked.kind != CGW_TERM_FIELD)
		return;
	(void)cgw_field_key(asked.field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int hierarchy = kinds[i].of_v1 ? cgw_layout_find(daemon->layout, CGW_MEMORY)
					       : cgw_layout_find_v2(daemon->layout);
		struct trigger *trigger;

		if (strncmp(key, kinds[i].key, strlen(kinds[i].key)) != 0 || hierarchy < 0 ||
		    topology->id[hierarchy][group] == 0 ||
		    (kinds[i].of_v1 && hierarchy == cgw_layout_find_v2(daemon->layout)))
			continue;
		trigger = take_free(triggers);
		if (trigger == NULL)
			return;
		trigger->told = &kinds[i];
		trigger->section = section;
		trigger->term = term;
		trigger->hierarchy = (size_t)hierarchy;
		trigger->path = strdup(path);
		trigger->group_id = topology->id[hierarchy][group];
		trigger->full = strstr(key, ".full.") != NULL;
		trigger->of_rate = asked.field.view == CGW_VIEW_RATE;
		trigger->bound = kinds[i].by_bound ? bound_now(trigger, group) : 0;
		if (trigger->path == NULL)
			drop(trigger);
		else
			open_group_trigger(trigger);
		return;
	}
}

void triggers_follow(struct triggers *triggers)
{
	const struct daemon *daemon = triggers->daemon;
	uint64_t now_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(daemon->frame));

	if (now_ns - triggers->followed_ns < FOLLOW_NS)
		return;
	triggers->followed_ns = now_ns;
	for (size_t i = 0; i < TRIGGERS_MAX; i++) {
		struct trigger *trigger = &triggers->items[i];
		uint32_t group;
		double bound;

		if (trigger->told == NULL || trigger->path == NULL)
			continue;
		if (is_gone(trigger)) {
			drop(trigger);
			continue;
		}
		group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(daemon->frame)),
					  trigger->path);
		if (!trigger->told->by_bound || group == CGW_NO_GROUP)
			continue;
		bound = bound_now(trigger, group);
		if (bound >= trigger->bound && bound <= trigger->bound)
			continue;
		silence(trigger);
		trigger->bound = bound;
		open_group_trigger(trigger);
	}
}

static void add_of_machine(struct triggers *triggers, size_t section, size_t term,
			   const struct told *told)
{
	struct trigger *trigger = take_free(triggers);
	struct cgw_term asked;

	if (trigger == NULL)
		return;
	cgw_expression_term(cgw_policy_section(triggers->daemon->policy, section).when, term,
			    &asked);
	trigger->told = told;
	trigger->section = section;
	trigger->term = term;
	trigger->full = strstr(asked.key, ".full.") != NULL;
	if (told->open(trigger, triggers->daemon->layout->proc_fd) < 0)
		drop(trigger);
}

static void add_all_of_machine(struct triggers *triggers)
{
	const struct cgw_policy *policy = triggers->daemon->policy;

	for (size_t s = 0; s < cgw_policy_section_count(policy); s++) {
		const struct cgw_expression *when = cgw_policy_section(policy, s).when;

		for (size_t t = 0; when != NULL && t < cgw_expression_term_count(when); t++) {
			struct cgw_term term;

			cgw_expression_term(when, t, &term);
			for (size_t k = 0; k < ARRAY_SIZE(machine_kinds); k++)
				if (term.kind == CGW_TERM_HOST &&
				    strncmp(term.key, machine_kinds[k].key,
					    strlen(machine_kinds[k].key)) == 0)
					add_of_machine(triggers, s, t, &machine_kinds[k]);
		}
	}
}

int triggers_new(struct daemon *daemon, struct triggers **ret_triggers)
{
	struct triggers *triggers = calloc(1, sizeof(*triggers));

	if (triggers == NULL)
		return -ENOMEM;
	triggers->daemon = daemon;
	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		triggers->items[i] = (struct trigger){.triggers = triggers, .looked_at = -1};
	add_all_of_machine(triggers);
	*ret_triggers = triggers;
	return 0;
}

struct triggers *triggers_free(struct triggers *triggers)
{
	for (size_t i = 0; triggers != NULL && i < TRIGGERS_MAX; i++)
		drop(&triggers->items[i]);
	if (triggers != NULL)
		sd_event_source_disable_unref(triggers->look);
	free(triggers);
	return NULL;
}
