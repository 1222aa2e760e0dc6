/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy-load.c - loading of policy files with inih.
 *
 * inih splits lines into keys and values, but silently cuts lines at 200 bytes and reads the rest
 * as a separate line, cuts section names at 49 bytes, reports no line numbers, skips empty sections
 * and treats indented lines as continuations. Therefore next_line() feeds it the lines: it counts
 * them, rejects those that inih would misread, and parses section headers itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/regular-file.h"
#include "lib/policy/policy-priv.h"

#define LINE_MAX_BYTES 197 /* plus newline and terminator: fits inih's buffer of 200 bytes */
#define FILE_MAX_BYTES (4 << 20)
#define SECTION_MAX    49

struct reader {
	struct policy_loading *loading;
	const char *at, *end;
};

/* "[kind name]", followed by nothing but a comment. */
static void parse_header(struct policy_loading *loading, const char *line, size_t length)
{
	const char *close = memchr(line, ']', length), *rest;
	char header[SECTION_MAX + 1];
	size_t size;

	loading->section = NULL;
	loading->in_section = true; /* also if it is invalid: its keys are skipped */
	if (close == NULL) {
		policy_error(loading, "missing ']' in section header");
		return;
	}
	size = (size_t)(close - line) - 1;
	if (size > SECTION_MAX) {
		policy_error(loading, "section header too long (%zu bytes, maximum %d)", size,
			     SECTION_MAX);
		return;
	}
	for (rest = close + 1; rest < line + length && (*rest == ' ' || *rest == '\t');)
		rest++;
	if (rest < line + length && *rest != ';' && *rest != '#') {
		policy_error(loading, "unexpected text after section header");
		return;
	}
	memcpy(header, line + 1, size);
	header[size] = '\0';
	policy_begin_section(loading, header);
}

/* Whether to pass the line to inih. Parses section headers. */
static bool is_key_line(struct policy_loading *loading, const char *line, size_t length)
{
	if (memchr(line, '\0', length) != NULL) {
		policy_error(loading, "line contains a NUL byte (not a text file?)");
		return false;
	}
	if (length == 0 || line[0] == '#' || line[0] == ';')
		return false;
	if (length > LINE_MAX_BYTES) {
		policy_error(loading,
			     "line too long (%zu bytes, maximum %d); repeat the key for more "
			     "patterns or actions",
			     length, LINE_MAX_BYTES);
		return false;
	}
	if (line[0] == '[') {
		parse_header(loading, line, length);
		return false;
	}
	/* inih also splits at a colon, which could be part of the key. */
	if (strcspn(line, "=:\n") >= length || line[strcspn(line, "=:\n")] != '=') {
		policy_error(loading, "invalid line (expected KEY = VALUE or [SECTION])");
		return false;
	}
	return true;
}

/* fgets() for inih; returns an empty line in place of each line that inih must not see. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reader *reader = stream;
	const char *line = reader->at, *newline;
	size_t length;

	if (line >= reader->end || size < LINE_MAX_BYTES + 2)
		return NULL;
	newline = memchr(line, '\n', (size_t)(reader->end - line));
	length = (size_t)((newline != NULL ? newline : reader->end) - line);
	reader->at = line + length + 1;
	reader->loading->line++;
	if (reader->loading->line == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3; /* byte order mark, written by some editors */
		length -= 3;
	}
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 &&
	       (line[length - 1] == '\r' || line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	if (!is_key_line(reader->loading, line, length))
		length = 0;
	memcpy(buffer, line, length);
	buffer[length] = '\n';
	buffer[length + 1] = '\0';
	return buffer;
}

static int parse_pair(void *user, const char *section, const char *name, const char *value)
{
	struct policy_loading *loading = user;

	/* inih cuts `section`; next_line() has parsed the header. */
	if (!loading->in_section)
		policy_error(loading, "key '%s' is outside of any section", name);
	else
		policy_parse_key(loading, name, value);
	return 1;
}

static void parse_text(struct policy_loading *loading, const char *name, const char *text,
		       size_t length)
{
	struct reader reader = {loading, text, text + length};

	loading->file = name;
	loading->line = 0;
	loading->section = NULL;
	loading->in_section = false;
	if (ini_parse_stream(next_line, &reader, parse_pair, loading) != 0 && loading->errors == 0)
		policy_error(loading, "cannot parse the file");
}

static void set_defaults(struct cgw_policy *policy)
{
	policy->settings = (struct cgw_policy_settings){
		.interval_ns = NS_PER_S,
		.keep_limits = true,
		.max_concurrent = 3,
		.max_per_hour = 60,
		.max_fraction = 50,
		.gap = 3,
	};
	policy->record.interval_ns = 5 * NS_PER_S;
	policy->record.size_bytes = UINT64_C(200) << 20;
	policy->record.keep_ns = 7 * 86400 * NS_PER_S;
	policy->metrics.groups_max = 10000;
	policy->postmortem.interval_ns = NS_PER_S;
	policy->postmortem.last_ns = 60 * NS_PER_S;
	policy->postmortem.gap_ns = 60 * NS_PER_S;
	policy->postmortem.pages_max = 100;
	policy->postmortem.size_bytes = UINT64_C(20) << 20;
}

