/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * container-names.c - names of containers, pods and machines.
 *
 * Engines store them in state files, kubelet in the names of log files, and some engines report
 * them over a socket. The table has a row for each source.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/regular-file.h"
#include "lib/inspect/engine-socket.h"
#include <cgward/inspect.h>

#define TIMEOUT_MS_DEFAULT 150
#define FILE_SIZE_LIMIT    (UINT64_C(16) << 20)

struct search {
	const struct cgw_identity *identity;
	const struct cgw_names_options *options;
	struct cgw_names *names;
	char path[512]; /* of the current source */
};

static const char *container_of(const struct search *search)
{
	return search->identity->text[CGW_PART_CONTAINER];
}

#define COPY(to, from) copy_text((to), sizeof(to), (from))
static void copy_text(char *to, size_t size, const char *from)
{
	if (from != NULL)
		snprintf(to, size, "%s", from);
}

/* The string at json[first], or at json[first][second] unless `second` is NULL. */
static const char *string_at(const json_t *json, const char *first, const char *second)
{
	const json_t *value = json_object_get(json, first);

	if (second != NULL)
		value = json_object_get(value, second);
	return json_string_value(value);
}

static void read_labels(const json_t *labels, struct cgw_names *names)
{
	COPY(names->pod, string_at(labels, "io.kubernetes.pod.name", NULL));
	COPY(names->pod_namespace, string_at(labels, "io.kubernetes.pod.namespace", NULL));
	COPY(names->role, string_at(labels, "io.kubernetes.container.name", NULL));
}

/* Docker's state file; the sockets of Docker and Podman answer in the same format. */
static int parse_docker(const char *text, size_t length, struct search *search)
{
	CLEANUP(cleanup_json) json_t *json = json_loadb(text, length, 0, NULL);
	const char *name = string_at(json, "Name", NULL);

	if (!json_is_object(json) || name == NULL)
		return -EBADMSG;
	COPY(search->names->name, name + (*name == '/'));
	COPY(search->names->image, string_at(json, "Config", "Image"));
	read_labels(json_object_get(json_object_get(json, "Config"), "Labels"), search->names);
	return 0;
}

/* The store of Podman and CRI-O: a list of containers, with metadata as a string of JSON. */
static int parse_storage(const char *text, size_t length, struct search *search)
{
	CLEANUP(cleanup_json) json_t *json = json_loadb(text, length, 0, NULL);
	const json_t *container;
	size_t i;

	if (!json_is_array(json))
		return -EBADMSG;
	json_array_foreach(json, i, container)
	{
		CLEANUP(cleanup_json) json_t *metadata = NULL;
		const char *id = string_at(container, "id", NULL), *more;

		if (id == NULL || strcmp(id, container_of(search)) != 0)
			continue;
		COPY(search->names->name,
		     json_string_value(json_array_get(json_object_get(container, "names"), 0)));
		more = string_at(container, "metadata", NULL);
		if (more != NULL)
			metadata = json_loads(more, 0, NULL);
		COPY(search->names->image, string_at(metadata, "image-name", NULL));
		COPY(search->names->pod, string_at(metadata, "pod-name", NULL));
		return search->names->name[0] != '\0' ? 0 : -ENOENT;
	}
	return -ENOENT;
}

/* State file of systemd-machined: lines of KEY=value. */
static int parse_machine(const char *text, size_t length, struct search *search)
{
	COPY(search->names->name, container_of(search));
	while (*text != '\0') {
		size_t line = strcspn(text, "\n");

		if (strncmp(text, "CLASS=", 6) == 0)
			snprintf(search->names->role, sizeof(search->names->role), "%.*s",
				 (int)(line - 6), text + 6);
		text += line + (text[line] == '\n');
	}
	return 0;
}

/* "POD_NAMESPACE_CONTAINER-ID.log": kubelet creates this link for every container. */
static int parse_log_name(const char *entry, struct search *search)
{
	const char *id = container_of(search);
	size_t length = strlen(entry), tail = strlen(id) + strlen("-.log");
	const char *space, *role;

	if (id[0] == '\0' || length <= tail || entry[length - tail] != '-' ||
	    strncmp(entry + length - tail + 1, id, strlen(id)) != 0 ||
	    strcmp(entry + length - 4, ".log") != 0)
		return -ENOENT;
	space = strchr(entry, '_');
	role = space != NULL ? strchr(space + 1, '_') : NULL;
	if (role == NULL)
		return -ENOENT;
	snprintf(search->names->pod, sizeof(search->names->pod), "%.*s", (int)(space - entry),
		 entry);
	snprintf(search->names->pod_namespace, sizeof(search->names->pod_namespace), "%.*s",
		 (int)(role - space - 1), space + 1);
	snprintf(search->names->role, sizeof(search->names->role), "%.*s",
		 (int)(length - tail - (size_t)(role + 1 - entry)), role + 1);
	COPY(search->names->name, search->names->role);
	return 0;
}

