/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-debug-message.c - topics and receivers of debug messages. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/debug-message.h"
#include "test.h"

struct received {
	unsigned count;
	enum cgw_debug_topic topic;
	char text[256];
};

static void receive(void *context, enum cgw_debug_topic topic, const char *text)
{
	struct received *received = context;

	received->count++;
	received->topic = topic;
	snprintf(received->text, sizeof(received->text), "%s", text);
	errno = ENOSPC; /* as a full disk would */
}

static int evaluated;

static int count_evaluation(void)
{
	return ++evaluated;
}

static void test_only_enabled_topics_are_formatted(void **state)
{
	struct received received = {0};
	const struct cgw_debug debug = {UINT32_C(1) << CGW_DEBUG_LIMIT, receive, &received};

	evaluated = 0;
	DEBUG(CGW_DEBUG_LIMIT, "%d", count_evaluation());
	assert_int_equal(evaluated, 0);
	cgw_debug_set(&debug);
	DEBUG(CGW_DEBUG_POLICY, "%d", count_evaluation());
	assert_int_equal(evaluated, 0);
	assert_int_equal(received.count, 0);
	errno = EAGAIN;
	DEBUG(CGW_DEBUG_LIMIT, "%d of %s", count_evaluation(), "/a\n/b");
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(received.count, 1);
	assert_int_equal(received.topic, CGW_DEBUG_LIMIT);
	assert_string_equal(received.text, "1 of /a\\x0a/b");
	cgw_debug_set(NULL);
	DEBUG(CGW_DEBUG_LIMIT, "%d", count_evaluation());
	assert_int_equal(received.count, 1);
}

static void test_every_topic_has_a_name_that_is_parsed(void **state)
{
	struct cgw_diag diag = {0};
	uint32_t topics = 0, all = 0;

	for (unsigned i = 0; i < CGW_DEBUG_TOPIC_COUNT; i++) {
		const char *name = cgw_debug_topic_name((enum cgw_debug_topic)i);

		assert_int_equal(cgw_debug_topics_parse(name, &topics, NULL), 0);
		assert_int_equal(topics, UINT32_C(1) << i);
		all |= topics;
	}
	assert_int_equal(cgw_debug_topics_parse("all", &topics, NULL), 0);
	assert_int_equal(topics, all);
	assert_int_equal(cgw_debug_topics_parse("limit,bpf", &topics, NULL), 0);
	assert_int_equal(topics, 1U << CGW_DEBUG_LIMIT | 1U << CGW_DEBUG_BPF);
	assert_int_equal(cgw_debug_topics_parse("limit,\x1b", &topics, &diag), -EINVAL);
	assert_string_equal(diag.text, "unknown debug topic '\\x1b' (expected sample, bpf, limit, "
				       "systemd, policy, remote or all)");
	assert_int_equal(cgw_debug_topics_parse("limit,", &topics, NULL), -EINVAL);
	assert_int_equal(topics, 1U << CGW_DEBUG_LIMIT | 1U << CGW_DEBUG_BPF);
	/* The message lists all of them. */
	for (unsigned i = 0; i < CGW_DEBUG_TOPIC_COUNT; i++)
		assert_non_null(strstr(diag.text, cgw_debug_topic_name((enum cgw_debug_topic)i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_enabled_topics_are_formatted),
		cmocka_unit_test(test_every_topic_has_a_name_that_is_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
