/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-files.c - every kernel file of a group, with a distinct number in each key of each file. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "group-files.h"

/* How the kernel writes a file. */
enum style {
	ONE,        /* "123" */
	DECIMAL,    /* "12.34" */
	FLAT,       /* "key 123" per line */
	NESTED,     /* "INSTANCE key=123 key=123" per line */
	OPERATIONS, /* "MAJ:MIN Read 123" per line, "Total 123" at the end */
	NAMED,      /* "INSTANCE 123" per line */
	WORDS,      /* "123 456" */
	PER_CPU,    /* "123 456 " */
	PRESSURE,   /* "some avg10=1.23 avg60=4.56 avg300=7.89 total=123" per key */
	WEIGHTS,    /* "default 123", "MAJ:MIN 123" per line; the key of devices is "device" */
	NUMA,       /* "key N0=123 N1=123" per line */
	NUMA_SUM,   /* "key=246 N0=123 N1=123" per line */
	LIST,       /* PIDs, one per line; each list has a length of its own */
	TEXT,
};

struct kernel_file {
	const char *name;
	enum style style;
	const char *keys;      /* "key key=NUMBER" */
	const char *instances; /* "NAME NAME=shown as" */
	const char *no_limit;
};

#define DEVICES  "8:0=sda 259:0=nvme0n1"
#define ADAPTERS "mlx5_0 mlx5_1"
#define SIZES    "2MB 1GB"
#define REGIONS  "drm/0000:03:00.0/vram0 drm/0000:04:00.0/vram0"

#define EVENTS "low high max oom oom_kill oom_group_kill sock_throttled"
#define IO_STAT                                                                             \
	"rbytes wbytes rios wios dbytes dios cost.vrate% cost.usage cost.wait cost.indebt " \
	"cost.indelay use_delay delay_nsec missed total depth avg_lat win *newkey"
#define RDMA_EVENTS "hca_handle.max hca_handle.alloc_fail hca_object.max hca_object.alloc_fail"
#define BLKIO       "Read Write Sync Async Discard Total"
#define V1_STAT(prefix)                                                                           \
	prefix "cache " prefix "rss " prefix "rss_huge " prefix "shmem " prefix                   \
	       "mapped_file " prefix "dirty " prefix "writeback " prefix                          \
	       "workingset_refault_anon " prefix "workingset_refault_file " prefix "swap " prefix \
	       "swapcached " prefix "pgpgin " prefix "pgpgout " prefix "pgfault " prefix          \
	       "pgmajfault " prefix "inactive_anon " prefix "active_anon " prefix                 \
	       "inactive_file " prefix "active_file " prefix "unevictable "

/* The end of the page counter with pages of 4 KiB; with huge pages, a multiple of their size. */
#define PAGES      "9223372036854771712"
#define HUGE_PAGES "9223372035781033984"

#define STYLED(name, style, keys, instances, no_limit) {name, style, keys, instances, no_limit},
#define VALUE(name)                                    STYLED(name, ONE, "", "", NULL)
#define LIMIT(name, no_limit)                          STYLED(name, ONE, "", "", no_limit)
#define KEYED(name, keys)                              STYLED(name, FLAT, keys, "", NULL)
#define WORD(name, text)                               STYLED(name, TEXT, text, "", NULL)

#define BFQ_DEBUG(name, style, keys)                                \
	STYLED("blkio/blkio.bfq." name, style, keys, DEVICES, NULL) \
	STYLED("blkio/blkio.bfq." name "_recursive", style, keys, DEVICES, NULL)

static const struct kernel_file v2_files[] = {
#define GROUP_FILES_V2
#include "group-files.def"
#undef GROUP_FILES_V2
};

static const struct kernel_file v1_files[] = {
#define GROUP_FILES_V1
#include "group-files.def"
#undef GROUP_FILES_V1
};
#undef STYLED

