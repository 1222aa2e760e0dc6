/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-daemon-status.c - reads the status of a running and of an exited daemon. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cli/daemon-status.h"
#include "test.h"

static const char status_text[] =
	"{\"pid\": 42, \"mode\": \"dry-run\", \"time\": 1795000000, \"interval_seconds\": 5.0,"
	" \"sections\": 3, \"instances\": ["
	"  {\"rule\": \"hog\", \"group\": \"/a\\\\x1b\", \"phase\": \"pending\", \"step\": 1,"
	"   \"since_seconds\": -12.5, \"until_seconds\": 17.5, \"why\": \"cpu 312% > 300%\"},"
	"  {\"rule\": \"leak\", \"group\": \"/b\", \"phase\": \"active\", \"since_seconds\": -1.0,"
	"   \"until_seconds\": null}],"
	" \"held\": [{\"group\": \"/b\", \"key\": \"memory.max\", \"section\": \"leak\","
	"   \"value\": \"1G\", \"original\": \"max\"}, {\"group\": \"/c\", \"key\": \"frozen\"}]}";

struct directory {
	char path[64], file[96], lock[96];
	int lock_fd;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void directory_begin(struct directory *directory)
{
	strcpy(directory->path, "/tmp/cgward-test-daemon-XXXXXX");
	assert_non_null(mkdtemp(directory->path));
	snprintf(directory->file, sizeof(directory->file), "%s/status.json", directory->path);
	snprintf(directory->lock, sizeof(directory->lock), "%s/enforce.lock", directory->path);
	write_file(directory->lock, "");
	directory->lock_fd = open(directory->lock, O_RDONLY | O_CLOEXEC);
	assert_true(directory->lock_fd >= 0);
	assert_int_equal(flock(directory->lock_fd, LOCK_EX), 0);
}

static void directory_end(struct directory *directory)
{
	close(directory->lock_fd);
	unlink(directory->file);
	unlink(directory->lock);
	rmdir(directory->path);
}

static void test_running_daemon(void **state)
{
	struct daemon_status *status = NULL;
	struct directory directory;
	json_t *item;

	directory_begin(&directory);
	write_file(directory.file, status_text);
	assert_int_equal(daemon_status_read(directory.path, &status), 0);
	assert_int_equal(status->pid, 42);
	assert_string_equal(status->mode, "dry-run");
	assert_int_equal(status->realtime_s, 1795000000);
	assert_int_equal(status->sections, 3);
	assert_int_equal(status->instance_count, 2);
	assert_string_equal(status->instances[0].group, "/a\\x1b");
	assert_string_equal(status->instances[0].phase, "pending");
	assert_int_equal(status->instances[0].step, 1);
	assert_true(status->instances[0].since_seconds == 12.5);
	assert_true(status->instances[0].until_seconds == 17.5);
	assert_true(isnan(status->instances[1].until_seconds));
	assert_string_equal(status->instances[1].why, "");
	assert_int_equal(status->held_count, 2);
	assert_string_equal(status->held[0].original, "max");
	assert_string_equal(status->held[1].value, "");
	item = daemon_instance_json(&status->instances[0]);
	assert_string_equal(json_string_value(json_object_get(item, "group")), "/a\\x1b");
	assert_true(json_real_value(json_object_get(item, "since_seconds")) == -12.5);
	json_decref(item);
	item = daemon_instance_json(&status->instances[1]);
	assert_true(json_is_null(json_object_get(item, "until_seconds")));
	json_decref(item);
	assert_string_equal(json_string_value(json_object_get(status->json, "mode")), "dry-run");
	daemon_status_free(status);
	directory_end(&directory);
}

/* A FIFO in a directory that others name would block the dashboard. */
static void test_special_files_are_not_read(void **state)
{
	struct daemon_status *status = NULL;
	struct directory directory;

	directory_begin(&directory);
	assert_int_equal(mkfifo(directory.file, 0600), 0);
	assert_int_equal(daemon_status_read(directory.path, &status), -EBADMSG);
	assert_int_equal(unlink(directory.lock), 0);
	assert_int_equal(mkfifo(directory.lock, 0600), 0);
	assert_int_equal(daemon_status_read(directory.path, &status), -ESRCH);
	directory_end(&directory);
}

static void test_exited_daemon(void **state)
{
	struct daemon_status *status = NULL;
	struct directory directory;

	directory_begin(&directory);
	assert_int_equal(daemon_status_read(directory.path, &status), -ESRCH); /* not yet written */
	write_file(directory.file, "{\"pid\": ");
	assert_int_equal(daemon_status_read(directory.path, &status), -EBADMSG);
	write_file(directory.file, "[1]");
	assert_int_equal(daemon_status_read(directory.path, &status), 0);
	assert_int_equal(status->instance_count, 0);
	status = daemon_status_free(status);
	write_file(directory.file, status_text);
	assert_int_equal(flock(directory.lock_fd, LOCK_UN), 0);
	assert_int_equal(daemon_status_read(directory.path, &status), -ESRCH);
	directory_end(&directory);
	assert_int_equal(daemon_status_read(directory.path, &status), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_daemon),
		cmocka_unit_test(test_exited_daemon),
		cmocka_unit_test(test_special_files_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
