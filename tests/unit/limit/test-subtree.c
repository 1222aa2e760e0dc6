/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-subtree.c - a walk visits each group once, at the same cost at any depth. */
#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "lib/limit/subtree.h"
#include "test.h"

enum { LEVELS_MAX = 120 };

static unsigned calls;
static size_t bytes; /* of the paths that were opened */

static int counted_open_at(int directory, const char *path, int flags)
{
	calls++;
	bytes += strlen(path);
	return kernel_ops_real.open_at(directory, path, flags);
}

static int counted_open_beneath(int directory, const char *path, int flags)
{
	calls++;
	bytes += strlen(path);
	return kernel_ops_real.open_beneath(directory, path, flags);
}

static int counted_stat_fd(int fd, struct stat *ret_stat)
{
	calls++;
	return kernel_ops_real.stat_fd(fd, ret_stat);
}

static ssize_t counted_list(int fd, void *buffer, size_t size)
{
	calls++;
	return kernel_ops_real.list(fd, buffer, size);
}

static int counted_close(int fd)
{
	calls++;
	return kernel_ops_real.close(fd);
}

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct kernel_ops ops;
};

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	fake_reset();
	machine->dir = tree_new();
	tree_machine_v2(machine->dir);
	machine->layout = fake_layout(machine->dir);
	machine->ops = kernel_ops_real;
	machine->ops.open_at = counted_open_at;
	machine->ops.open_beneath = counted_open_beneath;
	machine->ops.stat_fd = counted_stat_fd;
	machine->ops.list = counted_list;
	machine->ops.close = counted_close;
	machine->layout->ops = &machine->ops;
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

/* What a walk reported, as text: "/a /a/b </a:b ". */
struct visits {
	char text[1024];
	size_t groups;
	bool right; /* each open directory is the group of the path */
	const struct machine *machine;
};

static bool is_open(const struct visits *visits, const struct target *group)
{
	char path[4096], name[2 * LEVELS_MAX + 64];
	struct stat named, open;

	snprintf(name, sizeof(name), "cgroup%s", group->path);
	(void)tree_at(visits->machine->dir, name, path, sizeof(path));
	return stat(path, &named) == 0 && fstat(group->directory, &open) == 0 &&
	       named.st_ino == open.st_ino && group->id == open.st_ino;
}

static int enter(void *context, const struct target *group)
{
	struct visits *visits = context;
	size_t used = strlen(visits->text);

	visits->groups++;
	visits->right = visits->right && is_open(visits, group);
	snprintf(visits->text + used, sizeof(visits->text) - used, "%s ", group->path);
	return 0;
}

static int leave(void *context, const struct target *parent, const char *name)
{
	struct visits *visits = context;
	size_t used = strlen(visits->text);

	visits->right = visits->right && is_open(visits, parent);
	snprintf(visits->text + used, sizeof(visits->text) - used, "<%s:%s ", parent->path, name);
	return 0;
}

static struct visits walk(struct machine *machine, const char *path, bool with_leave)
{
	struct visits visits = {.right = true, .machine = machine};
	const struct subtree_visitor visitor = {
		.enter = enter, .leave = with_leave ? leave : NULL, .context = &visits};

	calls = 0;
	bytes = 0;
	assert_int_equal(subtree_walk(machine->layout, 0, path, &visitor), 0);
	assert_true(visits.right);
	return visits;
}

static void test_each_group_is_entered_and_left_once(void **state)
{
	struct machine *machine = *state;
	struct visits visits;

	tree_directory(machine->dir, "cgroup/a/b/c");
	assert_string_equal(walk(machine, "/a", true).text, "/a /a/b /a/b/c </a/b:c </a:b ");
	assert_string_equal(walk(machine, "/a/b/c", true).text, "/a/b/c ");
	tree_directory(machine->dir, "cgroup/a/b/d/e");
	tree_directory(machine->dir, "cgroup/a/f");
	visits = walk(machine, "/a", false);
	assert_int_equal(visits.groups, 6);
	assert_non_null(strstr(visits.text, "/a/b/d /a/b/d/e "));
	assert_int_equal(walk(machine, "/a", true).groups, 6);
}

/* "/top/d/d/...", with a second child at every `every`th level. */
static void make_chain(const struct machine *machine, const char *top, int levels, int every)
{
	char path[2 * LEVELS_MAX + 64], beside[2 * LEVELS_MAX + 72];
	int length = snprintf(path, sizeof(path), "cgroup%s", top);

	for (int i = 0; i < levels; i++) {
		length += snprintf(path + length, sizeof(path) - (size_t)length, "/d");
		tree_directory(machine->dir, path);
		snprintf(beside, sizeof(beside), "%s/x", path);
		if (every > 0 && i % every == 0)
			tree_directory(machine->dir, beside);
	}
}

/* A walk down a chain, all of whose groups are visited, takes the same calls per group. */
static void test_cost_per_group_does_not_depend_on_depth(void **state)
{
	struct machine *machine = *state;

	for (int with_leave = 0; with_leave < 2; with_leave++)
		for (int every = 0; every <= 50; every += 25) {
			char top[32];
			unsigned half;

			snprintf(top, sizeof(top), "/half%d%d", with_leave, every);
			make_chain(machine, top, LEVELS_MAX / 2, every);
			(void)walk(machine, top, with_leave);
			half = calls;
			snprintf(top, sizeof(top), "/whole%d%d", with_leave, every);
			make_chain(machine, top, LEVELS_MAX, every);
			(void)walk(machine, top, with_leave);
			/* open, stat, open to list, two lists, two closes; on leaving two more */
			assert_in_range(calls, LEVELS_MAX, (with_leave ? 10 : 8) * LEVELS_MAX);
			assert_in_range(calls, 0, half * 2 + 150);
			assert_in_range(bytes, LEVELS_MAX, 32 * LEVELS_MAX);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_group_is_entered_and_left_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cost_per_group_does_not_depend_on_depth, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