/* "NAMESPACE_POD_UID": a log directory of kubelet. */
static int parse_pod_name(const char *entry, struct search *search)
{
	const char *uid = search->identity->text[CGW_PART_POD];
	const char *pod = strchr(entry, '_'), *last = strrchr(entry, '_');

	if (uid[0] == '\0' || pod == NULL || last == pod || strcmp(last + 1, uid) != 0)
		return -ENOENT;
	snprintf(search->names->pod_namespace, sizeof(search->names->pod_namespace), "%.*s",
		 (int)(pod - entry), entry);
	snprintf(search->names->pod, sizeof(search->names->pod), "%.*s", (int)(last - pod - 1),
		 pod + 1);
	if (search->identity->kind == CGW_IDENTITY_POD)
		COPY(search->names->name, search->names->pod);
	return 0;
}

enum source_kind { SOURCE_FILE, SOURCE_DIRECTORY, SOURCE_SOCKET };

/* In `path` and `target`, %c is the ID of the container and %u the UID of the user. */
static const struct source {
	const char *engine; /* "": unknown */
	enum source_kind kind;
	const char *path;
	const char *target; /* HTTP request target of a socket */
	int (*parse)(const char *text, size_t length, struct search *search);
	int (*parse_entry)(const char *entry, struct search *search); /* of a directory */
} sources[] = {
	{"docker", SOURCE_FILE, "/var/lib/docker/containers/%c/config.v2.json", NULL, parse_docker,
	 NULL},
	{"docker", SOURCE_SOCKET, "/run/docker.sock", "/containers/%c/json", parse_docker, NULL},
	{"docker", SOURCE_SOCKET, "/run/user/%u/docker.sock", "/containers/%c/json", parse_docker,
	 NULL},
	{"podman", SOURCE_FILE, "/var/lib/containers/storage/overlay-containers/containers.json",
	 NULL, parse_storage, NULL},
	{"podman", SOURCE_FILE, "/var/lib/containers/storage/vfs-containers/containers.json", NULL,
	 parse_storage, NULL},
	{"podman", SOURCE_SOCKET, "/run/podman/podman.sock", "/containers/%c/json", parse_docker,
	 NULL},
	{"podman", SOURCE_SOCKET, "/run/user/%u/podman/podman.sock", "/containers/%c/json",
	 parse_docker, NULL},
	{"cri-o", SOURCE_DIRECTORY, "/var/log/containers", NULL, NULL, parse_log_name},
	{"cri-o", SOURCE_FILE, "/var/lib/containers/storage/overlay-containers/containers.json",
	 NULL, parse_storage, NULL},
	{"containerd", SOURCE_DIRECTORY, "/var/log/containers", NULL, NULL, parse_log_name},
	{"kubernetes", SOURCE_DIRECTORY, "/var/log/containers", NULL, NULL, parse_log_name},
	{"kubernetes", SOURCE_DIRECTORY, "/var/log/pods", NULL, NULL, parse_pod_name},
	{"nspawn", SOURCE_FILE, "/run/systemd/machines/%c", NULL, parse_machine, NULL},
	{"libvirt", SOURCE_FILE, "/run/systemd/machines/qemu-%c", NULL, parse_machine, NULL},
	{"machined", SOURCE_FILE, "/run/systemd/machines/%c", NULL, parse_machine, NULL},
	/* Unknown engine: try Docker. */
	{"", SOURCE_FILE, "/var/lib/docker/containers/%c/config.v2.json", NULL, parse_docker, NULL},
	{"", SOURCE_SOCKET, "/run/docker.sock", "/containers/%c/json", parse_docker, NULL},
};

/*
 * Expands a pattern. The identifiers come from an untrusted path: a missing one, or one that could
 * change the directory or the request, is -ENOENT.
 */
static int expand(const struct search *search, const char *pattern, char *buffer, size_t size)
{
	size_t used = 0;

	for (; *pattern != '\0'; pattern++) {
		const char *part = NULL;
		size_t length = 1;

		if (*pattern == '%') {
			pattern++;
			part = *pattern == 'c' ? container_of(search)
					       : search->identity->text[CGW_PART_UID];
			length = strlen(part);
			if (length == 0 || strspn(part, ".") == length ||
			    strpbrk(part, "/?#% \r\n") != NULL)
				return -ENOENT;
		}
		if (used + length >= size)
			return -ENAMETOOLONG;
		memcpy(buffer + used, part != NULL ? part : pattern, length);
		used += length;
	}
	buffer[used] = '\0';
	return 0;
}

