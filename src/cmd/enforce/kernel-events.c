/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-events.c - kernel notifications about pressure and memory. */
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
#include "lib/base/clock.h"
#include "lib/metric/decode.h"

#define TRIGGERS_MAX       256
#define UPDATE_INTERVAL_NS (10 * NS_PER_S)
#define WINDOW_US          500000 /* the kernel checks it ten times */
#define POLL_US            100000 /* interval without kernel triggers */
#define POLLED_MAX         64

struct trigger;
typedef int open_trigger(struct trigger *trigger, int directory);

/* A kind of metric and the file that signals it. */
struct event_kind {
	const char *key; /* prefix of the metrics' keys */
	const char *file;
	bool is_v1;
	bool has_threshold; /* the kernel needs a threshold */
	bool early;         /* signalled before the metric changes */
	open_trigger *open;
};

struct trigger {
	struct triggers *triggers;
	const struct event_kind *kind; /* NULL: unused */
	sd_event_source *source;       /* NULL: no threshold now, or polled */
	int poll_fd;                   /* the file, if polled; else -1 */
	uint64_t total_us;             /* pressure at the last poll */
	unsigned pause_polls; /* polls to skip after a wake-up, as the kernel limits its triggers */
	size_t section, term;
	size_t hierarchy;
	char *path; /* NULL: the whole machine */
	uint64_t group_id;
	double threshold; /* in the metric's unit; 0: none */
	bool full;        /* pressure: "full" instead of "some" */
	bool is_rate;     /* the term uses the metric's rate */
};

struct triggers {
	struct enforcement *enforcement;
	sd_event_source *poll_timer; /* NULL if nothing is polled */
	size_t polled_count;
	uint64_t updated_ns;
	struct trigger items[TRIGGERS_MAX];
};

static void stop_trigger(struct trigger *trigger)
{
	trigger->source = sd_event_source_disable_unref(trigger->source);
	if (trigger->poll_fd < 0)
		return;
	close(trigger->poll_fd);
	trigger->poll_fd = -1;
	trigger->triggers->polled_count--;
}

static void reset_trigger(struct trigger *trigger)
{
	stop_trigger(trigger);
	free(trigger->path);
	*trigger = (struct trigger){.triggers = trigger->triggers, .poll_fd = -1};
}

static void wake_daemon(const struct trigger *trigger)
{
	if (trigger->is_rate || trigger->kind->early)
		wakeup_request_twice(&trigger->triggers->enforcement->wakeup, WAKE_EVENT_DELAY_NS);
	else
		wakeup_request(&trigger->triggers->enforcement->wakeup, WAKE_EVENT_DELAY_NS);
}

static bool is_group_gone(const struct trigger *trigger)
{
	return trigger->path != NULL &&
	       group_is_gone(trigger->triggers->enforcement->layout, trigger->hierarchy,
			     trigger->path, trigger->group_id);
}

/* The kernel signals the event and the removal of the group in the same way. */
static int on_kernel_event(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct trigger *trigger = context;
	uint64_t times;

	wake_daemon(trigger);
	if (trigger->kind->is_v1 && read(fd, &times, sizeof(times)) < 0)
		events |= EPOLLERR;
	if ((events & EPOLLERR) || is_group_gone(trigger))
		reset_trigger(trigger);
	return 0;
}

static int add_source(struct trigger *trigger, int fd, uint32_t events)
{
	int r = sd_event_add_io(trigger->triggers->enforcement->event, &trigger->source, fd, events,
				on_kernel_event, trigger);

	if (r >= 0)
		r = sd_event_source_set_io_fd_own(trigger->source, true);
	return r < 0 ? r : 0;
}

/* The threshold as a share of time: averages are in percent, rates in nanoseconds per second. */
static double pressure_share(const struct trigger *trigger)
{
	double share = trigger->threshold / (trigger->is_rate ? 1e9 : 100);

	return share > 0 && share < 1 ? share : 0.15;
}