/* In the order of mounting. Each has the files of the core. */
static const char *const v1_hierarchies[] = {
	"cpuset",   "cpu",        "cpuacct", "blkio", "memory", "devices", "freezer", "net_cls",
	"net_prio", "perf_event", "hugetlb", "pids",  "rdma",   "misc",    "dmem",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A file as it was written at first. */
struct original {
	char path[96];
	char *content;
};

struct group_files {
	struct tree_dir *dir;
	unsigned version;
	bool unlimited;
	struct group_number numbers[1400];
	size_t count;
	uint64_t next_number, next_length;
	uint64_t shortest, longest; /* of the lists of processes */
	struct original originals[400];
	size_t original_count;
	char names[COUNT(v1_hierarchies)][2][48];
};

/* assert() that release builds have as well: this table does not fit its memory. */
static void must(bool condition)
{
	if (!condition)
		abort();
}

/* The file that is being written. */
struct writing {
	struct group_files *files;
	const struct kernel_file *file;
	char content[6000];
	size_t length;
	size_t values;
};

__attribute__((format(printf, 2, 3))) static void put(struct writing *writing, const char *format,
						      ...)
{
	size_t room = sizeof(writing->content) - writing->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(writing->content + writing->length, room, format, arguments);
	va_end(arguments);
	must(length >= 0 && (size_t)length < room);
	writing->length += (size_t)length;
}

struct word {
	char name[48], other[48]; /* "NAME=OTHER"; without OTHER, NAME twice */
};

/* The next word of a list. An empty list has one empty word. */
static bool next_word(const char *list, const char **at, struct word *ret_word)
{
	size_t length;
	char *equals;

	if (*list == '\0' && *at == list) {
		*at = list + 1;
		*ret_word = (struct word){.name = ""};
		return true;
	}
	if (*list == '\0')
		return false;
	*at += strspn(*at, " ");
	length = strcspn(*at, " ");
	snprintf(ret_word->name, sizeof(ret_word->name), "%.*s", (int)length, *at);
	memcpy(ret_word->other, ret_word->name, sizeof(ret_word->name));
	equals = strchr(ret_word->name, '=');
	if (equals != NULL) {
		memmove(ret_word->other, equals + 1, strlen(equals + 1) + 1);
		*equals = '\0';
	}
	*at += length;
	return length > 0;
}

static struct group_number *add_number(struct group_files *files, const char *file, const char *key,
				       const char *instance)
{
	struct group_number *number = &files->numbers[files->count++];

	must(files->count <= COUNT(files->numbers));
	*number = (struct group_number){.file = file, .number = files->next_number};
	snprintf(number->key, sizeof(number->key), "%s", key);
	snprintf(number->instance, sizeof(number->instance), "%s", instance);
	/* In steps of 7, because a value that is off by one is not another key's. */
	files->next_number += 7;
	return number;
}

static void put_value(struct writing *writing, const struct word *key, const char *instance,
		      bool decimal)
{
	const char *star = strchr(key->name, '*');
	struct group_number *number =
		add_number(writing->files, writing->file->name, key->name, instance);

	/* "nr_subsys_*cpu": the instance is in the key; in a nested file, "sda newkey". */
	if (star != NULL) {
		number->key[star + 1 - key->name] = '\0';
		snprintf(number->instance, sizeof(number->instance), "%s%s%s", instance,
			 instance[0] != '\0' ? " " : "", star + 1);
	}
	if (strcmp(key->name, key->other) != 0)
		number->number = strtoull(key->other, NULL, 10);
	/* Of cpu.max the quota may be "max", the period may not. */
	if (writing->file->style != WORDS || writing->values == 0)
		number->no_limit = writing->file->no_limit;
	writing->values++;
	if (writing->files->unlimited && number->no_limit != NULL)
		put(writing, "%s", number->no_limit);
	else if (decimal)
		put(writing, "%" PRIu64 ".%02" PRIu64, number->number / 100, number->number % 100);
	else
		put(writing, "%" PRIu64, number->number);
}

static void put_pressure(struct writing *writing, const char *share)
{
	static const char *const keys[] = {"avg10", "avg60", "avg300", "total"};

	put(writing, "%s", share);
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct word key;

		snprintf(key.name, sizeof(key.name), "%.8s.%s", share, keys[i]);
		memcpy(key.other, key.name, sizeof(key.name));
		put(writing, " %s=", keys[i]);
		put_value(writing, &key, "", keys[i][0] == 'a');
	}
	put(writing, "\n");
}

/* "key=123", or "key=1.23" for "key%". */
static void put_assignment(struct writing *writing, struct word key, const struct word *instance)
{
	size_t length = strlen(key.name);
	bool decimal = length > 0 && key.name[length - 1] == '%';

	if (decimal)
		key.name[length - 1] = key.other[length - 1] = '\0';
	put(writing, " %s=", key.name[0] == '*' ? key.name + 1 : key.name);
	put_value(writing, &key, instance->other, decimal);
}

/* Keys in lines, nodes in columns. */
static void put_numa(struct writing *writing, const char *page_size)
{
	const char *at = writing->file->keys;
	struct word key;

	while (next_word(writing->file->keys, &at, &key)) {
		uint64_t first = writing->files->next_number;

		put(writing, "%s", key.name[0] == '*' ? key.name + 1 : key.name);
		if (writing->file->style == NUMA_SUM)
			put(writing, "=%" PRIu64, first + first + 7);
		for (int node = 0; node < 2; node++) {
			char instance[48];

			snprintf(instance, sizeof(instance), "%.16s%sN%d", page_size,
				 page_size[0] != '\0' ? "." : "", node);
			put(writing, " N%d=", node);
			put_value(writing, &key, instance, false);
		}
		put(writing, "\n");
	}
}

