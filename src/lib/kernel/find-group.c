/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* find-group.c - find a group by path, unit, container ID or PID. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-file.h"
#include "lib/kernel/list-children.h"

/* Units and containers are never this deep; protects against a malicious, very deep tree. */
#define SEARCH_DEPTH_MAX 32
/* The number of groups that fit into a message. */
#define MATCH_MAX 8

struct search {
	const struct cgw_layout *layout;
	const char *what;
	bool (*matches)(const char *component, const char *what);
	char **pending; /* paths of groups whose children are not listed yet */
	size_t pending_count, pending_size;
	char *found[MATCH_MAX];
	size_t found_count;
	const char *parent; /* the group whose children are being listed */
	unsigned depth;
};

static void search_done(struct search *search)
{
	for (size_t i = 0; i < search->pending_count; i++)
		free(search->pending[i]);
	for (size_t i = 0; i < search->found_count; i++)
		free(search->found[i]);
	free(search->pending);
}

static bool is_unit(const char *component, const char *what)
{
	return strcmp(component, what) == 0;
}

/*
 * The ID of a container is the hexadecimal part of its directory name, after the prefix of the
 * engine ("docker-", "cri-containerd-", "libpod-", "crio-") and before ".scope". The group of the
 * engine's helper process ("libpod-conmon-") contains the same ID and does not match.
 */
static bool is_container(const char *component, const char *what)
{
	const char *id = strrchr(component, '-');

	if (strstr(component, "conmon-") != NULL)
		return false;
	id = id != NULL ? id + 1 : component;
	return strspn(id, "0123456789abcdef") >= 12 && strncmp(id, what, strlen(what)) == 0;
}

static bool exists(const struct cgw_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(layout, i, path, &directory, NULL) == 0)
			return true;
	}
	return false;
}

/*
 * crun creates a group "container" below the systemd scope of the container, and sets the limits of
 * the container on that group, not on the scope.
 */
static int enter_container_group(const struct cgw_layout *layout, char **path)
{
	char *inside;

	if (asprintf(&inside, "%s/container", *path) < 0)
		return -ENOMEM;
	if (exists(layout, inside)) {
		free(*path);
		*path = inside;
	} else {
		free(inside);
	}
	return 0;
}

static unsigned path_depth(const char *path)
{
	unsigned depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

static int add_found(struct search *search, const char *path)
{
	for (size_t i = 0; i < search->found_count; i++)
		if (strcmp(search->found[i], path) == 0)
			return 0;
	if (search->found_count == MATCH_MAX)
		return 0;
	search->found[search->found_count] = strdup(path);
	if (search->found[search->found_count] == NULL)
		return -ENOMEM;
	search->found_count++;
	return 0;
}

static int add_pending(struct search *search, char *path)
{
	if (search->pending_count == search->pending_size) {
		size_t size = search->pending_size == 0 ? 64 : 2 * search->pending_size;
		char **larger = reallocarray(search->pending, size, sizeof(*larger));

		if (larger == NULL) {
			free(path);
			return -ENOMEM;
		}
		search->pending = larger;
		search->pending_size = size;
	}
	search->pending[search->pending_count++] = path;
	return 0;
}

static int visit(void *context, const struct walk_entry *entry)
{
	struct search *search = context;
	bool top = strcmp(search->parent, "/") == 0;
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", top ? "" : search->parent, entry->name) < 0)
		return -ENOMEM;
	if (search->matches(entry->name, search->what)) {
		r = add_found(search, path);
		free(path);
		return r;
	}
	if (entry->child_count == 0 || path_depth(path) >= SEARCH_DEPTH_MAX) {
		free(path);
		return 0;
	}
	return add_pending(search, path);
}

static int search_hierarchy(struct search *search, size_t hierarchy)
{
	char *root = strdup("/");
	int r = root == NULL ? -ENOMEM : add_pending(search, root);

	while (r == 0 && search->pending_count > 0) {
		CLEANUP(cleanup_free) char *path = search->pending[--search->pending_count];
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(search->layout, hierarchy, path, &directory, NULL) < 0)
			continue;
		search->parent = path;
		r = walk_children(search->layout->ops, directory, true, visit, search);
		if (r < 0 && r != -ENOMEM)
			r = 0; /* the group was removed, or may not be read: skip it */
	}
	return r;
}

static int search_all(const struct cgw_layout *layout, const char *what,
		      bool (*matches)(const char *component, const char *what), char **ret_path,
		      struct cgw_diag *diag)
{
	CLEANUP(search_done)
	struct search search = {.layout = layout, .what = what, .matches = matches};
	char names[384] = "";
	size_t used = 0;

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		int r = search_hierarchy(&search, i);

		if (r < 0)
			return r;
	}
	if (search.found_count == 0)
		return -ENOENT;
	if (search.found_count == 1) {
		*ret_path = steal_pointer(&search.found[0]);
		search.found_count = 0;
		return 0;
	}
	for (size_t i = 0; i < search.found_count && used + 8 < sizeof(names); i++) {
		if (i > 0)
			used += (size_t)snprintf(names + used, sizeof(names) - used, ", ");
		used += cgw_escape(names + used, sizeof(names) - used, search.found[i],
				   strlen(search.found[i]));
	}
	return cgw_diag_set(diag, -ENOTUNIQ, "several groups match: %s; specify one by its path",
			    names);
}

