/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-claims.c - which groups the daemons of this machine apply their policies to.
 *
 * A file has the PID, the state directory and the patterns, one a line. The kernel releases the
 * lock of a daemon that was killed; the next one removes its file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/enforce/group-claims.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"

#define LOCK_NAME ".lock"

struct group_claims {
	int directory_fd, fd; /* `fd` is the locked file */
	char *state;
	char name[32];
};

struct group_claims *group_claims_drop(struct group_claims *claims)
{
	if (claims == NULL)
		return NULL;
	if (claims->fd >= 0)
		(void)unlinkat(claims->directory_fd, claims->name, 0);
	cleanup_close(&claims->fd);
	cleanup_close(&claims->directory_fd);
	free(claims->state);
	free(claims);
	return NULL;
}

/* The part of a pattern that each matching path starts with. */
static size_t literal_length(const char *pattern)
{
	return strchr(pattern, '/') != NULL ? strcspn(pattern, "*?[{") : 0;
}

/* May a group match both patterns? */
static bool may_overlap(const char *a, const char *b)
{
	size_t first = literal_length(a), second = literal_length(b);
	size_t common = first < second ? first : second;

	if (strncmp(a, b, common) != 0)
		return false;
	/* A pattern without wildcards matches nothing longer. */
	return !(a[first] == '\0' && first > 0 && first < second) &&
	       !(b[second] == '\0' && second > 0 && second < first);
}

/* The i-th pattern of a section; "**" if it selects from all groups. NULL: no more. */
static const char *pattern_of(const struct cgw_policy *policy, size_t section, size_t i)
{
	const struct cgw_section_info info = cgw_policy_section(policy, section);

	if (!info.holds_values || cgw_policy_settings(policy)->mode != CGW_MODE_ENFORCE)
		return NULL;
	if (info.glob_count == 0)
		return i == 0 ? "**" : NULL;
	return i < info.glob_count ? info.globs[i] : NULL;
}

static const char *find_overlap(const struct cgw_policy *policy, const char *claimed)
{
	const char *pattern;

	for (size_t s = 0; s < cgw_policy_section_count(policy); s++)
		for (size_t i = 0; (pattern = pattern_of(policy, s, i)) != NULL; i++)
			if (may_overlap(pattern, claimed))
				return pattern;
	return NULL;
}

static int report_overlap(const char *pid, const char *state, const char *claimed,
			  const char *pattern, struct cgw_diag *diag)
{
	return cgw_diag_set(
		diag, -EBUSY,
		"another cgward enforce (PID %.10s, state directory %s) may apply to the "
		"same groups: %.100s and %.100s; they would restore each other's values",
		pid, ESCAPED(128, state), claimed, pattern);
}

/* Reads the claims of another daemon, unless it no longer runs. */
static int check_file(const struct group_claims *claims, const char *name,
		      const struct cgw_policy *policy, struct cgw_diag *diag)
{
	CLEANUP(cleanup_close)
	int fd = openat(claims->directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP(cleanup_file) FILE *file = NULL;
	CLEANUP(cleanup_free) char *line = NULL;
	char pid[16] = "?", state[256] = "?";
	size_t size = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		(void)unlinkat(claims->directory_fd, name, 0);
		return 0;
	}
	file = fdopen(fd, "r");
	if (file == NULL)
		return -ENOMEM;
	steal_fd(&fd);
	for (size_t number = 0; getline(&line, &size, file) > 0; number++) {
		const char *pattern;

		line[strcspn(line, "\n")] = '\0';
		if (number == 0)
			snprintf(pid, sizeof(pid), "%s", line);
		else if (number == 1)
			snprintf(state, sizeof(state), "%s", line);
		pattern = number > 1 ? find_overlap(policy, line) : NULL;
		if (pattern != NULL)
			return report_overlap(pid, state, line, pattern, diag);
	}
	return 0;
}

static int check_others(const struct group_claims *claims, const struct cgw_policy *policy,
			struct cgw_diag *diag)
{
	int fd = openat(claims->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;

	if (directory == NULL) {
		r = -errno;
		cleanup_close(&fd);
		return r;
	}
	for (const struct dirent *entry; r == 0 && (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, claims->name) != 0)
			r = check_file(claims, entry->d_name, policy, diag);
	closedir(directory);
	return r;
}

static void print_claims(FILE *file, const struct group_claims *claims,
			 const struct cgw_policy *policy)
{
	const char *pattern;

	fprintf(file, "%d\n%s\n", (int)getpid(), claims->state);
	for (size_t s = 0; s < cgw_policy_section_count(policy); s++)
		for (size_t i = 0; (pattern = pattern_of(policy, s, i)) != NULL; i++)
			fprintf(file, "%s\n", pattern);
}

/* Replaces the file in place, since its lock must remain. */
static int write_claims(struct group_claims *claims, const struct cgw_policy *policy)
{
	int copy = fcntl(claims->fd, F_DUPFD_CLOEXEC, 0), r = 0;
	FILE *file;

	if (copy < 0)
		return -errno;
	file = fdopen(copy, "w");
	if (file == NULL) {
		close(copy);
		return -ENOMEM;
	}
	if (ftruncate(claims->fd, 0) < 0)
		r = -errno;
	rewind(file);
	print_claims(file, claims, policy);
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

int group_claims_update(struct group_claims *claims, const struct cgw_policy *policy,
			struct cgw_diag *diag)
{
	/* Closing it releases the lock. */
	CLEANUP(cleanup_close)
	int lock = openat(claims->directory_fd, LOCK_NAME,
			  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return -errno;
	r = check_others(claims, policy, diag);
	if (r == 0 && claims->fd < 0) {
		claims->fd = openat(claims->directory_fd, claims->name,
				    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (claims->fd < 0 || flock(claims->fd, LOCK_EX | LOCK_NB) < 0)
			r = -errno;
	}
	return r == 0 ? write_claims(claims, policy) : r;
}

/* Claims are trusted, so only the owner may write them. */
static int open_directory(const char *directory, int *ret_fd)
{
	CLEANUP(cleanup_close) int fd = -1;
	struct stat status;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	*ret_fd = steal_fd(&fd);
	return 0;
}

int group_claims_take(const char *directory, const char *state, const struct cgw_policy *policy,
		      struct group_claims **ret_claims, struct cgw_diag *diag)
{
	struct group_claims *claims = calloc(1, sizeof(*claims));
	int r;

	if (claims == NULL)
		return -ENOMEM;
	claims->directory_fd = claims->fd = -1;
	claims->state = strdup(state);
	/* Unique also among the processes of several PID namespaces. */
	snprintf(claims->name, sizeof(claims->name), "%d-%p", (int)getpid(), (void *)claims);
	r = claims->state != NULL ? open_directory(directory, &claims->directory_fd) : -ENOMEM;
	if (r == 0)
		r = group_claims_update(claims, policy, diag);
	if (r < 0) {
		group_claims_drop(claims);
		return r;
	}
	*ret_claims = claims;
	return 0;
}