static int read_total(struct trigger *trigger, uint64_t *ret_total_us)
{
	const struct decode_request request = {
		.key = trigger->full ? "full.total" : "some.total",
		.key_length = strlen("some.total"),
		.scale = 1,
	};
	struct cgw_number total = {.state = CGW_ABSENT};
	char text[256];
	ssize_t length = pread(trigger->poll_fd, text, sizeof(text) - 1, 0);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	(void)decode(CGW_FORMAT_PRESSURE, text, (size_t)length, &request, 1, &total, NULL);
	*ret_total_us = total.value;
	return total.state == CGW_OK ? 0 : -EBADMSG;
}

/* Half the threshold, to be signalled before the average reaches it. */
static double pressure_us(const struct trigger *trigger, unsigned window_us)
{
	return pressure_share(trigger) / 2 * window_us + 1;
}

static void poll_trigger(struct trigger *trigger)
{
	uint64_t total_us = 0;

	if (read_total(trigger, &total_us) < 0) {
		reset_trigger(trigger);
		return;
	}
	if (trigger->pause_polls > 0) {
		trigger->pause_polls--;
	} else if ((double)(total_us - trigger->total_us) >= pressure_us(trigger, POLL_US)) {
		wake_daemon(trigger);
		trigger->pause_polls = WINDOW_US / POLL_US - 1;
	}
	trigger->total_us = total_us;
}