static int finish(struct policy_loading *loading, struct cgw_policy **ret_policy)
{
	struct cgw_policy *policy = loading->policy;

	policy_forget_names(loading);
	if (!loading->out_of_memory)
		policy_check(loading);
	policy->settings.state = policy->state;
	policy->settings.notify = policy->notify;
	if (loading->out_of_memory || loading->errors > 0) {
		cgw_policy_free(policy);
		return loading->out_of_memory ? -ENOMEM : -EINVAL;
	}
	*ret_policy = policy;
	return 0;
}

int cgw_policy_parse(const char *name, const char *text, size_t length,
		     const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy)
{
	struct policy_loading loading = {.reporter = reporter};

	loading.policy = calloc(1, sizeof(*loading.policy));
	if (loading.policy == NULL)
		return -ENOMEM;
	set_defaults(loading.policy);
	parse_text(&loading, name, text, length);
	return finish(&loading, ret_policy);
}

/* As root, the file controls what root does: only root may be able to change or replace it. */
static bool is_safe(struct policy_loading *loading, const struct stat *status, const char *what)
{
	if (geteuid() != 0)
		return true;
	if (status->st_uid != 0) {
		policy_error(loading,
			     "the %s is owned by user %u, not by root; run 'chown root' on it",
			     what, (unsigned)status->st_uid);
		return false;
	}
	if (status->st_mode & (S_IWGRP | S_IWOTH)) {
		policy_error(loading,
			     "the %s is writable by users other than root; run 'chmod go-w' on it",
			     what);
		return false;
	}
	return true;
}

static int read_whole(int fd, size_t size, char **ret_text, size_t *ret_length)
{
	char *text = malloc(size + 1);
	size_t length = 0;

	if (text == NULL)
		return -ENOMEM;
	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = -errno;

			free(text);
			return error;
		}
		if (n == 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static void load_file(struct policy_loading *loading, const char *path)
{
	CLEANUP(cleanup_close) int fd = open_regular_file(AT_FDCWD, path, O_RDONLY, FILE_MAX_BYTES);
	CLEANUP(cleanup_free) char *text = NULL;
	struct stat status;
	size_t length = 0;
	int r = 0;

	loading->file = path;
	loading->line = 0;
	if (fd == -EMEDIUMTYPE || fd == -EFBIG) {
		policy_error(loading, "not a regular file of at most %dM", FILE_MAX_BYTES >> 20);
		return;
	}
	if (fd < 0 || fstat(fd, &status) < 0) {
		policy_error(loading, "cannot open: %s", strerror(fd < 0 ? -fd : errno));
		return;
	}
	if (!is_safe(loading, &status, "file"))
		return;
	r = read_whole(fd, (size_t)status.st_size, &text, &length);
	if (r < 0) {
		policy_error(loading, "cannot read: %s", strerror(-r));
		return;
	}
	parse_text(loading, path, text, length);
}

static int is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A Kubernetes ConfigMap is mounted read-only, but its directories are world-writable. */
static bool is_read_only(const char *directory)
{
	struct statvfs mounted;

	return statvfs(directory, &mounted) == 0 && (mounted.f_flag & ST_RDONLY);
}

static void load_directory(struct policy_loading *loading, const char *directory)
{
	struct dirent **entries = NULL;
	struct stat status;
	int count;

	loading->file = directory;
	loading->line = 0;
	loading->section = NULL;
	/* Write access is enough to add a link to another file owned by root. */
	if (stat(directory, &status) == 0 && S_ISDIR(status.st_mode) && !is_read_only(directory) &&
	    !is_safe(loading, &status, "directory"))
		return;
	count = scandir(directory, &entries, is_conf, by_bytes);
	if (count < 0 && errno != ENOENT)
		policy_error(loading, "cannot read the directory: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *path = NULL;

		if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0) {
			path = NULL;
			loading->out_of_memory = true;
		} else {
			load_file(loading, path);
		}
		free(entries[i]);
	}
	free(entries);
}

int cgw_policy_load(const char *file, const char *directory,
		    const struct cgw_policy_reporter *reporter, struct cgw_policy **ret_policy)
{
	struct policy_loading loading = {.reporter = reporter, .check_files = true};

	loading.policy = calloc(1, sizeof(*loading.policy));
	if (loading.policy == NULL)
		return -ENOMEM;
	set_defaults(loading.policy);
	if (file != NULL)
		load_file(&loading, file);
	if (directory != NULL)
		load_directory(&loading, directory);
	return finish(&loading, ret_policy);
}
