/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-thread-stop.c - reports threads that hang, whose data must not be freed. */
#include <unistd.h>

#include "lib/base/clock.h"
#include "test.h"
#include "tui/core/thread.h"

/* A job that reads from a pipe, so that the test decides when it ends. */
struct blocked_job {
	struct job job;
	int fds[2];
};

static void read_pipe(struct job *job)
{
	char byte;

	(void)!read(((struct blocked_job *)job)->fds[0], &byte, 1);
}

static void leave_job(struct job *job)
{
}

static void test_running_job_is_reported(void **state)
{
	static struct blocked_job blocked = {
		.job = {.name = "blocked", .run = read_pipe, .free = leave_job}};
	static struct worker *worker; /* never freed: its thread does not end in time */
	uint64_t since_ns;

	assert_int_equal(pipe(blocked.fds), 0);
	assert_int_equal(worker_start(&worker), 0);
	worker_post(worker, &blocked.job);
	while (worker_busy(worker, &since_ns) == NULL)
		(void)usleep(1000);
	assert_false(worker_stop(worker, NS_PER_MS));
	/* The worker still uses its memory, which is why the process must exit now. */
	assert_string_equal(worker_busy(worker, &since_ns), "blocked");
	assert_int_equal(write(blocked.fds[1], "x", 1), 1);
}

static void test_idle_worker_stops(void **state)
{
	struct worker *worker;

	assert_int_equal(worker_start(&worker), 0);
	assert_true(worker_stop(worker, UINT64_C(3600) * NS_PER_S));
	assert_true(worker_stop(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running_job_is_reported),
		cmocka_unit_test(test_idle_worker_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
