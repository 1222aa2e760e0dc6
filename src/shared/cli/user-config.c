/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* user-config.c - the user's configuration file, parsed with inih. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/file-replacement.h"
#include "lib/base/local-text.h"
#include "lib/base/regular-file.h"
#include "shared/cli/user-config.h"

/* inih silently splits longer lines and names. */
#define LINE_MAX_BYTES 190
#define NAME_MAX_BYTES 48
#define FILE_BYTES_MAX (UINT64_C(1) << 20)

int config_path(char *buffer, size_t size)
{
	const char *directory = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int length;

	/* The XDG specification requires that relative paths are ignored. */
	if (directory != NULL && directory[0] == '/')
		length = snprintf(buffer, size, "%s/cgward/config", directory);
	else if (home != NULL && home[0] == '/')
		length = snprintf(buffer, size, "%s/.config/cgward/config", home);
	else
		return -ENOENT;
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int config_add(struct config *config, const char *section, const char *name, const char *value)
{
	struct config_entry *entry;

	if (ARRAY_RESERVE(config->entries, config->capacity, config->count + 1) < 0)
		return -ENOMEM;
	entry = &config->entries[config->count];
	entry->section = strdup(section);
	entry->name = name != NULL ? strdup(name) : NULL;
	entry->value = value != NULL ? strdup(value) : NULL;
	entry->line = 0;
	if (entry->section == NULL || (name != NULL && entry->name == NULL) ||
	    (value != NULL && entry->value == NULL)) {
		free(entry->section);
		free(entry->name);
		free(entry->value);
		return -ENOMEM;
	}
	config->count++;
	return 0;
}

bool config_can_hold(const char *name, const char *value)
{
	size_t length = strlen(value);

	if (strlen(name) + strlen(" = \n") + length > LINE_MAX_BYTES)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool blank = value[i] == ' ' || value[i] == '\t';

		/* Blanks at the ends are removed, and a semicolon after a blank is a comment. */
		if ((unsigned char)value[i] < ' ' && value[i] != '\t')
			return false;
		if (blank && (i == 0 || i + 1 == length || value[i + 1] == ';'))
			return false;
		if (i == 0 && value[i] == ';')
			return false;
	}
	return true;
}

void config_done(struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		free(config->entries[i].section);
		free(config->entries[i].name);
		free(config->entries[i].value);
	}
	free(config->entries);
	*config = (struct config){0};
}

struct reading {
	FILE *file;
	struct config *config;
	unsigned line;
	unsigned bad_line; /* too long */
	bool failed;       /* out of memory */
};

static char *read_line(char *buffer, int size, void *stream)
{
	struct reading *reading = stream;
	char *text = fgets(buffer, size, reading->file);
	size_t length;

	if (text == NULL)
		return NULL;
	reading->line++;
	length = strlen(text);
	if (length > LINE_MAX_BYTES && reading->bad_line == 0)
		reading->bad_line = reading->line;
	return text;
}

static int on_entry(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	if (strlen(section) >= NAME_MAX_BYTES || strlen(name) >= NAME_MAX_BYTES) {
		if (reading->bad_line == 0)
			reading->bad_line = reading->line;
		return 0;
	}
	if (config_add(reading->config, section, name, value != NULL ? value : "") < 0) {
		reading->failed = true;
		return 0;
	}
	reading->config->entries[reading->config->count - 1].line = reading->line;
	return 1;
}

static int invalid_file(struct cgw_diag *diag, const char *path, int line, const char *why)
{
	int r = cgw_diag_set(diag, -EBADMSG, "%s", why);

	if (diag != NULL) {
		diag->line = line > 0 ? (unsigned)line : 0;
		cgw_escape(diag->file, sizeof(diag->file), path, strlen(path));
	}
	return r;
}

/* NULL, with errno set, if it cannot be opened. */
static FILE *open_config(const char *path)
{
	CLEANUP(cleanup_close) int fd = open_regular_file(AT_FDCWD, path, O_RDONLY, FILE_BYTES_MAX);
	FILE *file;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (file != NULL)
		steal_fd(&fd);
	return file;
}

