/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup-layout.c - find the mounted cgroup hierarchies. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/kernel/kernel-file.h"
#include "lib/kernel/membership.h"
#include "lib/kernel/mounts.h"
#include "lib/kernel/namespace-root.h"

static void hierarchy_done(const struct kernel_ops *ops, struct cgw_hierarchy *hierarchy)
{
	free(hierarchy->name);
	free(hierarchy->label);
	free(hierarchy->mountpoint);
	free(hierarchy->root);
	free(hierarchy->namespace_root);
	if (hierarchy->fd >= 0)
		ops->close(hierarchy->fd);
}

struct cgw_layout *cgw_layout_free(struct cgw_layout *layout)
{
	if (layout == NULL)
		return NULL;
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		hierarchy_done(layout->ops, &layout->hierarchies[i]);
	if (layout->proc_fd >= 0)
		layout->ops->close(layout->proc_fd);
	if (layout->sys_fd >= 0)
		layout->ops->close(layout->sys_fd);
	free(layout);
	return NULL;
}

DEFINE_CLEANUP(cleanup_layout, struct cgw_layout *, cgw_layout_free)

/* The name of a hierarchy for users: "cpu,cpuacct", "name=systemd", "v2". */
static char *format_label(const struct cgw_hierarchy *hierarchy)
{
	struct string_builder label = {0};

	if (hierarchy->version == 2)
		return strdup("v2");
	if (hierarchy->name != NULL)
		string_builder_printf(&label, "name=%s", hierarchy->name);
	for (enum cgw_controller i = 0; i < CGW_CONTROLLER_COUNT; i++)
		if (hierarchy->controllers & CGW_CONTROLLER_BIT(i))
			string_builder_printf(&label, "%s%s", label.length > 0 ? "," : "",
					      cgw_controller_name(i, 1));
	if (label.length == 0)
		string_builder_add(&label, "v1");
	return string_builder_steal(&label);
}

static int read_v2_controllers(struct cgw_layout *layout, struct cgw_hierarchy *hierarchy)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char *word, *rest;
	size_t length;
	int r = file_read_at(layout->ops, hierarchy->fd, "cgroup.controllers", &text, &length);

	if (r < 0)
		return r == -ENOMEM ? r : 0; /* not readable: treat as without controllers */
	for (word = strtok_r(text, " \n", &rest); word != NULL;
	     word = strtok_r(NULL, " \n", &rest)) {
		int controller = cgw_controller_find(word);

		if (controller >= 0)
			hierarchy->controllers |= CGW_CONTROLLER_BIT(controller);
	}
	return 0;
}

static int fill_hierarchy(struct cgw_layout *layout, const struct cgroup_mount *mount,
			  const char *path, int fd, struct cgw_hierarchy *ret_hierarchy)
{
	struct cgw_hierarchy hierarchy = {
		.version = mount->version,
		.controllers = mount->controllers,
		.name = mount->name != NULL ? strdup(mount->name) : NULL,
		.mountpoint = strdup(path),
		.root = strdup(mount->root),
		.fd = fd,
		.device = mount->device,
		.read_only = mount->read_only,
		.mount_options = mount->options,
	};
	struct stat stat;
	int r = layout->ops->stat_fd(fd, &stat);

	if (r == 0 && mount->version == 2)
		r = read_v2_controllers(layout, &hierarchy);
	hierarchy.label = format_label(&hierarchy);
	if (r == 0 && (hierarchy.label == NULL || hierarchy.mountpoint == NULL ||
		       hierarchy.root == NULL || (mount->name != NULL && hierarchy.name == NULL)))
		r = -ENOMEM;
	if (r < 0) {
		hierarchy.fd = -1;
		hierarchy_done(layout->ops, &hierarchy);
		return r;
	}
	hierarchy.root_id = stat.st_ino;
	*ret_hierarchy = hierarchy;
	return 0;
}

