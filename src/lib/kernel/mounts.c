/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mounts.c - parse mountinfo: the cgroup mounts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/mounts.h"

/* Fields of a line up to the mount options; optional ones follow, up to a field "-". */
enum { FIELD_ID, FIELD_PARENT, FIELD_DEVICE, FIELD_ROOT, FIELD_TARGET, FIELD_OPTIONS, FIELD_COUNT };

static bool has_option(const char *options, const char *word)
{
	size_t length = strlen(word);

	for (; *options != '\0'; options += *options == ',') {
		size_t option = strcspn(options, ",");

		if (option == length && memcmp(options, word, length) == 0)
			return true;
		options += option;
	}
	return false;
}

/* The kernel writes space, tab, newline and backslash as three octal digits. In place. */
static void unescape_octal(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++, to++) {
		*to = *text;
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		}
	}
	*to = '\0';
}

const struct cgw_mount_option_info *cgw_mount_option_info(size_t index)
{
	static const struct cgw_mount_option_info options[] = {
		{CGW_MOUNT_MEMORY_LOCALEVENTS, "memory_localevents",
		 "memory.events counts each group without its descendants"},
		{CGW_MOUNT_PIDS_LOCALEVENTS, "pids_localevents",
		 "pids.events counts failed forks of each group without its descendants"},
		{CGW_MOUNT_MEMORY_RECURSIVEPROT, "memory_recursiveprot",
		 "memory.min and memory.low also protect descendants that set none"},
		{CGW_MOUNT_MEMORY_HUGETLB_ACCOUNTING, "memory_hugetlb_accounting",
		 "memory.current includes huge pages of hugetlb"},
		{CGW_MOUNT_FAVORDYNMODS, "favordynmods",
		 "moving processes is faster, forks and exits are slower"},
		{CGW_MOUNT_NSDELEGATE, "nsdelegate", "cgroup namespaces are delegation boundaries"},
	};

	return index < ARRAY_SIZE(options) ? &options[index] : NULL;
}

static uint32_t read_mount_options(const char *super)
{
	const struct cgw_mount_option_info *info;
	uint32_t options = 0;

	for (size_t i = 0; (info = cgw_mount_option_info(i)) != NULL; i++)
		if (has_option(super, info->name))
			options |= info->option;
	return options;
}

/* The controllers of a v1 hierarchy are superblock options: "rw,cpu,cpuacct", "rw,name=systemd". */
static int read_super_options(struct cgroup_mount *mount, char *options)
{
	char *word, *rest;

	for (word = strtok_r(options, ",", &rest); word != NULL;
	     word = strtok_r(NULL, ",", &rest)) {
		int controller = cgw_controller_find(word);

		if (controller >= 0)
			mount->controllers |= CGW_CONTROLLER_BIT(controller);
		if (strncmp(word, "name=", 5) != 0)
			continue;
		free(mount->name);
		mount->name = strdup(word + 5);
		if (mount->name == NULL)
			return -ENOMEM;
	}
	return 0;
}

static void mount_done(struct cgroup_mount *mount)
{
	free(mount->name);
	free(mount->target);
	free(mount->root);
}

/* The fields of a line; its file system type and superblock options are after the optional ones. */
struct mount_line {
	char *fields[FIELD_COUNT];
	char *type, *super_options;
	unsigned major, minor;
};

/* Splits a line in place. */
static int parse_line(char *text, struct mount_line *ret_line)
{
	char *field, *rest, *end = text + strlen(text);
	size_t count = 0;
	unsigned id, parent;

	for (field = strtok_r(text, " ", &rest); field != NULL && count < FIELD_COUNT;
	     field = strtok_r(NULL, " ", &rest))
		ret_line->fields[count++] = field;
	while (field != NULL && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &rest);
	if (count < FIELD_COUNT || field == NULL)
		return -EBADMSG;
	ret_line->type = strtok_r(NULL, " ", &rest);
	if (ret_line->type == NULL)
		return -EBADMSG;
	/* The source may be empty: the superblock options are the last field. */
	rest = rest != NULL ? rest : end;
	ret_line->super_options = strrchr(rest, ' ') != NULL ? strrchr(rest, ' ') + 1 : rest;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(ret_line->fields[FIELD_ID], "%u", &id) != 1 ||
	    /* NOLINTNEXTLINE(cert-err34-c) */
	    sscanf(ret_line->fields[FIELD_PARENT], "%u", &parent) != 1 ||
	    /* NOLINTNEXTLINE(cert-err34-c) */
	    sscanf(ret_line->fields[FIELD_DEVICE], "%u:%u", &ret_line->major, &ret_line->minor) !=
		    2)
		return -EBADMSG;
	return 0;
}

static int add_mount(struct cgroup_mounts *mounts, struct mount_line *line, unsigned version)
{
	struct cgroup_mount mount = {
		.version = version,
		.device = makedev(line->major, line->minor),
		.read_only = has_option(line->fields[FIELD_OPTIONS], "ro") ||
			     has_option(line->super_options, "ro"),
	};
	int r = 0;

	unescape_octal(line->fields[FIELD_ROOT]);
	unescape_octal(line->fields[FIELD_TARGET]);
	mount.root = strdup(line->fields[FIELD_ROOT]);
	mount.target = strdup(line->fields[FIELD_TARGET]);
	if (version == 2)
		mount.options = read_mount_options(line->super_options);
	if (mount.target == NULL || mount.root == NULL)
		r = -ENOMEM;
	if (r == 0 && version == 1)
		r = read_super_options(&mount, line->super_options);
	if (r >= 0)
		r = ARRAY_RESERVE(mounts->items, mounts->capacity, mounts->count + 1);
	if (r < 0) {
		mount_done(&mount);
		return r;
	}
	mounts->items[mounts->count++] = mount;
	return 0;
}

void mounts_done(struct cgroup_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		mount_done(&mounts->items[i]);
	free(mounts->items);
	*mounts = (struct cgroup_mounts){0};
}

int mounts_parse(char *text, struct cgroup_mounts *ret_mounts)
{
	CLEANUP(mounts_done) struct cgroup_mounts mounts = {0};
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		struct mount_line parsed;
		int r = parse_line(line, &parsed);

		if (r == 0 && strcmp(parsed.type, "cgroup") == 0)
			r = add_mount(&mounts, &parsed, 1);
		else if (r == 0 && strcmp(parsed.type, "cgroup2") == 0)
			r = add_mount(&mounts, &parsed, 2);
		if (r < 0)
			return r;
	}
	*ret_mounts = mounts;
	mounts = (struct cgroup_mounts){0};
	return 0;
}
