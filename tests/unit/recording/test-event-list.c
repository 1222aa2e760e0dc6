/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-event-list.c - events of a sample as they are stored. */
#include <errno.h>

#include "lib/recording/bytes.h"
#include "lib/recording/event-list.h"
#include "test.h"

/* A later version may record more kinds: this one reads the events that it knows. */
static void test_unknown_kinds_are_skipped(void **state)
{
	struct event_list list = {0}, read = {0};
	const struct cgw_event events[] = {
		{.kind = CGW_EVENT_APPEARED, .path = "/a", .realtime_ns = 1000, .group_id = 7},
		{.kind = CGW_EVENT_KIND_COUNT, .path = "/b", .why = "of the future"},
		{.kind = (enum cgw_event_kind)1000, .path = "/c"},
		{.kind = CGW_EVENT_GAP,
		 .realtime_ns = 900,
		 .new_number = {5, CGW_OK},
		 .why = "lost"},
	};
	struct bytes bytes = {0};
	struct cursor in;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		assert_int_equal(event_list_add(&list, &events[i]), 0);
	events_encode(&list, 1000, &bytes);
	in = (struct cursor){bytes.data, bytes.data + bytes.length, false};
	assert_int_equal(events_decode(&in, 1000, &read), 0);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.items[0].kind, CGW_EVENT_APPEARED);
	assert_string_equal(read.items[0].path, "/a");
	assert_int_equal(read.items[0].group_id, 7);
	assert_int_equal(read.items[1].kind, CGW_EVENT_GAP);
	assert_int_equal(read.items[1].realtime_ns, 900);
	assert_int_equal(read.items[1].new_number.value, 5);
	assert_string_equal(read.items[1].why, "lost");
	assert_int_equal(event_list_kinds(&read),
			 CGW_EVENT_BIT(CGW_EVENT_APPEARED) | CGW_EVENT_BIT(CGW_EVENT_GAP));
	/* Without its last byte the list is damaged. */
	in = (struct cursor){bytes.data, bytes.data + bytes.length - 1, false};
	assert_int_equal(events_decode(&in, 1000, &read), -EBADMSG);
	event_list_done(&list);
	event_list_done(&read);
	bytes_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_kinds_are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
