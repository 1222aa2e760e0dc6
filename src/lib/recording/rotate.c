/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rotate.c - the files of a recorder: locking, continuing after a crash, size and age limits. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/regular-file.h"
#include "lib/recording/recorder-priv.h"

/* A limited recording is stored in this many parts; the oldest part is dropped as a whole. */
#define PARTS 8
/* Limits of each file in a directory, even if the recording has larger limits or none. */
#define PART_MAX_BYTES (UINT64_C(1) << 30)
#define PART_MAX_NS    (86400 * NS_PER_S)
#define PART_MIN_BYTES UINT64_C(65536)

#define BUSY_MESSAGE "another recorder is writing to it; stop that one, or choose another path"

static int set_error(struct cgw_diag *diag, int error, const char *path, const char *what)
{
	char shown[256];

	cgw_escape(shown, sizeof(shown), path, strlen(path));
	return cgw_diag_set(diag, error, "%s: %s", shown, what);
}

/* "cannot VERB PATH: " and the text of the error number. */
static int set_system_error(struct cgw_diag *diag, int error, const char *verb, const char *path)
{
	char shown[256];

	cgw_escape(shown, sizeof(shown), path, strlen(path));
	return cgw_diag_set(diag, error, "cannot %s %s: %s", verb, shown, strerror(-error));
}

/* Writes the header of a new recording into an empty file. */
static int create_header(struct cgw_recorder *recorder, int fd, const char *path)
{
	struct file_header header = {.version = RECORDING_VERSION, .sequence = recorder->sequence};
	struct file_hint hint = {.start = FILE_HEADER_BYTES};
	uint8_t raw[FILE_HEADER_BYTES];
	int r;

	header.created_ns = clock_ns(CLOCK_REALTIME);
	file_header_store(&header, raw);
	file_hint_store(&hint, raw + FILE_HINT_OFFSET);
	r = write_whole_at(fd, raw, sizeof(raw), 0);
	/* An incomplete header would look like damage; an empty file is initialized later. */
	if (r < 0)
		return ftruncate(fd, 0) < 0 ? -errno : r;
	return record_file_scan(path, fd, &recorder->file);
}

/* Verifies the last sample: after a power failure its payload may not have reached the disk. */
static int check_last(struct cgw_recorder *recorder)
{
	const struct record_file *file = &recorder->file;
	CLEANUP(bytes_done) struct bytes stored = {0};
	struct cursor payload = {0};
	int r;

	if (!file->has_samples || file->last_offset == 0)
		return 0;
	r = record_file_payload(file, file->last_offset, &file->last, &stored);
	if (r == 0)
		r = packer_unpack(recorder->packer, &file->last, stored.data, &payload);
	return r;
}

/* Continues after the last complete block; truncates anything after it. */
static int continue_file(struct cgw_recorder *recorder, int fd, const char *path)
{
	struct record_file *file = &recorder->file;
	int r = record_file_scan(path, fd, file);

	while (r == 0 && check_last(recorder) == -EBADMSG) {
		uint64_t end = file->last_offset;

		file->fd = -1; /* the descriptor stays open */
		record_file_done(file);
		if (ftruncate(fd, (off_t)end) < 0)
			return -errno;
		r = record_file_scan(path, fd, file);
	}
	if (r < 0)
		return r;
	if (file->end < file->size && ftruncate(fd, (off_t)file->end) < 0) {
		file->fd = -1;
		record_file_done(file);
		return -errno;
	}
	file->size = file->end;
	if (file->has_samples)
		recorder->sequence = file->last.sequence + 1;
	else if (recorder->sequence < file->header.sequence)
		recorder->sequence = file->header.sequence;
	return 0;
}

/* Whether the header was never completed: a recorder was killed, or the disk was full. */
static bool has_incomplete_header(int fd, off_t size)
{
	uint8_t begun[FILE_HEADER_BYTES], whole[FILE_HEADER_BYTES];
	size_t length = size < 8 ? (size_t)size : 8;

	file_header_store(&(struct file_header){.version = RECORDING_VERSION}, whole);
	/* Those bytes of the magic that exist must match. */
	return size < FILE_HEADER_BYTES && read_whole_at(fd, begun, length, 0) == (ssize_t)length &&
	       memcmp(begun, whole, length) == 0;
}

