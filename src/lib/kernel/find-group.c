/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* find-group.c - find a group by path, or by any name that its path contains. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/base/string-list.h"
#include "lib/base/suggest.h"
#include "lib/kernel/identity.h"
#include "lib/kernel/list-children.h"
#include "lib/kernel/membership.h"

/* The number of groups that fit into a message. */
#define MATCH_MAX  8
#define HEX_DIGITS "0123456789abcdef"

/* What the caller knows about names. */
struct names {
	cgw_is_named *is_named; /* NULL: nothing */
	void *context;
};

struct search {
	const struct cgw_layout *layout;
	const char *what;
	const struct names *names;
	bool (*matches)(const struct search *search, const char *path);
	struct string_list pending; /* paths of groups whose children are not listed yet */
	struct string_list found;
	const char *parent;         /* the group whose children are being listed */
	struct suggestion *nearest; /* among all paths or names, in `word`; or NULL */
	char *word;
	unsigned depth;
};

static void search_done(struct search *search)
{
	string_list_free(&search->pending);
	string_list_free(&search->found);
	free(search->word);
}

/* The name of the directory, which is also that of a unit. */
static bool has_name(const struct search *search, const char *path)
{
	return strcmp(strrchr(path, '/') + 1, search->what) == 0;
}

/* A name that identities.def finds in the path, or for a container the start of its ID. */
static bool has_identity(const struct search *search, const char *path)
{
	static const struct {
		enum cgw_identity_kind kind;
		enum cgw_identity_part part;
	} names[] = {
		{CGW_IDENTITY_SLICE, CGW_PART_SLICE},
		{CGW_IDENTITY_UNIT, CGW_PART_UNIT},
		{CGW_IDENTITY_SESSION, CGW_PART_SESSION},
		{CGW_IDENTITY_APPLICATION, CGW_PART_APPLICATION},
		{CGW_IDENTITY_JOB, CGW_PART_CONTAINER},
		{CGW_IDENTITY_MACHINE, CGW_PART_CONTAINER},
		{CGW_IDENTITY_POD, CGW_PART_POD},
		{CGW_IDENTITY_CONTAINER, CGW_PART_CONTAINER},
	};
	const char *id, *what = search->what;
	size_t length = strlen(what);
	struct cgw_identity identity;

	cgw_identity_from_path(path, &identity);
	if (identity.below > 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].kind == identity.kind &&
		    strcmp(identity.text[names[i].part], what) == 0)
			return true;
	id = identity.text[CGW_PART_CONTAINER];
	return identity.kind == CGW_IDENTITY_CONTAINER && length >= 4 &&
	       strspn(what, HEX_DIGITS) == length && strspn(id, HEX_DIGITS) >= 12 &&
	       strncmp(id, what, length) == 0;
}

/* A name that only the container engine knows. */
static bool has_engine_name(const struct search *search, const char *path)
{
	struct cgw_identity identity;

	cgw_identity_from_path(path, &identity);
	return identity.below == 0 &&
	       (identity.kind == CGW_IDENTITY_CONTAINER || identity.kind == CGW_IDENTITY_POD ||
		identity.kind == CGW_IDENTITY_MACHINE) &&
	       search->names->is_named(search->names->context, &identity, search->what);
}

/*
 * Errors by which a group is not there, or not visible to us. Any other error is reported: without
 * descriptors or memory, nothing is known about the group.
 */
static bool is_absent(int error)
{
	return cgw_error_is_gone(error) || error == -EACCES || error == -EPERM || error == -EXDEV ||
	       error == -ELOOP || error == -ENOTDIR || error == -ENAMETOOLONG;
}

/* Returns 1 if the group exists in any hierarchy, 0 if not, or a negative error. */
static int exists(const struct cgw_layout *layout, const char *path)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		CLEANUP(cleanup_close) int directory = -1;
		int r = cgw_group_open(layout, i, path, &directory, NULL);

		if (r == 0 || !is_absent(r))
			return r == 0 ? 1 : r;
	}
	return 0;
}

/*
 * crun creates a group "container" below the systemd scope of the container, and sets the limits of
 * the container on that group, not on the scope.
 */
static int enter_container_group(const struct cgw_layout *layout, char **path)
{
	CLEANUP(cleanup_free) char *inside = NULL;
	int r;

	if (asprintf(&inside, "%s/container", *path) < 0)
		return -ENOMEM;
	r = exists(layout, inside);
	if (r <= 0)
		return r;
	free(*path);
	*path = steal_pointer(&inside);
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
	if (search->found.count == MATCH_MAX || string_list_has(&search->found, path))
		return 0;
	return string_list_add(&search->found, path);
}

