/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-inspect-text.c - tables, and the text report of an inspected group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/cli/text-table.h"
#include "shared/report/inspect-view.h"
#include "special-names.h"

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* Each name takes one line without control characters, and is the same name when unescaped. */
static void test_names_in_tables_are_escaped(void **state)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct table table;
	size_t size, lines = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	table_start(&table, out, "NAME|>NUMBER", 0);
	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		table_row(&table);
		table_name(&table, special_names[i]);
		table_cell(&table, "%zu", i);
	}
	assert_int_equal(table_end(&table), 0);
	assert_int_equal(fclose(out), 0);
	for (const char *at = text; *at != '\0'; at++) {
		lines += *at == '\n';
		if (*at != '\n' && ((unsigned char)*at < ' ' || *at == 0x7f))
			fail_msg("control character %d in:\n%s", *at, text);
	}
	assert_int_equal(lines, 1 + SPECIAL_NAME_COUNT);
	assert_has(text, "\\x1b[31m");
	assert_has(text, "app-gnome\\x2dw.scope");
}

struct fixture {
	struct cgw_frame *frame;
	struct cgw_inspection now;
	struct cgw_process process;
	struct cgw_layout layout;
	char path[16];
	struct view view;
};

/* /web has a limit of memory, and its parent one of pids; the cpu controller is not there. */
static int setup(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/top", 2}, {"/top/web", 3}};
	static const struct frame_value values[] = {
		{"/top/web", CGW_M_MEMORY_MAX, OK(1 << 20)},
		{"/top/web", CGW_M_MEMORY_CURRENT, OK(1 << 19)},
		{"/top", CGW_M_PIDS_MAX, OK(20)},
		{"/top/web", CGW_M_PIDS_MAX, {0, CGW_MAX}},
		{"/", CGW_M_MEMORY_SWAP_MAX, {0, CGW_MAX}},
		{"/top", CGW_M_MEMORY_SWAP_MAX, {0, CGW_MAX}},
		{"/top/web", CGW_M_MEMORY_SWAP_MAX, {0, CGW_MAX}},
	};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 5, values, ARRAY_SIZE(values));

	assert_non_null(fixture);
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	fixture->process = (struct cgw_process){.pid = 10, .state = 'S', .group = 2};
	fixture->now = (struct cgw_inspection){.path = strcpy(fixture->path, "/top/web"),
					       .processes = &fixture->process,
					       .process_count = 1};
	fixture->layout.recorded = true;
	fixture->view = (struct view){.layout = &fixture->layout,
				      .frame = fixture->frame,
				      .group = 2,
				      .sections = SECTION_LIMITS,
				      .now = &fixture->now};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	cgw_frame_free(fixture->frame);
	free(fixture);
	return 0;
}

static char *report_text(const struct view *view)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(show_text(view, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The line that starts with these words; the caller frees it. Runs of spaces become one. */
static char *find_line(const char *text, const char *start)
{
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
		char line[256] = "";
		size_t used = 0;

		for (const char *from = at; *from != '\n' && *from != '\0'; from++)
			if (*from != ' ' || (used > 0 && line[used - 1] != ' '))
				line[used++] = *from;
		line[used] = '\0';
		if (strncmp(line, start, strlen(start)) == 0)
			return strdup(line);
	}
	fail_msg("no line starts with \"%s\" in:\n%s", start, text);
	return NULL;
}

static void assert_line(const char *text, const char *start, const char *expected)
{
	CLEANUP(cleanup_free) char *line = find_line(text, start);

	assert_string_equal(line, expected);
}

/* A resource whose controller is missing is as unlimited as one with the limit "max". */
static void test_resources_without_limit(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(cleanup_free) char *text = report_text(&fixture->view);

	assert_line(text, "unlimited", "unlimited cpu swap io");
	assert_line(text, "memory", "memory 1.0M 512K memory.max /top/web");
	assert_line(text, "pids", "pids 20 - pids.max /top");
	assert_line(text, "privilege", "privilege none");
}

/* At a terminal the table fits: what is empty or least needed gives way, then names are cut. */
static void test_processes_fit_the_terminal(void **state)
{
	static char command[] =
		"/usr/bin/program with a very long list of arguments that does not fit";
	struct fixture *fixture = *state;
	char *text;

	fixture->process.command = command;
	fixture->view.sections = SECTION_PROCESSES;
	fixture->view.uses = 1U << CGW_PROCESS_READ | 1U << CGW_PROCESS_PSS;
	fixture->process.use[CGW_PROCESS_READ] = (struct cgw_number)OK(4096);
	fixture->process.use[CGW_PROCESS_PSS] = (struct cgw_number)OK(3 << 20);
	text = report_text(&fixture->view);
	assert_has(text, "READ/S");
	assert_has(text, "INNER UID");
	assert_has(text, "does not fit\n");
	free(text);
	fixture->view.width = 60;
	text = report_text(&fixture->view);
	assert_null(strstr(text, "READ/S"));
	assert_null(strstr(text, "INNER UID"));
	assert_null(strstr(text, "PARENT"));
	assert_has(text, " 3.0M ");
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		assert_true(strcspn(at, "\n") <= 62); /* the sign of the cut has 3 bytes */
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_tables_are_escaped),
		cmocka_unit_test_setup_teardown(test_resources_without_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_processes_fit_the_terminal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
