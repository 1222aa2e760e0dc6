/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inspect-view.h - what was found out of a group by looking into it, once or twice, and which of it is to be
 * shown: `cgward inspect` and the dashboard show the same page.
 */
#ifndef CGWARD_SHARED_REPORT_INSPECT_VIEW_H
#define CGWARD_SHARED_REPORT_INSPECT_VIEW_H

#include <stdio.h>

#include <cgward/inspect.h>

enum section {
	SECTION_IDENTITY = 1,
	SECTION_PROCESSES = 2,
	SECTION_NAMESPACES = 4,
	SECTION_CONFINEMENT = 8,
	SECTION_LIMITS = 16,
	SECTION_NETWORK = 32,
	SECTION_ALL = 63,
};

/* A network namespace, read once or twice. */
struct view_network {
	struct cgw_network *before, *now; /* `before` NULL: no rates */
	const struct cgw_namespace *namespace;
	int error; /* why it could not be read, then `now` is NULL */
};

struct view {
	const struct cgw_layout *layout;
	const struct cgw_frame *frame;
	uint32_t group;
	unsigned sections; /* enum section, or'ed */
	bool exact;        /* numbers in full */
	bool threads;
	bool names;                                /* users by name */
	const struct cgw_inspection *before, *now; /* `before` NULL: no CPU shares */
	double seconds;                            /* between the two */
	struct cgw_names resolved;
	struct view_network *networks;
	size_t network_count;
};

/* CPU of a process between the two looks, in percent of one CPU; WARMUP where there was only one. */
struct cgw_value view_cpu(const struct view *view, const struct cgw_process *process);
/* Bytes a second of an interface, received or sent. */
struct cgw_value view_traffic(const struct view_network *network, size_t interface, bool sent);
/* The paths of other hierarchies that are outside of the group: "cpu:/a memory:/b"; allocated. */
int view_elsewhere(const struct view *view, const struct cgw_process *process, char **ret_text);
/* "alice", or the number; the caller's buffer. */
const char *view_user(const struct view *view, uint32_t uid, char *buffer, size_t size);
/* The widest of all its processes. */
enum cgw_privilege view_privilege(const struct view *view);
/* Are the two held alike? */
bool view_confined_alike(const struct view *view, const struct cgw_process *a,
			 const struct cgw_process *b);

/*
 * The networks of the group, as they are now: -ENOMEM, or 0; what could not be read says so in its
 * place. A second view's are matched with those of a first, which gives them away, for rates.
 */
int view_read_networks(struct view *view, const struct cgw_inspection *inspection);
int view_read_networks_again(struct view *view, struct view *before);
void view_networks_done(struct view *view);

/* Each returns 0 or a negative error; what could not be written shows in ferror(). */
int show_text(const struct view *view, FILE *out);
int show_namespaces_text(const struct cgw_namespace *namespaces, size_t count, FILE *out);

#endif