/* Offers a group's path, or its name if the input has no slash. */
static void offer_nearest(struct search *search, const char *path)
{
	struct suggestion *nearest = search->nearest;
	const struct suggestion before = *nearest;
	char *copy;

	suggestion_offer(nearest,
			 strchr(search->what, '/') != NULL ? path : strrchr(path, '/') + 1);
	if (nearest->word == before.word)
		return;
	copy = strdup(nearest->word); /* the path does not stay valid */
	if (copy == NULL) {
		*nearest = before;
		return;
	}
	free(search->word);
	nearest->word = search->word = copy;
}

static int visit(void *context, const struct walk_entry *entry)
{
	struct search *search = context;
	bool top = strcmp(search->parent, "/") == 0;
	char *path;
	int r;

	if (asprintf(&path, "%s/%s", top ? "" : search->parent, entry->name) < 0)
		return -ENOMEM;
	if (search->nearest != NULL)
		offer_nearest(search, path);
	else if (search->matches(search, path)) {
		r = add_found(search, path);
		free(path);
		return r;
	}
	if (entry->child_count == 0 || path_depth(path) >= IDENTITY_DEPTH_MAX) {
		free(path);
		return 0;
	}
	return string_list_take(&search->pending, path);
}

static int search_hierarchy(struct search *search, size_t hierarchy)
{
	int r = string_list_add(&search->pending, "/");

	while (r == 0 && search->pending.count > 0) {
		CLEANUP(cleanup_free) char *path = search->pending.items[--search->pending.count];
		CLEANUP(cleanup_close) int directory = -1;

		r = cgw_group_open(search->layout, hierarchy, path, &directory, NULL);
		search->parent = path;
		if (r == 0)
			r = walk_children(search->layout->ops, directory, true, visit, search);
		if (is_absent(r))
			r = 0;
	}
	return r;
}

static int search_all(const struct cgw_layout *layout, const char *what, const struct names *known,
		      bool (*matches)(const struct search *search, const char *path),
		      char **ret_path, struct cgw_diag *diag)
{
	CLEANUP(search_done)
	struct search search = {.layout = layout, .what = what, .names = known, .matches = matches};
	CLEANUP(string_builder_free) struct string_builder names = {0};

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		int r = search_hierarchy(&search, i);

		if (r < 0)
			return r;
	}
	if (search.found.count == 0)
		return -ENOENT;
	if (search.found.count == 1) {
		*ret_path = search.found.items[0];
		search.found.count = 0;
		return 0;
	}
	for (size_t i = 0; i < search.found.count; i++) {
		string_builder_add(&names, i > 0 ? ", " : "");
		string_builder_add_escaped(&names, search.found.items[i]);
	}
	return cgw_diag_set(diag, -ENOTUNIQ, "several groups match: %s; specify one by its path",
			    string_builder_text(&names));
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
	int r = path_normalize(what, &path);

	if (r == -EINVAL)
		return cgw_diag_set(diag, r,
				    "a group path must not contain '.' or '..'; specify the path "
				    "from the root");
	if (r < 0)
		return r;
	r = exists(layout, path);
	below = below_mountpoint(layout, path);
	if (r == 0 && below != NULL) {
		char *shorter;

		r = path_normalize(below, &shorter);
		if (r < 0)
			return r;
		free(path);
		path = shorter;
		r = exists(layout, path);
	}
	if (r == 0)
		return -ENOENT;
	if (r > 0)
		*ret_path = steal_pointer(&path);
	return r > 0 ? 0 : r;
}

static int report_no_group(const struct cgw_membership *membership, pid_t pid,
			   struct cgw_diag *diag)
{
	for (size_t i = 0; i < membership->count; i++)
		if (membership->paths[i] != NULL)
			return cgw_diag_set(diag, -ENOENT, "the group of process %d %s", (int)pid,
					    membership->unknown != 0
						    ? "cannot be determined from this cgroup "
						      "namespace"
						    : "is not mounted here");
	return cgw_diag_set(diag, -ENOENT, "the group of process %d was removed", (int)pid);
}

static int find_pid(const struct cgw_layout *layout, const char *digits, uint32_t hierarchies,
		    char **ret_path, struct cgw_diag *diag)
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
	path = membership_path_within(layout, &membership, hierarchies);
	if (path == NULL)
		return report_no_group(&membership, (pid_t)pid, diag);
	*ret_path = strdup(path);
	return *ret_path == NULL ? -ENOMEM : 0;
}

