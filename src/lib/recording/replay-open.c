/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay-open.c - opening of the files of a replay; their combined positions, marks and damage. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/regular-file.h"
#include "lib/recording/replay-priv.h"

static int add_file(struct cgw_replay *replay, const char *path, struct record_file *failed)
{
	int r = ARRAY_RESERVE(replay->files, replay->file_size, replay->file_count + 1);

	if (r == 0)
		r = ARRAY_RESERVE(replay->base, replay->base_size, replay->file_count + 1);
	*failed = (struct record_file){.fd = -1};
	if (r == 0)
		r = record_file_open(path, O_RDONLY, failed);
	if (r == 0)
		replay->files[replay->file_count++] = *failed;
	return r;
}

/* Collects the marks of all files, by position. */
static int collect_marks(struct cgw_replay *replay)
{
	replay->mark_count = 0;
	for (size_t i = 0; i < replay->file_count; i++) {
		const struct record_file *file = &replay->files[i];

		for (size_t j = 0; j < file->mark_count; j++) {
			const struct file_mark *mark = &file->marks[j];

			if (ARRAY_RESERVE(replay->marks, replay->mark_size,
					  replay->mark_count + 1) < 0)
				return -ENOMEM;
			replay->marks[replay->mark_count++] = (struct cgw_mark){
				.realtime_ns = mark->realtime_ns,
				.position = replay->base[i] + mark->sequence - file->first.sequence,
				.kinds = mark->kinds,
			};
		}
	}
	return 0;
}

int replay_collect_damage(struct cgw_replay *replay)
{
	size_t count = 0;

	for (size_t i = 0; i < replay->file_count; i++)
		count += replay->files[i].damage_count;
	if (ARRAY_RESERVE(replay->damage, replay->damage_size, count) < 0)
		return -ENOMEM;
	replay->damage_count = 0;
	for (size_t i = 0; i < replay->file_count; i++)
		for (size_t j = 0; j < replay->files[i].damage_count; j++) {
			const struct file_damage *damage = &replay->files[i].damage[j];

			replay->damage[replay->damage_count++] = (struct cgw_damage){
				.file = replay->files[i].path,
				.offset = damage->offset,
				.length = damage->length,
				.what = damage->what,
			};
		}
	return 0;
}

/* Computes the positions, marks and damage over all files. */
static int combine_files(struct cgw_replay *replay)
{
	uint64_t position = 0;
	int r;

	for (size_t i = 0; i < replay->file_count; i++) {
		const struct record_file *file = &replay->files[i];

		replay->base[i] = position;
		if (file->has_samples && file->last.sequence >= file->first.sequence)
			position += file->last.sequence - file->first.sequence + 1;
	}
	r = collect_marks(replay);
	return r < 0 ? r : replay_collect_damage(replay);
}

static int set_error(struct cgw_diag *diag, int error, const char *path, uint32_t version)
{
	char shown[256];

	cgw_escape(shown, sizeof(shown), path, strlen(path));
	switch (error) {
	case -EBADMSG:
		return cgw_diag_set(diag, error,
				    "%s: not a cgward recording, or its header is damaged "
				    "(expected a .cgwr file or a directory of such files)",
				    shown);
	case -EPROTONOSUPPORT:
		return cgw_diag_set(
			diag, -EBADMSG,
			"%s: unsupported recording format %u (this cgward reads format %u); "
			"update cgward",
			shown, version, RECORDING_VERSION);
	case -ENODATA:
		return cgw_diag_set(
			diag, error,
			"%s: no recorded samples found; if a recorder was just started, "
			"wait for its first sample",
			shown);
	default:
		return cgw_diag_set(diag, error, "cannot read %s: %s", shown,
				    regular_file_error_text(error));
	}
}

/* Skips files that are not readable as recordings, unless there are no others. */
static int open_directory(struct cgw_replay *replay, struct cgw_diag *diag)
{
	CLEANUP(string_list_free) struct string_list list = {0};
	CLEANUP(cleanup_free) char *failed_path = NULL;
	struct record_file failed = {.fd = -1};
	int last_error = -ENODATA, r = record_directory_list(replay->path, &list);

	for (size_t i = 0; i < list.count && r == 0; i++) {
		CLEANUP(cleanup_free) char *path = record_path(replay->path, list.items[i]);

		r = path == NULL ? -ENOMEM : add_file(replay, path, &failed);
		if (r < 0) {
			free(failed_path);
			failed_path = path;
			path = NULL;
		}
		if (r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EMEDIUMTYPE || r == -ENOENT) {
			last_error = r;
			r = 0;
		}
	}
	if (r == 0 && replay->file_count == 0)
		r = last_error;
	return r < 0 ? set_error(diag, r, failed_path != NULL ? failed_path : replay->path,
				 failed.header.version)
		     : 0;
}

int replay_open_files(struct cgw_replay *replay, struct cgw_diag *diag)
{
	struct record_file failed;
	struct stat status;
	bool has_samples = false;
	int r;

	if (stat(replay->path, &status) < 0)
		return set_error(diag, -errno, replay->path, 0);
	replay->directory = S_ISDIR(status.st_mode);
	if (replay->directory) {
		r = open_directory(replay, diag);
		if (r < 0)
			return r;
	} else {
		r = add_file(replay, replay->path, &failed);
		if (r < 0)
			return set_error(diag, r, replay->path, failed.header.version);
	}
	for (size_t i = 0; i < replay->file_count; i++)
		has_samples |= replay->files[i].has_samples;
	if (!has_samples)
		return set_error(diag, -ENODATA, replay->path, 0);
	r = combine_files(replay);
	return r < 0 ? set_error(diag, r, replay->path, 0) : 0;
}

/* Opens the files of the directory that are newer than the last one that is open. */
static int add_new_files(struct cgw_replay *replay)
{
	CLEANUP(string_list_free) struct string_list list = {0};
	struct record_file failed = {.fd = -1};
	int more = 0, r = record_directory_list(replay->path, &list);

	for (size_t i = 0; i < list.count && r >= 0; i++) {
		CLEANUP(cleanup_free) char *path = record_path(replay->path, list.items[i]);

		if (path == NULL)
			return -ENOMEM;
		if (replay->file_count > 0 &&
		    strcmp(path, replay->files[replay->file_count - 1].path) <= 0)
			continue;
		r = add_file(replay, path, &failed);
		more |= r == 0;
		if (r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EMEDIUMTYPE || r == -ENOENT)
			r = 0; /* may be incomplete yet: the next refresh tries again */
	}
	return r < 0 ? r : more;
}

int replay_refresh_files(struct cgw_replay *replay)
{
	int more = 0, r = 0;

	if (replay->file_count > 0)
		more = record_file_refresh(&replay->files[replay->file_count - 1]);
	if (more >= 0 && replay->directory)
		r = add_new_files(replay);
	if (more < 0 || r < 0)
		return more < 0 ? more : r;
	if (more + r > 0)
		r = combine_files(replay) < 0 ? -ENOMEM : 1;
	return r;
}