static int open_file(struct cgw_recorder *recorder, const char *path, bool lock)
{
	CLEANUP(cleanup_close)
	int fd = create_regular_file(AT_FDCWD, path, O_RDWR, 0640, UINT64_MAX);
	struct stat status;
	int r;

	if (fd < 0)
		return fd;
	if (lock && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (has_incomplete_header(fd, status.st_size))
		r = ftruncate(fd, 0) < 0 ? -errno : create_header(recorder, fd, path);
	else
		r = continue_file(recorder, fd, path);
	if (r == 0)
		steal_fd(&fd);
	return r;
}

int recorder_open_file(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag)
{
	bool bounded = recorder->options.size_max_bytes > 0 || recorder->options.age_max_ns > 0;
	int r = open_file(recorder, path, true);

	switch (r) {
	case 0:
		break;
	case -EBUSY:
		return set_error(diag, r, path, BUSY_MESSAGE);
	case -EBADMSG:
		return set_error(diag, r, path,
				 "not a cgward recording, or its header is damaged; the file is "
				 "unchanged, choose another one");
	case -EPROTONOSUPPORT:
		return set_error(
			diag, r, path,
			"unsupported recording format; the file is unchanged, choose another "
			"one");
	case -EMEDIUMTYPE:
		return set_error(diag, r, path, "not a regular file or directory");
	default:
		return set_system_error(diag, r, "record to", path);
	}
	/* Tests support for punching holes after the end of the file, where there is no data. */
	if (bounded &&
	    fallocate(recorder->file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)1 << 40,
		      4096) < 0 &&
	    errno == EOPNOTSUPP)
		return set_error(
			diag, -EOPNOTSUPP, path,
			"a single file cannot have a size or age limit on this file system (no "
			"support for punching holes); record to a directory instead");
	return 0;
}

static uint64_t part_bytes(const struct cgw_recorder *recorder)
{
	uint64_t bytes = recorder->options.size_max_bytes / PARTS;

	if (recorder->options.size_max_bytes == 0 || bytes > PART_MAX_BYTES)
		return PART_MAX_BYTES;
	return bytes < PART_MIN_BYTES ? PART_MIN_BYTES : bytes;
}

static uint64_t part_ns(const struct cgw_recorder *recorder)
{
	uint64_t ns = recorder->options.age_max_ns / PARTS;

	return ns == 0 || ns > PART_MAX_NS ? PART_MAX_NS : ns;
}

/* The creation time of a file of the directory; 0 if it cannot be read. */
static uint64_t created_ns(const struct cgw_recorder *recorder, size_t i)
{
	CLEANUP(cleanup_free)
	char *path = record_path(recorder->directory, recorder->names.items[i]);
	CLEANUP(cleanup_close)
	int fd = path != NULL ? open_regular_file(AT_FDCWD, path, O_RDONLY, UINT64_MAX) : -1;
	uint8_t raw[FILE_HEADER_BYTES];
	struct file_header header;

	if (fd < 0 || read_whole_at(fd, raw, sizeof(raw), 0) != (ssize_t)sizeof(raw) ||
	    file_header_load(raw, sizeof(raw), &header) < 0)
		return 0;
	return header.created_ns;
}

static uint64_t bytes_of_all(const struct cgw_recorder *recorder)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < recorder->names.count; i++) {
		CLEANUP(cleanup_free)
		char *path = record_path(recorder->directory, recorder->names.items[i]);
		struct stat status;

		if (path != NULL && stat(path, &status) == 0)
			bytes += (uint64_t)status.st_size;
	}
	return bytes;
}

static void drop_first_file(struct cgw_recorder *recorder)
{
	struct string_list *names = &recorder->names;
	CLEANUP(cleanup_free) char *path = record_path(recorder->directory, names->items[0]);

	if (path != NULL)
		(void)unlink(path);
	free(names->items[0]);
	memmove(names->items, names->items + 1, names->count-- * sizeof(*names->items));
}

/* The samples of a file end when the next file starts. The file being written is never dropped. */
static void drop_files(struct cgw_recorder *recorder, uint64_t realtime_ns, uint64_t reserved_bytes)
{
	const struct cgw_recorder_options *options = &recorder->options;

	while (options->size_max_bytes > 0 && recorder->names.count > 1 &&
	       bytes_of_all(recorder) + reserved_bytes > options->size_max_bytes)
		drop_first_file(recorder);
	while (options->age_max_ns > 0 && recorder->names.count > 1) {
		uint64_t end_ns = created_ns(recorder, 1);

		if (end_ns == 0 || end_ns + options->age_max_ns > realtime_ns)
			break;
		drop_first_file(recorder);
	}
}