/*
 * Errors of a mount that is not visible to us. Any other error is fatal: if a hierarchy were
 * skipped silently, groups would be created in all hierarchies except that one.
 */
static bool is_hidden(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -EACCES ||
	       error == -EPERM;
}

static int hierarchy_error(const char *path, int error, struct cgw_diag *diag)
{
	return cgw_diag_set(diag, error, "cannot use the cgroup hierarchy at '%s': %s",
			    ESCAPED(256, path), strerror(-error));
}

/* A mount that is visible to us: of those with the same root, one that is not read-only. */
struct visible_mount {
	const struct cgroup_mount *mount;
	char *path;
	bool is_top; /* the root of the hierarchy is at its top, whatever the namespace calls it */
};

struct visible_mounts {
	struct visible_mount *items;
	size_t count, capacity;
};

static void visible_mounts_done(struct visible_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		free(mounts->items[i].path);
	free(mounts->items);
}

static bool is_same_root(const struct visible_mount *a, const struct visible_mount *b)
{
	return a->is_top == b->is_top && (a->is_top || strcmp(a->mount->root, b->mount->root) == 0);
}

static int add_visible(struct visible_mounts *mounts, const struct visible_mount *visible)
{
	struct visible_mount *old = NULL;
	char *path;

	for (size_t i = 0; i < mounts->count && old == NULL; i++)
		if (mounts->items[i].mount->device == visible->mount->device &&
		    is_same_root(&mounts->items[i], visible))
			old = &mounts->items[i];
	if (old != NULL && (!old->mount->read_only || visible->mount->read_only))
		return 0;
	path = strdup(visible->path);
	if (path == NULL)
		return -ENOMEM;
	if (old == NULL) {
		if (ARRAY_RESERVE(mounts->items, mounts->capacity, mounts->count + 1) < 0) {
			free(path);
			return -ENOMEM;
		}
		old = &mounts->items[mounts->count++];
		old->path = NULL;
	}
	free(old->path);
	*old = *visible;
	old->path = path;
	return 0;
}

/* Adds a mount if it is visible to us. */
static int check_mount(const struct cgw_layout *layout, const struct cgroup_mount *mount,
		       char *path, struct visible_mounts *mounts, struct cgw_diag *diag)
{
	struct visible_mount visible = {.mount = mount, .path = path};
	int fd = layout->ops->open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	struct stat stat;
	int r;

	if (fd < 0)
		return is_hidden(fd) ? 0 : hierarchy_error(path, fd, diag);
	r = layout->ops->stat_fd(fd, &stat);
	layout->ops->close(fd);
	if (r < 0)
		return is_hidden(r) ? 0 : hierarchy_error(path, r, diag);
	/* If another mount covers it, the path leads to another device than in mountinfo. */
	if (!layout->recorded && stat.st_dev != mount->device)
		return 0;
	visible.is_top = !layout->recorded && stat.st_ino == 1;
	r = add_visible(mounts, &visible);
	return r < 0 ? hierarchy_error(path, r, diag) : 0;
}

/* Whether the first mount shows more of its hierarchy: from further above, else from less below. */
static bool shows_more(const struct visible_mount *a, const struct visible_mount *b)
{
	const char *below_a = a->mount->root, *below_b = b->mount->root;
	unsigned levels_a = path_skip_parents(&below_a), levels_b = path_skip_parents(&below_b);

	if (a->is_top != b->is_top)
		return a->is_top;
	if (levels_a != levels_b)
		return levels_a > levels_b;
	return strlen(below_a) < strlen(below_b);
}

/*
 * The mount whose root is that of most hierarchies; of several, the one that shows the largest
 * part. A path names one group only if the paths of all hierarchies start at the same group.
 */
static const struct visible_mount *choose_root(const struct visible_mounts *mounts)
{
	const struct visible_mount *best = NULL;
	size_t best_count = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct visible_mount *each = &mounts->items[i];
		size_t count = 0;

		for (size_t j = 0; j < mounts->count; j++)
			count += is_same_root(&mounts->items[j], each);
		if (count > best_count || (count == best_count && shows_more(each, best))) {
			best = each;
			best_count = count;
		}
	}
	return best;
}