/* Converts "/a//b/" to "/a/b". "." and ".." are rejected, because no group has that name. */
static int normalize_path(const char *text, char **ret_path)
{
	char *path = malloc(strlen(text) + 2);
	size_t used = 0;

	if (path == NULL)
		return -ENOMEM;
	while (*text != '\0') {
		size_t length = strcspn(text, "/");

		if (length > 0) {
			if ((length == 1 && text[0] == '.') ||
			    (length == 2 && text[0] == '.' && text[1] == '.')) {
				free(path);
				return -EINVAL;
			}
			path[used++] = '/';
			memcpy(path + used, text, length);
			used += length;
		}
		text += length + (text[length] == '/');
	}
	if (used == 0)
		path[used++] = '/';
	path[used] = '\0';
	*ret_path = path;
	return 0;
}

/* The part of a path below a mount point, for paths copied from a shell; NULL for other paths. */
static const char *below_mountpoint(const struct cgw_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const char *mountpoint = layout->hierarchies[i].mountpoint;
		size_t length = strlen(mountpoint);

		if (strncmp(path, mountpoint, length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return path + length;
	}
	return NULL;
}

static int find_path(const struct cgw_layout *layout, const char *what, char **ret_path,
		     struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *path = NULL;
	const char *below;
	int r = normalize_path(what, &path);

	if (r == -EINVAL)
		return cgw_diag_set(diag, r,
				    "a group path must not contain '.' or '..'; specify the path "
				    "from the root");
	if (r < 0)
		return r;
	below = below_mountpoint(layout, path);
	if (!exists(layout, path) && below != NULL) {
		char *shorter;

		r = normalize_path(below, &shorter);
		if (r < 0)
			return r;
		free(path);
		path = shorter;
	}
	if (!exists(layout, path))
		return -ENOENT;
	*ret_path = steal_pointer(&path);
	return 0;
}

static int find_pid(const struct cgw_layout *layout, const char *digits, char **ret_path,
		    struct cgw_diag *diag)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	const char *path;
	char *end;
	long pid;
	int r;

	errno = 0;
	pid = strtol(digits, &end, 10);
	if (!isdigit((unsigned char)digits[0]) || *end != '\0' || errno != 0 || pid < 1 ||
	    pid > INT_MAX)
		return cgw_diag_set(diag, -EINVAL,
				    "'pid:' requires a process ID, such as pid:1234");
	r = cgw_membership_read(layout, (pid_t)pid, &membership);
	if (r < 0)
		return cgw_diag_set(diag, r, "cannot read the groups of process %ld: %s", pid,
				    strerror(-r));
	path = cgw_membership_main_path(layout, &membership);
	if (path == NULL)
		return cgw_diag_set(diag, -ENOENT,
				    "process %ld is outside of this cgroup namespace", pid);
	*ret_path = strdup(path);
	return *ret_path == NULL ? -ENOMEM : 0;
}

static int find_name(const struct cgw_layout *layout, const char *what, char **ret_path,
		     struct cgw_diag *diag)
{
	size_t length = strlen(what);
	int r = length == 0 ? -ENOENT : find_path(layout, what, ret_path, diag);

	if (r == -ENOENT && length > 0 && strchr(what, '/') == NULL) {
		r = search_all(layout, what, is_unit, ret_path, diag);
		if (r == -ENOENT && length >= 4 && strspn(what, "0123456789abcdef") == length) {
			r = search_all(layout, what, is_container, ret_path, diag);
			if (r == 0)
				r = enter_container_group(layout, ret_path);
		}
	}
	return r;
}

/*
 * Converts a name as it is printed back to bytes. Only bytes that are escaped in some output count:
 * "\x2d" is part of the name of a unit. Returns NULL if the name is not escaped.
 */
static char *unescape_name(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *name = strchr(text, '\\') != NULL ? malloc(strlen(text) + 1) : NULL;
	char *to = name;

	while (name != NULL && *text != '\0') {
		unsigned byte = (unsigned char)*text;

		if (byte == '\\') {
			const char *high =
				text[1] == 'x' && text[2] != '\0' ? strchr(digits, text[2]) : NULL;
			const char *low =
				high != NULL && text[3] != '\0' ? strchr(digits, text[3]) : NULL;

			byte = low != NULL ? (unsigned)((high - digits) << 4 | (low - digits)) : 0;
			if (byte == 0 ||
			    (byte > ' ' && byte < 0x7f && strchr("\\\"$`", (int)byte) == NULL)) {
				free(name);
				return NULL;
			}
			text += 3;
		}
		*to++ = (char)byte;
		text++;
	}
	if (name != NULL)
		*to = '\0';
	return name;
}

int cgw_group_find(const struct cgw_layout *layout, const char *what, char **ret_path,
		   struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *unescaped = NULL;
	char name[256];
	int r;

	if (strncmp(what, "pid:", 4) == 0)
		return find_pid(layout, what + 4, ret_path, diag);
	r = find_name(layout, what, ret_path, diag);
	if (r == -ENOENT)
		unescaped = unescape_name(what);
	if (unescaped != NULL)
		r = find_name(layout, unescaped, ret_path, diag);
	if (r != -ENOENT)
		return r;
	cgw_escape(name, sizeof(name), what, strlen(what));
	return cgw_diag_set(
		diag, r,
		"no such group '%s' (expected a path, a systemd unit, a container ID or "
		"pid:N)",
		name);
}