static void put_key(struct writing *writing, const struct word *key, const struct word *instance)
{
	switch (writing->file->style) {
	case NESTED:
		put_assignment(writing, *key, instance);
		return;
	case PER_CPU:
	case WORDS:
		put_value(writing, key, instance->other, false);
		put(writing, " ");
		return;
	case PRESSURE:
		put_pressure(writing, key->name);
		return;
	case OPERATIONS:
		put(writing, "%s %s ", instance->name, key->name);
		break;
	case NAMED:
	case WEIGHTS:
		put(writing, "%s ", instance->name);
		break;
	case FLAT:
		put(writing, "%.*s%s ", (int)strcspn(key->name, "*"), key->name,
		    strchr(key->name, '*') != NULL ? strchr(key->name, '*') + 1 : "");
		break;
	default:
		break;
	}
	put_value(writing, key, instance->other, writing->file->style == DECIMAL);
	put(writing, "\n");
}

static bool is_default(const struct word *instance)
{
	return strcmp(instance->name, "default") == 0;
}

static void put_instance(struct writing *writing, const struct word *instance)
{
	const char *at = writing->file->keys;
	struct word key;

	if (writing->file->style == NUMA || writing->file->style == NUMA_SUM) {
		put_numa(writing, instance->name);
		return;
	}
	if (writing->file->style == NESTED)
		put(writing, "%s", instance->name);
	while (next_word(writing->file->keys, &at, &key))
		put_key(writing,
			writing->file->style == WEIGHTS && is_default(instance) ? instance : &key,
			instance);
	if (writing->file->style == NESTED)
		put(writing, "\n");
}

/* PIDs from 100 on. */
static void put_list(struct writing *writing)
{
	struct group_files *files = writing->files;
	struct group_number *number = add_number(files, writing->file->name, "", "");

	number->number = files->next_length++;
	for (uint64_t i = 0; i < number->number; i++)
		put(writing, "%" PRIu64 "\n", 100 + i);
	if (strstr(writing->file->name, "cgroup.procs") == NULL)
		return;
	if (files->shortest == 0 || number->number < files->shortest)
		files->shortest = number->number;
	if (number->number > files->longest)
		files->longest = number->number;
}

/* "cpu.stat" is cgroup/a/cpu.stat; "cpu/cpu.stat" of v1 is cgroup/cpu/a/cpu.stat. */
static void file_path(const struct group_files *files, const char *name, const char *instance,
		      char *buffer, size_t size)
{
	const char *file = files->version == 1 ? strchr(name, '/') + 1 : name;
	const char *star = strchr(file, '*');
	int head = star != NULL ? (int)(star - file) : (int)strlen(file);

	snprintf(buffer, size, "cgroup/%.*sa/%.*s%s%s", (int)(file - name), name, head, file,
		 star != NULL ? instance : "", star != NULL ? star + 1 : "");
}

static void write_file(struct group_files *files, const char *path, const char *content)
{
	struct original *original = &files->originals[files->original_count++];

	must(files->original_count <= COUNT(files->originals));
	snprintf(original->path, sizeof(original->path), "%s", path);
	original->content = strdup(content);
	tree_file(files->dir, path, content);
}

static void finish(struct writing *writing, const char *instance)
{
	char path[96];

	if (writing->file->style == WORDS || writing->file->style == PER_CPU)
		put(writing, "\n");
	if (writing->file->style == OPERATIONS)
		put(writing, "Total %" PRIu64 "\n", writing->files->next_number++);
	/* A device without a limit has no line. */
	if (writing->files->unlimited && writing->file->no_limit != NULL &&
	    writing->file->no_limit[0] == '\0')
		writing->content[0] = '\0';
	file_path(writing->files, writing->file->name, instance, path, sizeof(path));
	write_file(writing->files, path, writing->content);
	writing->content[0] = '\0';
	writing->length = writing->values = 0;
}

static void add_file(struct group_files *files, const struct kernel_file *file)
{
	struct writing writing = {.files = files, .file = file};
	const char *at = file->instances;
	struct word instance;

	if (file->style == TEXT) {
		add_number(files, file->name, "", "")->text = file->keys;
		put(&writing, "%s\n", file->keys);
	} else if (file->style == LIST) {
		put_list(&writing);
	} else {
		while (next_word(file->instances, &at, &instance)) {
			put_instance(&writing, &instance);
			if (strchr(file->name, '*') != NULL)
				finish(&writing, instance.name);
		}
	}
	if (strchr(file->name, '*') == NULL)
		finish(&writing, "");
}

