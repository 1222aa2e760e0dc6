/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list.c - docs/examples/list.c with libcgroup; prints group names without escaping. */
#include <libcgroup.h>
#include <stdio.h>
#include <string.h>

/* The file has another name in each version: read the first that exists. */
static int read_memory(const char *path, char *text, int size)
{
	static char *const files[] = {"memory.usage_in_bytes", "memory.current"};
	void *reading = NULL;
	int r = ECGOTHER;

	for (int i = 0; r != 0 && i < 2; i++) {
		r = cgroup_read_value_begin("memory", path, files[i], &reading, text, size);
		if (r == 0)
			cgroup_read_value_end(&reading);
	}
	return r;
}

int main(void)
{
	struct cgroup_file_info info;
	void *walking = NULL;
	int level, r = cgroup_init();
	size_t top;

	if (r == 0)
		r = cgroup_walk_tree_begin("memory", "/", 0, &walking, &info, &level);
	if (r != 0) {
		fprintf(stderr, "list: %s\n", cgroup_strerror(r));
		return 1;
	}
	top = strlen(info.full_path);
	for (; r == 0; r = cgroup_walk_tree_next(0, &walking, &info, level)) {
		const char *path = info.full_path + top;
		char text[64];
		int error;

		if (info.type != CGROUP_FILE_TYPE_DIR)
			continue;
		error = read_memory(path, text, sizeof(text));
		text[strcspn(text, "\n")] = '\0';
		printf("/%s %s\n", path, error != 0 ? cgroup_strerror(error) : text);
	}
	cgroup_walk_tree_end(&walking);
	return 0;
}
