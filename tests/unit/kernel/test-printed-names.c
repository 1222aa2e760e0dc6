/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-printed-names.c - finds groups with special names, as bytes and as they are printed. */
#include <errno.h>
#include <stdio.h>

#include "special-names.h"
#include "test.h"
#include "tree.h"
#include <cgward/kernel.h>

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
};

static void add_group(struct machine *machine, const char *path)
{
	char directory[512];

	snprintf(directory, sizeof(directory), "cgroup%s", path);
	tree_directory(machine->dir, directory);
}

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	char cgroup[300], proc[300], path[300];
	const struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};

	machine->dir = tree_new();
	tree_machine_v2(machine->dir);
	(void)tree_at(machine->dir, "cgroup", cgroup, sizeof(cgroup));
	(void)tree_at(machine->dir, "proc", proc, sizeof(proc));
	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		snprintf(path, sizeof(path), "/x/%s", special_names[i]);
		add_group(machine, path);
	}
	assert_int_equal(cgw_layout_open(&roots, &machine->layout, NULL), 0);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static void assert_found(const struct machine *machine, const char *what, const char *expected)
{
	struct cgw_diag diag = {0};
	char *path = NULL;
	int r = cgw_group_find(machine->layout, what, &path, &diag);

	if (expected == NULL) {
		if (r != -ENOENT)
			fail_msg("%s: found %s", what, path);
		assert_true(diag.text[0] != '\0');
	} else if (r < 0 || strcmp(path, expected) != 0) {
		fail_msg("%s: expected %s, got %s", what, expected, r < 0 ? diag.text : path);
	}
	free(path);
}

/* Escapes some more characters, as outputs for shells and for awk do. */
static void escape_more(const char *text, const char *special, char *buffer, size_t size)
{
	size_t used = 0;

	for (; *text != '\0'; text++)
		used += (size_t)snprintf(buffer + used, size - used,
					 strchr(special, *text) != NULL ? "\\x%02x" : "%c",
					 (unsigned char)*text);
}

static void test_names_are_found_as_printed(void **state)
{
	const struct machine *machine = *state;

	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		char path[300], escaped[600], more[600];

		snprintf(path, sizeof(path), "/x/%s", special_names[i]);
		(void)cgw_escape(escaped, sizeof(escaped), path, strlen(path));
		assert_found(machine, path, path);
		assert_found(machine, escaped, path);
		escape_more(escaped, "\"$`", more, sizeof(more));
		assert_found(machine, more, path);
		escape_more(escaped, " ", more, sizeof(more));
		assert_found(machine, more, path);
		/* A unit is found by its name alone, unless that is an option or another unit. */
		assert_found(machine, escaped + 3, path);
	}
}

static void test_only_printed_escapes_are_decoded(void **state)
{
	static const struct {
		const char *what, *path; /* NULL: no such group */
	} rows[] = {
		{"/y/a\\x09b", "/y/a\tb"}, {"/y/a\\x5cx09b", "/y/a\\x09b"},
		{"/y/c\\x09d", "/y/c\td"}, {"/y/e-f", "/y/e-f"},
		{"/y/e\\x2df", NULL}, /* '-' is never escaped: this is another unit */
		{"/y/e\\x2Df", NULL},      {"/y/g\\xff", "/y/g\xff"},
		{"/y/g\\xFF", NULL},       {"/y/g\\xf", NULL},
		{"/y/g\\x", NULL},         {"/y/g\\", NULL},
		{"/y/g\\x00", NULL},       {"/y\\x2fg\xff", NULL},
		{"/y/none\\x09", NULL},
	};
	struct machine *machine = *state;

	add_group(machine, "/y/a\\x09b");
	add_group(machine, "/y/a\tb");
	add_group(machine, "/y/c\td");
	add_group(machine, "/y/e-f");
	add_group(machine, "/y/g\xff");
	add_group(machine, "/y/g");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_found(machine, rows[i].what, rows[i].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_are_found_as_printed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_printed_escapes_are_decoded, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