static int find_name(const struct cgw_layout *layout, const char *what, const struct names *known,
		     char **ret_path, struct cgw_diag *diag)
{
	int r = find_path(layout, what, ret_path, diag);

	if (r != -ENOENT || strchr(what, '/') != NULL)
		return r;
	r = search_all(layout, what, known, has_name, ret_path, diag);
	if (r != -ENOENT)
		return r;
	r = search_all(layout, what, known, has_identity, ret_path, diag);
	if (r == -ENOENT && known->is_named != NULL)
		r = search_all(layout, what, known, has_engine_name, ret_path, diag);
	return r == 0 ? enter_container_group(layout, ret_path) : r;
}

/* Reverts the escapes that formats for programs add to those of cgw_escape(), in place. */
static void unescape_program(char *text)
{
	static const struct {
		const char *escape;
		char byte;
	} escapes[] = {{"\\x20", ' '}, {"\\x22", '"'}, {"\\x24", '$'}, {"\\x60", '`'}};
	char *to = text;

	while (*text != '\0') {
		size_t i = 0;

		while (i < ARRAY_SIZE(escapes) && strncmp(text, escapes[i].escape, 4) != 0)
			i++;
		*to++ = i < ARRAY_SIZE(escapes) ? escapes[i].byte : *text;
		text += i < ARRAY_SIZE(escapes) ? 4 : 1;
	}
	*to = '\0';
}

/*
 * A name is read as cgw_escape() prints it, else as it is ("a\x2db.scope" of systemd), else as a
 * format for programs prints it.
 */
static int find_printed(const struct cgw_layout *layout, const char *what,
			const struct names *known, char **ret_path, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *printed = strdup(what), *program = strdup(what);
	CLEANUP(cleanup_free) char *other = NULL;
	int r;

	if (printed == NULL || program == NULL)
		return -ENOMEM;
	unescape_program(program);
	cgw_unescape(program);
	cgw_unescape(printed);
	r = find_name(layout, printed, known, ret_path, diag);
	if (r == -ENOENT && strcmp(what, printed) != 0)
		r = find_name(layout, what, known, ret_path, diag);
	if (r == -ENOENT && strcmp(program, printed) != 0)
		return find_name(layout, program, known, ret_path, diag);
	/* Neither reading of an ambiguous name is the likelier one. */
	if (r == 0 && strcmp(what, printed) == 0 && strcmp(what, program) != 0 &&
	    find_name(layout, program, known, &other, NULL) == 0) {
		free(*ret_path);
		*ret_path = NULL;
		return cgw_diag_set(diag, -ENOTUNIQ,
				    "several groups match; specify the one with a backslash in "
				    "its name with '\\x5c' instead of it");
	}
	return r;
}

/* "; did you mean '/a'?", or what is expected if no group is similar. */
static void describe_nearest(const struct cgw_layout *layout, const char *what, bool named,
			     char *text, size_t size)
{
	struct suggestion nearest = {.input = what};
	CLEANUP(search_done)
	struct search search = {.layout = layout, .what = what, .nearest = &nearest};

	/* Without errors: a suggestion is no more than a help. */
	for (size_t i = 0; i < layout->hierarchy_count && strpbrk(what, "*?[{") == NULL; i++)
		(void)search_hierarchy(&search, i);
	if (search.word == NULL) {
		snprintf(text, size, " (expected a path, a systemd unit, a container%s or pid:N)",
			 named ? "" : " ID");
		return;
	}
	snprintf(text, size, "; did you mean '%s'?", ESCAPED(256, search.word));
}

int cgw_group_find_named(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
			 cgw_is_named *is_named, void *context, char **ret_path,
			 struct cgw_diag *diag)
{
	const struct names known = {is_named, context};
	size_t length = strlen(what);
	struct cgw_diag reason = {0};
	char name[256], nearest[320];
	int r;

	if (strncmp(what, "pid:", 4) == 0)
		return find_pid(layout, what + 4, hierarchies, ret_path, diag);
	r = length == 0 ? -ENOENT : find_printed(layout, what, &known, ret_path, &reason);
	if (r == 0)
		return 0;
	if (reason.text[0] != '\0')
		return cgw_diag_set(diag, r, "%s", reason.text);
	cgw_escape(name, sizeof(name), what, length);
	if (r != -ENOENT)
		return cgw_diag_set(diag, r, "cannot find group '%s': %s", name, strerror(-r));
	if (diag == NULL)
		return r;
	describe_nearest(layout, what, is_named != NULL, nearest, sizeof(nearest));
	return cgw_diag_set(diag, r, "no such group '%s'%s", name, nearest);
}

int cgw_group_find_within(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
			  char **ret_path, struct cgw_diag *diag)
{
	return cgw_group_find_named(layout, what, hierarchies, NULL, NULL, ret_path, diag);
}

int cgw_group_find(const struct cgw_layout *layout, const char *what, char **ret_path,
		   struct cgw_diag *diag)
{
	return cgw_group_find_within(layout, what, UINT32_MAX, ret_path, diag);
}