static int read_file_source(const struct source *source, struct search *search)
{
	CLEANUP(cleanup_close)
	int fd = open_regular_file(AT_FDCWD, search->path, O_RDONLY, FILE_SIZE_LIMIT);
	CLEANUP(cleanup_free) char *text = NULL;
	struct stat status;
	ssize_t length;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	text = malloc((size_t)status.st_size + 1);
	if (text == NULL)
		return -ENOMEM;
	length = read(fd, text, (size_t)status.st_size);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	return source->parse(text, (size_t)length, search);
}

static int read_directory_source(const struct source *source, struct search *search)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir(search->path);
	const struct dirent *entry;

	if (directory == NULL)
		return -errno;
	while ((entry = readdir(directory)) != NULL)
		if (source->parse_entry(entry->d_name, search) == 0)
			return 0;
	return -ENOENT;
}

static int query_socket_source(const struct source *source, struct search *search)
{
	unsigned timeout_ms =
		search->options->timeout_ms > 0 ? search->options->timeout_ms : TIMEOUT_MS_DEFAULT;
	CLEANUP(cleanup_free) char *body = NULL;
	char target[256];
	size_t length = 0;
	int r = expand(search, source->target, target, sizeof(target));

	if (r == 0)
		r = socket_get(search->path, target, timeout_ms, &body, &length);
	return r < 0 ? r : source->parse(body, length, search);
}

static int read_source(const struct source *source, struct search *search)
{
	const char *root = search->options->state_root != NULL ? search->options->state_root : "";
	int used = snprintf(search->path, sizeof(search->path), "%s", root), r;

	if (used < 0 || (size_t)used >= sizeof(search->path))
		return -ENAMETOOLONG;
	r = expand(search, source->path, search->path + used, sizeof(search->path) - (size_t)used);
	if (r < 0)
		return r;
	if (source->kind == SOURCE_FILE)
		return read_file_source(source, search);
	if (source->kind == SOURCE_DIRECTORY)
		return read_directory_source(source, search);
	return search->options->no_sockets ? -ENOENT : query_socket_source(source, search);
}

void cgw_names_resolve(const struct cgw_identity *identity, const struct cgw_names_options *options,
		       struct cgw_names *ret_names)
{
	static const struct cgw_names_options defaults = {0};
	struct search search = {.identity = identity,
				.options = options != NULL ? options : &defaults,
				.names = ret_names};
	const char *engine = identity->text[CGW_PART_ENGINE];

	memset(ret_names, 0, sizeof(*ret_names));
	if (identity->kind != CGW_IDENTITY_CONTAINER && identity->kind != CGW_IDENTITY_POD &&
	    identity->kind != CGW_IDENTITY_MACHINE && identity->kind != CGW_IDENTITY_MONITOR)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sources) && ret_names->source[0] == '\0'; i++) {
		int r;

		if (strcmp(sources[i].engine, engine) != 0)
			continue;
		r = read_source(&sources[i], &search);
		if (r == 0)
			snprintf(ret_names->source, sizeof(ret_names->source), "%.255s",
				 search.path);
		/* A missing source is not an error: the next one may have the name. */
		if (r < 0 && !cgw_error_is_gone(r) && r != -ENOTDIR && r != -ECONNREFUSED)
			snprintf(ret_names->problem, sizeof(ret_names->problem), "%.80s: %.40s",
				 search.path, strerror(-r));
	}
	if (ret_names->source[0] != '\0')
		ret_names->problem[0] = '\0';
}

/* A search by name, and the first source of names that could not be read. */
struct name_search {
	struct cgw_names_options options;
	char problem[sizeof(((struct cgw_names *)0)->problem)];
};

static bool is_named(void *context, const struct cgw_identity *identity, const char *name)
{
	struct name_search *search = context;
	struct cgw_names names;

	cgw_names_resolve(identity, &search->options, &names);
	if (names.problem[0] != '\0') {
		if (search->problem[0] == '\0')
			COPY(search->problem, names.problem);
		/* Not to wait for a socket once for every container. */
		search->options.no_sockets = true;
	}
	return names.name[0] != '\0' && strcmp(names.name, name) == 0;
}

int cgw_names_find(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
		   const struct cgw_names_options *options, char **ret_path, struct cgw_diag *diag)
{
	/* No engine accepts other characters: a path or a glob is not looked up. */
	bool possible = strspn(what, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.") == strlen(what);
	struct name_search search = {0};
	struct cgw_diag reason = {0};
	int r;

	if (options != NULL)
		search.options = *options;
	r = cgw_group_find_named(layout, what, hierarchies, possible ? is_named : NULL, &search,
				 ret_path, &reason);

	if (r == -ENOENT && search.problem[0] != '\0')
		return cgw_diag_set(diag, r, "%s; names of containers could not be read: %s",
				    reason.text, search.problem);
	return r < 0 ? cgw_diag_set(diag, r, "%s", reason.text) : 0;
}