static int on_poll(sd_event_source *source, uint64_t usec, void *context)
{
	struct triggers *triggers = context;

	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		if (triggers->items[i].poll_fd >= 0)
			poll_trigger(&triggers->items[i]);
	if (triggers->polled_count == 0) {
		triggers->poll_timer = sd_event_source_disable_unref(triggers->poll_timer);
		return 0;
	}
	(void)sd_event_source_set_time_relative(source, POLL_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Takes ownership of the descriptor. */
static int start_polling(struct trigger *trigger, int fd)
{
	struct triggers *triggers = trigger->triggers;
	int r = triggers->polled_count < POLLED_MAX ? 0 : -ENOSPC;

	if (r == 0 && triggers->poll_timer == NULL)
		r = sd_event_add_time_relative(triggers->enforcement->event, &triggers->poll_timer,
					       CLOCK_MONOTONIC, POLL_US, POLL_US / 10, on_poll,
					       triggers);
	if (r < 0) {
		close(fd);
		return r;
	}
	trigger->poll_fd = fd;
	triggers->polled_count++;
	return read_total(trigger, &trigger->total_us);
}

/* Windows this short (any window on older kernels) require CAP_SYS_RESOURCE; else poll. */
static int open_pressure(struct trigger *trigger, int directory)
{
	CLEANUP(cleanup_close)
	int fd = openat(directory, trigger->kind->file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	char text[64];
	int length, r;

	length = snprintf(text, sizeof(text), "%s %.0f %u", trigger->full ? "full" : "some",
			  pressure_us(trigger, WINDOW_US), WINDOW_US);
	/* Include the terminator: the kernel overwrites the last byte. */
	if (fd < 0 || write(fd, text, (size_t)length + 1) < 0) {
		int poll_fd = openat(directory, trigger->kind->file, O_RDONLY | O_CLOEXEC);

		return poll_fd < 0 ? -errno : start_polling(trigger, poll_fd);
	}
	r = add_source(trigger, fd, EPOLLPRI);
	if (r == 0)
		steal_fd(&fd); /* now owned by the source */
	return r;
}

/* Writes "EVENTFD FILE [THRESHOLD]" to cgroup.event_control. */
static int open_eventfd(struct trigger *trigger, int directory)
{
	CLEANUP(cleanup_close) int file = -1;
	CLEANUP(cleanup_close) int control = -1;
	char text[96];
	int fd, length, r;

	file = openat(directory, trigger->kind->file, O_RDONLY | O_CLOEXEC);
	control = openat(directory, "cgroup.event_control", O_WRONLY | O_CLOEXEC);
	if (file < 0 || control < 0)
		return -errno;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = snprintf(text, sizeof(text), trigger->kind->has_threshold ? "%d %d %.0f" : "%d %d",
			  fd, file, trigger->threshold);
	r = write(control, text, (size_t)length) < 0 ? -errno : add_source(trigger, fd, EPOLLIN);
	if (r < 0)
		close(fd);
	return r;
}

/*
 * The working set and anonymous memory are parts of the usage, so they cannot exceed a threshold
 * that the usage does not exceed.
 */
static const struct event_kind group_kinds[] = {
	{"memory.pressure.", "memory.pressure", false, true, false, open_pressure},
	{"cpu.pressure.", "cpu.pressure", false, true, false, open_pressure},
	{"io.pressure.", "io.pressure", false, true, false, open_pressure},
	{"memory.current", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.working_set", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.anon", "memory.usage_in_bytes", true, true, false, open_eventfd},
	{"memory.events.oom", "memory.oom_control", true, false, true, open_eventfd},
};

/* The same files in /proc, for the whole machine. */
static const struct event_kind host_kinds[] = {
	{"host.pressure.cpu.", "pressure/cpu", false, true, false, open_pressure},
	{"host.pressure.memory.", "pressure/memory", false, true, false, open_pressure},
	{"host.pressure.io.", "pressure/io", false, true, false, open_pressure},
};

static struct trigger *find_free(struct triggers *triggers)
{
	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		if (triggers->items[i].kind == NULL)
			return &triggers->items[i];
	return NULL;
}

/* The current threshold of the trigger's term; 0 if there is none or it is unknown. */
static double current_threshold(const struct trigger *trigger, uint32_t group)
{
	const struct enforcement *enforcement = trigger->triggers->enforcement;
	const struct cgw_scope scope = {
		.frame = enforcement->frame, .group = group, .facts = &enforcement->facts};
	struct cgw_value value, threshold = {.state = CGW_ABSENT};

	(void)cgw_expression_evaluate_term(
		cgw_policy_section(enforcement->policy, trigger->section).when, trigger->term,
		&scope, &value, &threshold);
	return threshold.state == CGW_OK && threshold.real > 0 ? threshold.real : 0;
}

static void open_group_trigger(struct trigger *trigger)
{
	CLEANUP(cleanup_close) int directory = -1;

	if (trigger->kind->has_threshold && trigger->threshold <= 0 && trigger->kind->is_v1)
		return; /* no threshold to exceed */
	if (cgw_group_open(trigger->triggers->enforcement->layout, trigger->hierarchy,
			   trigger->path, &directory, NULL) < 0 ||
	    trigger->kind->open(trigger, directory) < 0)
		reset_trigger(trigger);
}

void triggers_add(struct triggers *triggers, size_t section, size_t term, uint32_t group,
		  const char *path, uint32_t hierarchies)
{
	const struct enforcement *enforcement = triggers->enforcement;
	const struct cgw_topology *topology =
		cgw_snapshot_topology(cgw_frame_now(enforcement->frame));
	struct cgw_term info;
	char key[128];

	cgw_expression_term(cgw_policy_section(enforcement->policy, section).when, term, &info);
	if (info.kind != CGW_TERM_FIELD)
		return;
	cgw_field_key(info.field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(group_kinds); i++) {
		int hierarchy = group_kinds[i].is_v1
					? cgw_layout_find(enforcement->layout, CGW_MEMORY)
					: cgw_layout_find_v2(enforcement->layout);
		struct trigger *trigger;

		if (strncmp(key, group_kinds[i].key, strlen(group_kinds[i].key)) != 0 ||
		    hierarchy < 0 || !(hierarchies & UINT32_C(1) << hierarchy) ||
		    (group_kinds[i].is_v1 && hierarchy == cgw_layout_find_v2(enforcement->layout)))
			continue;
		trigger = find_free(triggers);
		if (trigger == NULL)
			return;
		trigger->kind = &group_kinds[i];
		trigger->section = section;
		trigger->term = term;
		trigger->hierarchy = (size_t)hierarchy;
		trigger->path = strdup(path);
		trigger->group_id = topology->id[hierarchy][group];
		trigger->full = strstr(key, ".full.") != NULL;
		trigger->is_rate = info.field.view == CGW_VIEW_RATE;
		trigger->threshold =
			group_kinds[i].has_threshold ? current_threshold(trigger, group) : 0;
		if (trigger->path == NULL)
			reset_trigger(trigger);
		else
			open_group_trigger(trigger);
		return;
	}
}

void triggers_update(struct triggers *triggers)
{
	const struct enforcement *enforcement = triggers->enforcement;
	uint64_t now_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(enforcement->frame));

	if (now_ns - triggers->updated_ns < UPDATE_INTERVAL_NS)
		return;
	triggers->updated_ns = now_ns;
	for (size_t i = 0; i < TRIGGERS_MAX; i++) {
		struct trigger *trigger = &triggers->items[i];
		uint32_t group;
		double threshold;

		if (trigger->kind == NULL || trigger->path == NULL)
			continue;
		if (is_group_gone(trigger)) {
			reset_trigger(trigger);
			continue;
		}
		group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(enforcement->frame)),
					  trigger->path);
		if (!trigger->kind->has_threshold || group == CGW_NO_GROUP)
			continue;
		threshold = current_threshold(trigger, group);
		if (threshold >= trigger->threshold && threshold <= trigger->threshold)
			continue;
		stop_trigger(trigger);
		trigger->threshold = threshold;
		open_group_trigger(trigger);
	}
}