static int add_hierarchy(struct cgw_layout *layout, const struct visible_mount *visible,
			 struct cgw_diag *diag)
{
	int fd = layout->ops->open_at(AT_FDCWD, visible->path, O_PATH | O_DIRECTORY);
	int r;

	if (fd < 0)
		return is_hidden(fd) ? 0 : hierarchy_error(visible->path, fd, diag);
	r = fill_hierarchy(layout, visible->mount, visible->path, fd,
			   &layout->hierarchies[layout->hierarchy_count]);
	if (r < 0) {
		layout->ops->close(fd);
		return hierarchy_error(visible->path, r, diag);
	}
	layout->hierarchy_count++;
	return 0;
}

/* Whether a hierarchy has no mount with the root, and this is the first of its mounts. */
static bool is_left_out(const struct visible_mounts *mounts, size_t at,
			const struct visible_mount *root)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->items[i].mount->device == mounts->items[at].mount->device &&
		    (i < at || is_same_root(&mounts->items[i], root)))
			return false;
	return true;
}

static int add_hierarchies(struct cgw_layout *layout, const struct visible_mounts *mounts,
			   struct cgw_diag *diag)
{
	const struct visible_mount *root = choose_root(mounts);
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++)
		if (is_same_root(&mounts->items[i], root) &&
		    layout->hierarchy_count < CGW_HIERARCHY_MAX)
			r = add_hierarchy(layout, &mounts->items[i], diag);
		else
			layout->other_root_count += is_left_out(mounts, i, root);
	return r;
}

static bool is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	while (length > 0 && top[length - 1] == '/')
		length--;
	return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int parse_mountinfo(struct cgw_layout *layout, int directory, const char *file,
			   struct cgroup_mounts *ret_mounts)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = file_read_at(layout->ops, directory, file, &text, &length);

	if (r < 0)
		return r;
	return length == 0 ? -EBADMSG : mounts_parse(text, ret_mounts);
}

/* Adds the mounts of this machine; if `top` is not NULL, only those at or below it. */
static int find_mounted(struct cgw_layout *layout, const char *top, struct cgw_diag *diag)
{
	CLEANUP(mounts_done) struct cgroup_mounts mounts = {0};
	CLEANUP(visible_mounts_done) struct visible_mounts visible = {0};
	int r = parse_mountinfo(layout, AT_FDCWD, "/proc/self/mountinfo", &mounts);

	if (r < 0)
		return cgw_diag_set(diag, r, "cannot read /proc/self/mountinfo: %s", strerror(-r));
	for (size_t i = 0; i < mounts.count && r == 0; i++)
		if (top == NULL || is_below(mounts.items[i].target, top))
			r = check_mount(layout, &mounts.items[i], mounts.items[i].target, &visible,
					diag);
	return r < 0 ? r : add_hierarchies(layout, &visible, diag);
}

/* The length of the common parent directory of all mounts, which is the top of a copied tree. */
static size_t common_length(const struct cgroup_mounts *mounts)
{
	const char *first = mounts->items[0].target;
	size_t common = strlen(first);

	for (size_t i = 1; i < mounts->count; i++) {
		const char *other = mounts->items[i].target;
		size_t same = 0;

		while (same < common && first[same] == other[same])
			same++;
		if ((first[same] != '/' && first[same] != '\0') ||
		    (other[same] != '/' && other[same] != '\0'))
			while (same > 0 && first[same] != '/')
				same--;
		common = same;
	}
	return common;
}