/* The lists and flags that each hierarchy of v1 has. */
static void add_core_files(struct group_files *files, size_t hierarchy)
{
	static const char *const names[] = {"cgroup.procs", "tasks"};

	for (size_t i = 0; i < COUNT(names); i++) {
		struct kernel_file file = {files->names[hierarchy][i], LIST, "", "", NULL};

		snprintf(files->names[hierarchy][i], sizeof(files->names[hierarchy][i]), "%s/%s",
			 v1_hierarchies[hierarchy], names[i]);
		add_file(files, &file);
	}
}

static void add_mounts_v1(struct group_files *files)
{
	char text[4096];
	int used = snprintf(text, sizeof(text),
			    "25 22 0:20 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n");

	for (size_t i = 0; i < COUNT(v1_hierarchies); i++) {
		const char *name = v1_hierarchies[i];
		char path[64];

		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "%zu 25 0:%zu / /sys/fs/cgroup/%s rw - cgroup cgroup rw,%s\n",
				 30 + i, 30 + i, name, name);
		snprintf(path, sizeof(path), "cgroup/%s", name);
		tree_directory(files->dir, path);
	}
	tree_file(files->dir, "proc/self/mountinfo", text);
}

static void link_to(struct group_files *files, const char *directory, const char *target)
{
	char path[512], full[1024];
	int r;

	tree_directory(files->dir, directory);
	snprintf(path, sizeof(path), "%s/net", directory);
	r = symlink(target, tree_at(files->dir, path, full, sizeof(full)));
	must(r == 0);
}

/* The first process of every list is in a network namespace other than the host's. */
static void add_network(struct group_files *files)
{
	struct group_number *inode = add_number(files, "/proc/PID/ns/net", "", "");
	struct writing writing = {.files = files};
	char target[64];

	put(&writing, "Inter-|   Receive  |  Transmit\n face |bytes packets ...\n");
	put(&writing, "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n  eth0:");
	for (int column = 0; column < 16; column++) {
		const char *key = column == 0 ? "received" : column == 8 ? "sent" : "other";

		put(&writing, " %" PRIu64, add_number(files, "/proc/PID/net/dev", key, "")->number);
	}
	put(&writing, "\n");
	tree_file(files->dir, "proc/100/net/dev", writing.content);
	snprintf(target, sizeof(target), "net:[%" PRIu64 "]", inode->number);
	link_to(files, "proc/100/ns", target);
	link_to(files, "proc/1/ns", "net:[1]");
}

struct group_files *group_files_new(struct tree_dir *dir, unsigned version, bool unlimited)
{
	struct group_files *files = calloc(1, sizeof(*files));

	must(files != NULL);
	*files = (struct group_files){.dir = dir,
				      .version = version,
				      .unlimited = unlimited,
				      .next_number = 100003,
				      .next_length = 3};
	tree_machine_v2(dir);
	if (version == 1) {
		tree_remove(dir, "cgroup");
		add_mounts_v1(files);
		for (size_t i = 0; i < COUNT(v1_hierarchies); i++)
			add_core_files(files, i);
		for (size_t i = 0; i < COUNT(v1_files); i++)
			add_file(files, &v1_files[i]);
	} else {
		tree_file(dir, "cgroup/cgroup.controllers",
			  "cpuset cpu io memory hugetlb pids rdma misc dmem\n");
		for (size_t i = 0; i < COUNT(v2_files); i++)
			add_file(files, &v2_files[i]);
	}
	add_network(files);
	tree_file(dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	tree_file(dir, "sys/dev/block/259:0/uevent", "DEVNAME=nvme0n1\n");
	return files;
}

void group_files_free(struct group_files *files)
{
	for (size_t i = 0; i < files->original_count; i++)
		free(files->originals[i].content);
	free(files);
}

void group_files_restore(struct group_files *files, const char *name)
{
	for (size_t i = 0; i < files->original_count; i++) {
		const struct original *original = &files->originals[i];

		if (strcmp(strrchr(original->path, '/') + 1, name) == 0)
			tree_file(files->dir, original->path, original->content);
	}
}

size_t group_files_find(const struct group_files *files, const char *file, const char *key,
			const struct group_number **ret_numbers, size_t size)
{
	size_t found = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct group_number *number = &files->numbers[i];

		if (strcmp(number->file, file) != 0 || strcmp(number->key, key) != 0)
			continue;
		must(found < size);
		ret_numbers[found++] = number;
	}
	return found;
}

void group_files_remove(struct group_files *files, const char *file)
{
	char path[256];

	if (strstr(file, "/cgroup.procs") != NULL || strstr(file, "/tasks") != NULL)
		snprintf(path, sizeof(path), "cgroup/%.*s/a", (int)strcspn(file, "/"), file);
	else
		file_path(files, file, "", path, sizeof(path));
	tree_remove(files->dir, path);
}

uint64_t group_files_split_processes(const struct group_files *files)
{
	return files->longest - files->shortest;
}