static void add_host_trigger(struct triggers *triggers, size_t section, size_t term,
			     const struct event_kind *kind)
{
	struct trigger *trigger = find_free(triggers);
	struct cgw_term info;

	if (trigger == NULL)
		return;
	cgw_expression_term(cgw_policy_section(triggers->enforcement->policy, section).when, term,
			    &info);
	trigger->kind = kind;
	trigger->section = section;
	trigger->term = term;
	trigger->full = strstr(info.key, ".full.") != NULL;
	if (kind->open(trigger, triggers->enforcement->layout->proc_fd) < 0)
		reset_trigger(trigger);
}

static void add_host_triggers(struct triggers *triggers)
{
	const struct cgw_policy *policy = triggers->enforcement->policy;

	for (size_t s = 0; s < cgw_policy_section_count(policy); s++) {
		const struct cgw_expression *when = cgw_policy_section(policy, s).when;

		for (size_t t = 0; when != NULL && t < cgw_expression_term_count(when); t++) {
			struct cgw_term term;

			cgw_expression_term(when, t, &term);
			for (size_t k = 0; k < ARRAY_SIZE(host_kinds); k++)
				if (term.kind == CGW_TERM_HOST &&
				    strncmp(term.key, host_kinds[k].key,
					    strlen(host_kinds[k].key)) == 0)
					add_host_trigger(triggers, s, t, &host_kinds[k]);
		}
	}
}

int triggers_new(struct enforcement *enforcement, struct triggers **ret_triggers)
{
	struct triggers *triggers = calloc(1, sizeof(*triggers));

	if (triggers == NULL)
		return -ENOMEM;
	triggers->enforcement = enforcement;
	for (size_t i = 0; i < TRIGGERS_MAX; i++)
		triggers->items[i] = (struct trigger){.triggers = triggers, .poll_fd = -1};
	add_host_triggers(triggers);
	*ret_triggers = triggers;
	return 0;
}

struct triggers *triggers_free(struct triggers *triggers)
{
	for (size_t i = 0; triggers != NULL && i < TRIGGERS_MAX; i++)
		reset_trigger(&triggers->items[i]);
	if (triggers != NULL)
		sd_event_source_disable_unref(triggers->poll_timer);
	free(triggers);
	return NULL;
}