int config_load(const char *path, struct config *config, struct cgw_diag *diag)
{
	CLEANUP(cleanup_file) FILE *file = open_config(path);
	struct reading reading = {.file = file, .config = config};
	int line;

	*config = (struct config){0};
	if (file == NULL && errno == ENOENT)
		return 0;
	if (file == NULL)
		return invalid_file(diag, path, 0, regular_file_error_text(-errno));
	line = ini_parse_stream(read_line, &reading, on_entry, &reading);
	if (reading.failed || line < 0)
		return -ENOMEM;
	if (reading.bad_line > 0)
		return invalid_file(
			diag, path, (int)reading.bad_line,
			"line or name too long (at most 190 bytes per line, 47 per name)");
	if (line > 0)
		return invalid_file(diag, path, line,
				    "invalid line (expected '[section]' or 'name = value')");
	return 0;
}

static bool has_name(const struct config *config, const char *section, const char *name,
		     size_t length)
{
	for (size_t i = 0; i < config->count; i++)
		if (strcmp(config->entries[i].section, section) == 0 &&
		    config->entries[i].name != NULL && strlen(config->entries[i].name) == length &&
		    memcmp(config->entries[i].name, name, length) == 0)
			return true;
	return false;
}

static bool is_removed(const struct config *config, const char *section)
{
	for (size_t i = 0; i < config->count; i++)
		if (config->entries[i].name == NULL &&
		    strcmp(config->entries[i].section, section) == 0)
			return true;
	return false;
}

/* Writes all entries of a section, and marks them in `written`. */
static void write_section(FILE *out, const struct config *config, const char *section,
			  bool *written)
{
	for (size_t i = 0; i < config->count; i++) {
		if (written[i] || strcmp(config->entries[i].section, section) != 0)
			continue;
		if (config->entries[i].value != NULL)
			fprintf(out, "%s = %s\n", config->entries[i].name,
				config->entries[i].value);
		written[i] = true;
	}
}

/* Parses "[name]" into `section`; returns false for other lines. */
static bool is_header(const char *line, char *section, size_t size)
{
	const char *start = line + strspn(line, " \t");
	size_t length;

	if (*start != '[')
		return false;
	length = strcspn(start + 1, "]\n");
	if (length >= size)
		length = size - 1;
	memcpy(section, start + 1, length);
	section[length] = '\0';
	return true;
}

/* Copies the file without lines that `config` replaces; entries follow their section header. */
static void merge(FILE *in, FILE *out, const struct config *config, bool *written)
{
	char section[NAME_MAX_BYTES] = "", line[512];
	bool removed = false;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		const char *start = line + strspn(line, " \t");

		if (is_header(line, section, sizeof(section))) {
			removed = is_removed(config, section);
			if (removed)
				continue;
			fputs(line, out);
			write_section(out, config, section, written);
			continue;
		}
		if (removed)
			continue;
		if (*start != '#' && *start != ';') {
			size_t length = strcspn(start, "=:\n");

			while (length > 0 &&
			       (start[length - 1] == ' ' || start[length - 1] == '\t'))
				length--;
			if (has_name(config, section, start, length))
				continue;
		}
		fputs(line, out);
	}
	for (size_t i = 0; i < config->count; i++) {
		if (written[i] || config->entries[i].value == NULL)
			continue;
		fprintf(out, "[%s]\n", config->entries[i].section);
		write_section(out, config, config->entries[i].section, written);
	}
}

static void make_directories(const char *path)
{
	CLEANUP(cleanup_free) char *copy = strdup(path);

	for (char *at = copy != NULL ? strchr(copy + 1, '/') : NULL; at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(copy, 0700); /* opening the file reports the error */
		*at = '/';
	}
}

static int cannot_write(struct cgw_diag *diag, const char *path, int error)
{
	return cgw_diag_set(diag, error, "cannot write %s: %s", ESCAPED(256, path),
			    regular_file_error_text(error));
}

int config_save(const char *path, const struct config *config, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) bool *written = calloc(config->count + 1, sizeof(*written));
	CLEANUP(cleanup_file) FILE *in = open_config(path);
	CLEANUP(cleanup_replacement) struct file_replacement file = FILE_REPLACEMENT_NONE;
	int r = in == NULL && errno != ENOENT ? -errno : 0;

	if (r < 0) /* it would be replaced without its comments and unknown names */
		return cannot_write(diag, path, r);
	if (written == NULL)
		return -ENOMEM;
	make_directories(path);
	r = replacement_begin_stream(&file, AT_FDCWD, path, 0666, true);
	if (r == 0) {
		merge(in, file.stream, config, written);
		/* After a crash, the next start would reject a half-written file. */
		r = replacement_commit(&file, true);
	}
	return r < 0 ? cannot_write(diag, path, r) : 0;
}
