/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * essential-groups.c - groups that must not be frozen, killed or starved.
 *
 * A process that freezes its own ancestor group cannot thaw it. Freezing its terminal, its ssh
 * daemon or PID 1 makes the machine unreachable. The groups of all these processes and their
 * ancestors are therefore protected in every hierarchy: on v1 a process may be in a different
 * group of each.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/namespace-root.h"
#include "lib/limit/essential-groups.h"
#include <cgward/model.h>

/* Bounds the chain of parent processes: reused PIDs could form a loop. */
#define CHAIN_MAX 64

/* Services that other processes depend on, by the name of their group at any depth. */
static const char *const services[] = {
	"init.scope",
	"systemd-{journald,logind,udevd,resolved,networkd,oomd}.service",
	"dbus*.service",
	"sshd*.service",
	"ssh.service",
	"getty@*.service",
	"serial-getty@*.service",
	"user@*.service",
};

struct essential_process {
	struct cgw_membership groups;
	const char *description; /* "this process", ... */
};

struct protection {
	struct essential_process processes[CHAIN_MAX + 4];
	size_t count;
	bool root_is_of_machine;
};

/* Reads /proc/PID/stat. Fields follow the last bracket, since the name may contain any byte. */
static int read_relations(const struct cgw_layout *layout, pid_t pid, int *ret_parent,
			  int *ret_session, int *ret_terminal_group)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *at;
	size_t length;
	int r, group, terminal;

	r = cgw_proc_read(layout, FORMATTED(32, "%d/stat", (int)pid), &text, &length);
	if (r < 0)
		return r;
	at = strrchr(text, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (at == NULL || sscanf(at, ") %*c %d %d %d %d %d", ret_parent, &group, ret_session,
				 &terminal, ret_terminal_group) != 5)
		return -EBADMSG;
	return 0;
}

static int add_process(struct protection *protection, const struct cgw_layout *layout, pid_t pid,
		       const char *description)
{
	struct essential_process *process = &protection->processes[protection->count];
	int r;

	if (pid < 1 || protection->count == ARRAY_SIZE(protection->processes))
		return 0;
	r = cgw_membership_read(layout, pid, &process->groups);
	/* What cannot be read might be in any group, unless it is not visible, or exited. */
	if (r < 0)
		return r == -ENAMETOOLONG || r == -ENOMEM || r == -EMFILE ? r : 0;
	process->description = description;
	protection->count++;
	return 0;
}

int protection_new(const struct cgw_layout *layout, struct protection **ret_protection)
{
	struct protection *protection = calloc(1, sizeof(*protection));
	pid_t pid = getpid();
	int parent = 0, session = 0, terminal_group = -1;
	bool first = true;
	int r;

	if (protection == NULL)
		return -ENOMEM;
	protection->root_is_of_machine = root_is_of_machine(layout);
	r = add_process(protection, layout, 1, "the init process");
	r = r < 0 ? r : add_process(protection, layout, pid, "this process");
	for (int i = 0; i < CHAIN_MAX && pid > 1 && r == 0; i++) {
		if (read_relations(layout, pid, &parent, &session, &terminal_group) < 0)
			break;
		if (first)
			r = add_process(protection, layout, session, "the leader of this session");
		if (first && r == 0)
			r = add_process(protection, layout, terminal_group,
					"the foreground process of this terminal");
		first = false;
		pid = parent;
		if (pid > 1 && r == 0)
			r = add_process(protection, layout, pid, "a parent of this process");
	}
	if (r < 0) {
		protection_free(protection);
		return r;
	}
	*ret_protection = protection;
	return 0;
}

struct protection *protection_free(struct protection *protection)
{
	for (size_t i = 0; protection != NULL && i < protection->count; i++)
		cgw_membership_done(&protection->processes[i].groups);
	free(protection);
	return NULL;
}

bool path_contains(const char *group, const char *path)
{
	size_t length = strlen(group);

	return strcmp(group, "/") == 0 ||
	       (strncmp(path, group, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

enum protect_reason protection_check(const struct protection *protection, const char *path,
				     struct cgw_diag *diag)
{
	char shown[256];

	cgw_escape(shown, sizeof(shown), path, strlen(path));
	if (strcmp(path, "/") == 0) {
		cgw_diag_set(diag, -EPERM,
			     "the root group is protected: it contains all processes%s",
			     protection->root_is_of_machine
				     ? ""
				     : " that are visible here, and can be changed from outside");
		return PROTECT_SELF;
	}
	for (size_t i = 0; i < protection->count; i++) {
		const struct essential_process *process = &protection->processes[i];

		for (size_t h = 0; h < process->groups.count; h++) {
			bool unknown = process->groups.unknown & UINT32_C(1) << h;

			/* A group whose path is not known may be below any other. */
			if (process->groups.paths[h] == NULL ||
			    !(unknown || path_contains(path, process->groups.paths[h])))
				continue;
			cgw_diag_set(diag, -EPERM, "%s is protected: it %s %s (PID %d)", shown,
				     unknown ? "may contain" : "contains", process->description,
				     (int)process->groups.pid);
			return PROTECT_SELF;
		}
	}
	return protection_check_service(path, diag) < 0 ? PROTECT_SERVICE : PROTECT_NOTHING;
}

int protection_check_service(const char *path, struct cgw_diag *diag)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (cgw_glob_match(services[i], path)) {
			return cgw_diag_set(
				diag, -EPERM,
				"%s is protected: other services depend on it; use --yes-really "
				"to override",
				ESCAPED(256, path));
		}
	return 0;
}

const char *protection_describe(const struct protection *protection, pid_t pid)
{
	for (size_t i = 0; i < protection->count; i++)
		if (protection->processes[i].groups.pid == pid)
			return protection->processes[i].description;
	return NULL;
}

int cgw_protect_check(const struct cgw_layout *layout, const char *path, struct cgw_diag *diag)
{
	struct protection *protection;
	enum protect_reason reason;
	int r = protection_new(layout, &protection);

	if (r < 0)
		return r;
	reason = protection_check(protection, path, diag);
	protection_free(protection);
	return reason == PROTECT_NOTHING ? 0 : -EPERM;
}