static int next_file(struct cgw_recorder *recorder, uint64_t realtime_ns)
{
	char name[RECORD_NAME_BYTES];
	CLEANUP(cleanup_free) char *path = NULL;
	struct record_file old = recorder->file;
	int r;

	record_name_next(&recorder->names, realtime_ns, name);
	path = record_path(recorder->directory, name);
	if (path == NULL)
		return -ENOMEM;
	recorder->file = (struct record_file){.fd = -1};
	r = open_file(recorder, path, false);
	if (r == 0)
		r = string_list_add(&recorder->names, name);
	if (r < 0) {
		record_file_done(&recorder->file);
		(void)unlink(path);
		recorder->file = old;
		return r;
	}
	record_file_done(&old);
	recorder->needs_key = true;
	recorder->keys_since_index = 0;
	return 0;
}

int recorder_open_directory(struct cgw_recorder *recorder, const char *path, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *last = NULL;
	int r;

	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return set_system_error(diag, -errno, "create", path);
	recorder->lock_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (recorder->lock_fd < 0)
		return set_system_error(diag, -errno, "open", path);
	if (flock(recorder->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? set_error(diag, -EBUSY, path, BUSY_MESSAGE)
					    : set_system_error(diag, -errno, "lock", path);
	recorder->directory = strdup(path);
	if (recorder->directory == NULL)
		return set_system_error(diag, -ENOMEM, "record to", path);
	r = record_directory_list(path, &recorder->names);
	if (r == 0 && recorder->names.count > 0) {
		last = record_path(path, recorder->names.items[recorder->names.count - 1]);
		r = last == NULL ? -ENOMEM : open_file(recorder, last, false);
	}
	/* A last file that cannot be continued is left unchanged, and a new one is started. */
	if (r == -EBADMSG || r == -EPROTONOSUPPORT)
		r = 0;
	if (r == 0 && recorder->file.fd < 0)
		r = next_file(recorder, clock_ns(CLOCK_REALTIME));
	return r < 0 ? set_system_error(diag, r, "record to", path) : 0;
}

/* The first key to retain if a single file is too large or too old; 0: retain all. */
static size_t first_retained_key(const struct cgw_recorder *recorder, uint64_t realtime_ns)
{
	const struct cgw_recorder_options *options = &recorder->options;
	const struct record_file *file = &recorder->file;
	uint64_t size_max = options->size_max_bytes;
	size_t first = 0;

	if (size_max > 0 && file->end - file->hint.start > size_max)
		while (first + 1 < file->key_count &&
		       file->end - file->keys[first].offset > size_max - size_max / PARTS)
			first++;
	/* Age is limited in steps as well, as each one writes to the file header. */
	if (options->age_max_ns > 0 && file->key_count > 1 &&
	    file->keys[0].realtime_ns + options->age_max_ns + part_ns(recorder) < realtime_ns)
		while (first + 1 < file->key_count &&
		       file->keys[first + 1].realtime_ns + options->age_max_ns < realtime_ns)
			first++;
	return first;
}

/* Returns the beginning of a single file to the file system; offsets do not change. */
static void drop_beginning(struct cgw_recorder *recorder, uint64_t realtime_ns)
{
	struct record_file *file = &recorder->file;
	size_t first = first_retained_key(recorder, realtime_ns);

	if (first == 0)
		return;
	file->hint.start = file->keys[first].offset;
	file->key_count -= first;
	memmove(file->keys, file->keys + first, file->key_count * sizeof(*file->keys));
	file->indexed_keys -= first < file->indexed_keys ? first : file->indexed_keys;
	if (file->indexed_to < file->hint.start)
		file->indexed_to = file->hint.start;
	recorder_write_hint(recorder);
	(void)fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FILE_HEADER_BYTES,
			(off_t)(file->hint.start - FILE_HEADER_BYTES));
}

int recorder_free_space(struct cgw_recorder *recorder, uint64_t realtime_ns)
{
	const struct record_file *file = &recorder->file;
	int64_t age_ns = (int64_t)(realtime_ns - file->first.realtime_ns);

	if (recorder->directory == NULL) {
		drop_beginning(recorder, realtime_ns);
		return 0;
	}
	if (!file->has_samples || (file->end < part_bytes(recorder) &&
				   (age_ns < 0 || (uint64_t)age_ns < part_ns(recorder)))) {
		drop_files(recorder, realtime_ns, 0);
		return 0;
	}
	(void)recorder_write_index(recorder);
	drop_files(recorder, realtime_ns, part_bytes(recorder));
	return next_file(recorder, realtime_ns);
}
