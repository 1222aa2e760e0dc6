/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log-systemd-journal.c - `cgward log --journal systemd`: cgward's entries in systemd journals,
 * newest first, from this machine or from the machines that systemd-journal-remote has collected.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/change/log-systemd-journal.h"
#include "lib/base/cleanup.h"
#include "lib/base/libsystemd.h"
#include "lib/base/local-text.h"
#include "shared/cli/listing.h"
#include "shared/cli/systemd-journal.h"
#include <cgward/model.h>
#include <cgward/render.h>

#define FIELD_MAX_BYTES 4096

enum { TIME, HOST, GROUP, WHAT, OLD, NEW, WHO, STATE, WHY, COLUMN_COUNT };

static const struct listing_column columns[COLUMN_COUNT + 1] = {
	[TIME] = {"TIME", "time", LISTING_FIXED},    [HOST] = {"HOST", "host", LISTING_NAME},
	[GROUP] = {"GROUP", "group", LISTING_NAME},  [WHAT] = {"WHAT", "what", LISTING_FIXED},
	[OLD] = {"OLD", "old", LISTING_NAME},        [NEW] = {"NEW", "new", LISTING_NAME},
	[WHO] = {"WHO", "who", LISTING_MINOR},       [STATE] = {"STATE", "state", LISTING_FIXED},
	[WHY] = {"WHY", "why", LISTING_MINOR_PROSE},
};

/* The journal fields of a column: the first one that is not empty is shown. */
static const char *const fields[COLUMN_COUNT][2] = {
	[HOST] = {"_HOSTNAME"},
	[GROUP] = {"CGWARD_GROUP"},
	[WHAT] = {"CGWARD_KEY", "CGWARD_ACTION"},
	[OLD] = {"CGWARD_OLD"},
	[NEW] = {"CGWARD_KEPT", "CGWARD_NEW"},
	[WHO] = {"CGWARD_WHO", "CGWARD_RULE"},
	[WHY] = {"CGWARD_REASON"},
};

struct line {
	char cells[COLUMN_COUNT][FIELD_MAX_BYTES];
};

DEFINE_CLEANUP(cleanup_journal, sd_journal *, sd_journal_close)

static int open_journal(const char *where, sd_journal **ret_journal)
{
	const char *files[] = {where, NULL};
	struct stat status;
	int r = libsystemd_load(NULL);

	if (r < 0)
		return r;
	if (where[0] == '\0')
		return sd_journal_open(ret_journal, SD_JOURNAL_LOCAL_ONLY);
	if (stat(where, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? sd_journal_open_directory(ret_journal, where, 0)
				       : sd_journal_open_files(ret_journal, files, 0);
}

static int add_matches(sd_journal *journal)
{
	static const enum cli_message messages[] = {CLI_MESSAGE_ACTION, CLI_MESSAGE_CHANGE};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(messages) && r >= 0; i++)
		r = sd_journal_add_match(
			journal, FORMATTED(64, "MESSAGE_ID=%s", cli_message_id(messages[i])), 0);
	return r;
}

/* Gets a field, escaped: any process can write to the journal, so its contents are untrusted. */
static bool get_field(sd_journal *journal, const char *field, char *buffer, size_t size)
{
	size_t length, name = strlen(field) + 1;
	const void *data;

	buffer[0] = '\0';
	if (sd_journal_get_data(journal, field, &data, &length) < 0 || length <= name)
		return false;
	cgw_escape(buffer, size, (const char *)data + name, length - name);
	return true;
}

/* Group names were escaped when written, so escaping again has doubled their backslashes. */
static void unescape_backslashes(char *text)
{
	static const char twice[] = "\\x5c";
	char *to = text;

	while (*text != '\0') {
		bool slash = strncmp(text, twice, strlen(twice)) == 0;

		*to++ = slash ? '\\' : *text;
		text += slash ? strlen(twice) : 1;
	}
	*to = '\0';
}

static void fill(sd_journal *journal, struct line *line)
{
	uint64_t time_us = 0;
	char error[32], dry_run[8];

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		line->cells[i][0] = '\0';
		for (size_t j = 0; j < 2 && fields[i][j] != NULL; j++)
			if (get_field(journal, fields[i][j], line->cells[i], FIELD_MAX_BYTES))
				break;
	}
	unescape_backslashes(line->cells[GROUP]);
	if (sd_journal_get_realtime_usec(journal, &time_us) >= 0)
		cgw_format_time(time_us * 1000, line->cells[TIME], FIELD_MAX_BYTES);
	if (get_field(journal, "ERRNO", error, sizeof(error)) && strcmp(error, "0") != 0)
		snprintf(line->cells[STATE], FIELD_MAX_BYTES, "failed");
	else if (get_field(journal, "CGWARD_DRY_RUN", dry_run, sizeof(dry_run)) &&
		 strcmp(dry_run, "1") == 0)
		snprintf(line->cells[STATE], FIELD_MAX_BYTES, "would");
}

static bool is_selected(const struct log_journal *log, const char *group)
{
	for (int i = 0; i < log->glob_count; i++)
		if (strcmp(log->globs[i], group) == 0 || cgw_glob_match(log->globs[i], group))
			return true;
	return log->glob_count == 0;
}

static int read_all(const struct log_journal *log, sd_journal *journal, struct listing *listing)
{
	CLEANUP(cleanup_free) struct line *line = malloc(sizeof(*line));
	uint64_t shown = 0;
	int r = line == NULL ? -ENOMEM : add_matches(journal);

	if (r >= 0)
		r = sd_journal_seek_tail(journal);
	while (r >= 0 && (log->count == 0 || shown < log->count)) {
		r = sd_journal_previous(journal);
		if (r <= 0)
			break;
		fill(journal, line);
		if (!is_selected(log, line->cells[GROUP]))
			continue;
		shown++;
		listing_record(listing);
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			(i == TIME ? listing_time : listing_text)(listing, line->cells[i]);
	}
	return r < 0 ? r : 0;
}

enum cli_exit log_journal_print(const struct log_journal *log)
{
	CLEANUP(cleanup_journal) sd_journal *journal = NULL;
	struct listing listing;
	char shown[512];
	int r = open_journal(log->where, &journal);

	if (r >= 0) {
		listing_start(&listing, stdout, log->json, columns,
			      table_width(log->context, stdout));
		listing.json_key = "changes";
		r = read_all(log, journal, &listing);
		listing.error = r < 0 ? r : listing.error;
		r = listing_end(&listing);
	}
	if (r >= 0)
		return CLI_OK;
	cgw_escape(shown, sizeof(shown), log->where, strlen(log->where));
	cli_error(log->context, "cannot read %s: %s",
		  shown[0] != '\0' ? shown : "the local systemd journal", strerror(-r));
	return r == -EACCES || r == -EPERM ? CLI_NO_PRIVILEGE : CLI_FAILED;
}