/* Adds the mounts of a copied tree, as listed in its own mountinfo. */
static int find_recorded(struct cgw_layout *layout, const char *top, struct cgw_diag *diag)
{
	CLEANUP(mounts_done) struct cgroup_mounts mounts = {0};
	CLEANUP(visible_mounts_done) struct visible_mounts visible = {0};
	size_t common;
	int r = parse_mountinfo(layout, layout->proc_fd, "self/mountinfo", &mounts);

	if (r == -ENOENT)
		r = parse_mountinfo(layout, layout->proc_fd, "1/mountinfo", &mounts);
	if (r < 0)
		return cgw_diag_set(
			diag, r,
			"no cgroup hierarchy is mounted at or below '%s', and cannot read those of "
			"a copied tree from '%s/self/mountinfo': %s",
			top, layout->proc_path,
			r == -EBADMSG ? "invalid mountinfo format" : strerror(-r));
	if (mounts.count == 0)
		return 0;
	common = common_length(&mounts);
	for (size_t i = 0; i < mounts.count && r == 0; i++) {
		char path[PATH_MAX];

		if ((size_t)snprintf(path, sizeof(path), "%s%s", top,
				     mounts.items[i].target + common) < sizeof(path))
			r = check_mount(layout, &mounts.items[i], path, &visible, diag);
	}
	return r < 0 ? r : add_hierarchies(layout, &visible, diag);
}

static void set_kind(struct cgw_layout *layout)
{
	bool v1 = false, v2 = false;

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		v1 = v1 || layout->hierarchies[i].version == 1;
		v2 = v2 || layout->hierarchies[i].version == 2;
	}
	layout->kind = v1 && v2 ? CGW_LAYOUT_HYBRID
		       : v1     ? CGW_LAYOUT_V1
		       : v2     ? CGW_LAYOUT_V2
				: CGW_LAYOUT_NONE;
}

static int open_root(struct cgw_layout *layout, const char *path, int *ret_fd,
		     struct cgw_diag *diag)
{
	int fd = layout->ops->open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return cgw_diag_set(diag, fd, "cannot open directory '%s': %s", path,
				    strerror(-fd));
	*ret_fd = fd;
	return 0;
}

static int find_hierarchies(struct cgw_layout *layout, const char *top, struct cgw_diag *diag)
{
	char real_top[PATH_MAX];
	int r;

	if (top == NULL)
		return find_mounted(layout, NULL, diag);
	if (realpath(top, real_top) == NULL) {
		r = -errno;
		return cgw_diag_set(diag, r, "cannot open directory '%s': %s", top, strerror(-r));
	}
	r = find_mounted(layout, real_top, diag);
	if (r < 0 || layout->hierarchy_count > 0)
		return r;
	layout->recorded = true;
	return find_recorded(layout, real_top, diag);
}

int layout_open_with(const struct cgw_roots *roots, const struct kernel_ops *ops,
		     struct cgw_layout **ret_layout, struct cgw_diag *diag)
{
	static const struct cgw_roots own = {0};
	CLEANUP(cleanup_layout) struct cgw_layout *layout = calloc(1, sizeof(*layout));
	const char *proc, *sys;
	int r;

	if (layout == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	if (roots == NULL)
		roots = &own;
	proc = roots->proc != NULL ? roots->proc : "/proc";
	sys = roots->sys != NULL ? roots->sys : "/sys";
	layout->ops = ops;
	layout->proc_fd = layout->sys_fd = -1;
	snprintf(layout->proc_path, sizeof(layout->proc_path), "%s", proc);
	r = open_root(layout, proc, &layout->proc_fd, diag);
	if (r < 0)
		return r;
	r = open_root(layout, sys, &layout->sys_fd, roots->sys != NULL ? diag : NULL);
	if (r < 0 && roots->sys != NULL)
		return r;
	r = find_hierarchies(layout, roots->cgroup, diag);
	if (r < 0)
		return r;
	set_kind(layout);
	if (namespace_roots_find(layout) < 0)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	*ret_layout = steal_pointer(&layout);
	return 0;
}

int cgw_layout_open(const struct cgw_roots *roots, struct cgw_layout **ret_layout,
		    struct cgw_diag *diag)
{
	return layout_open_with(roots, &kernel_ops_real, ret_layout, diag);
}
