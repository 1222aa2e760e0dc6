/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-stat.c - values of the whole machine, from /proc. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/metric/decode.h"
#include "lib/sample/system-stat.h"

static struct cgw_number ok(uint64_t value)
{
	return (struct cgw_number){value, CGW_OK};
}

/* "cpu  user nice system idle iowait irq softirq steal guest ...": user includes guest. */
static void parse_stat(struct cgw_system_stat *machine, const char *text)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t fields[8] = {0};
	const char *at = text, *end = text + strlen(text);

	if (strncmp(at, "cpu ", 4) != 0)
		return;
	at += 4;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		at += strspn(at, " ");
		if (decode_u64(&at, end, &fields[i]) < 0)
			break;
	}
	machine->cpu_busy_ns = ok(
		(fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) * tick_ns);
	machine->cpu_iowait_ns = ok(fields[4] * tick_ns);
	while ((at = strstr(at, "\ncpu")) != NULL) {
		at += 4;
		machine->cpu_count += isdigit((unsigned char)*at) != 0;
	}
}

static void parse_meminfo(struct cgw_system_stat *machine, const char *text, size_t length)
{
	static const struct decode_request requests[] = {
		{"MemTotal:", 9, 0, 1024, CGW_CONVERT_SCALE, false, false},
		{"MemFree:", 8, 1, 1024, CGW_CONVERT_SCALE, false, false},
		{"MemAvailable:", 13, 2, 1024, CGW_CONVERT_SCALE, false, false},
		{"SwapTotal:", 10, 3, 1024, CGW_CONVERT_SCALE, false, false},
		{"SwapFree:", 9, 4, 1024, CGW_CONVERT_SCALE, false, false},
	};
	struct cgw_number numbers[ARRAY_SIZE(requests)] = {0};
	const char *line = text, *end = text + length;

	while (line < end) {
		const char *at = line;
		size_t word = strcspn(line, " \n");

		for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
			uint64_t value;

			if (requests[i].key_length != word ||
			    memcmp(line, requests[i].key, word) != 0)
				continue;
			at = line + word;
			at += strspn(at, " ");
			if (decode_u64(&at, end, &value) == 0 &&
			    value <= UINT64_MAX / requests[i].scale)
				numbers[i] = ok(value * requests[i].scale);
		}
		line += strcspn(line, "\n");
		line += line < end;
	}
	machine->memory_total_bytes = numbers[0];
	machine->memory_free_bytes = numbers[1];
	machine->memory_available_bytes = numbers[2];
	machine->swap_total_bytes = numbers[3];
	machine->swap_free_bytes = numbers[4];
}

/* Skips blanks and reads a number. */
static bool next_number(const char **at, const char *end, uint64_t *ret_number)
{
	*at += strspn(*at, " \t");
	return decode_u64(at, end, ret_number) == 0;
}

/* "0.00 0.01 0.05 1/234 5678": the averages, then running and all tasks. */
static void parse_loadavg(struct cgw_system_stat *machine, const char *text)
{
	const char *at = text, *end = text + strlen(text);
	uint64_t whole, hundredths, tasks;

	for (int i = 0; i < 3; i++) {
		if (!next_number(&at, end, &whole) || *at++ != '.' ||
		    !next_number(&at, end, &hundredths))
			return;
		machine->load_e2[i] = ok(whole * 100 + hundredths);
	}
	if (next_number(&at, end, &whole) && *at++ == '/' && next_number(&at, end, &tasks))
		machine->threads = ok(tasks);
}

static void parse_pressure(struct cgw_system_stat *machine, int resource, const char *text,
			   size_t length)
{
	static const char *const keys[2][3] = {
		{"some.avg10", "some.avg60", "some.avg300"},
		{"full.avg10", "full.avg60", "full.avg300"},
	};
	struct decode_request requests[6];
	struct cgw_number numbers[6] = {0};

	for (uint32_t i = 0; i < 6; i++)
		requests[i] = (struct decode_request){
			.key = keys[i / 3][i % 3],
			.key_length = (uint32_t)strlen(keys[i / 3][i % 3]),
			.slot = i,
			.scale = 1,
		};
	(void)decode(CGW_FORMAT_PRESSURE, text, length, requests, 6, numbers, NULL);
	for (int i = 0; i < 6; i++)
		machine->pressure_e2[resource][i / 3][i % 3] = numbers[i];
}

/* Not a partition, nor a device whose IO is counted on another one as well. */
static bool is_disk(const struct cgw_layout *layout, const char *name)
{
	char path[128];

	for (const char *prefix = "loop\0ram\0zram\0dm-\0md\0bcache\0"; *prefix != '\0';
	     prefix += strlen(prefix) + 1)
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			return false;
	snprintf(path, sizeof(path), "block/%s", name);
	return layout->sys_fd < 0 || faccessat(layout->sys_fd, path, F_OK, 0) == 0;
}

bool system_stat_next_disk(const struct cgw_layout *layout, char **rest,
			   struct system_disk *ret_disk)
{
	char *line;

	/* major minor name reads merged sectors ms writes merged sectors ... */
	while ((line = strsep(rest, "\n")) != NULL) {
		const char *at = line, *end = line + strlen(line);
		struct system_disk disk;
		uint64_t fields[7];
		size_t length, i;

		for (i = 0; i < 2 && next_number(&at, end, &fields[i]); i++)
			continue;
		if (i < 2)
			continue;
		snprintf(disk.number, sizeof(disk.number), "%" PRIu64 ":%" PRIu64, fields[0],
			 fields[1]);
		at += strspn(at, " ");
		length = strcspn(at, " ");
		if (length == 0 || length >= sizeof(disk.name))
			continue;
		memcpy(disk.name, at, length);
		disk.name[length] = '\0';
		at += length;
		for (i = 0; i < ARRAY_SIZE(fields) && next_number(&at, end, &fields[i]); i++)
			continue;
		if (i < ARRAY_SIZE(fields) || !is_disk(layout, disk.name))
			continue;
		disk.read_bytes = fields[2] * UINT64_C(512);
		disk.written_bytes = fields[6] * UINT64_C(512);
		*ret_disk = disk;
		return true;
	}
	return false;
}

static void parse_diskstats(const struct cgw_layout *layout, struct cgw_system_stat *machine,
			    char *text)
{
	uint64_t read = 0, written = 0;
	struct system_disk disk;

	while (system_stat_next_disk(layout, &text, &disk)) {
		read += disk.read_bytes;
		written += disk.written_bytes;
	}
	machine->read_bytes = ok(read);
	machine->written_bytes = ok(written);
}

static int read_proc(const struct cgw_layout *layout, const char *file, char **ret_text,
		     size_t *ret_length)
{
	int r = cgw_proc_read(layout, file, ret_text, ret_length);

	return r == -ENOMEM ? r : r < 0 ? 0 : 1;
}

int system_stat_read(const struct cgw_layout *layout, struct cgw_system_stat *ret_machine)
{
	static const char *const files[] = {"stat",         "meminfo",         "loadavg",
					    "pressure/cpu", "pressure/memory", "pressure/io",
					    "diskstats"};
	struct cgw_system_stat machine = {0};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t length = 0;
		int r = read_proc(layout, files[i], &text, &length);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (i == 0)
			parse_stat(&machine, text);
		else if (i == 1)
			parse_meminfo(&machine, text, length);
		else if (i == 2)
			parse_loadavg(&machine, text);
		else if (i < 6)
			parse_pressure(&machine, (int)i - 3, text, length);
		else
			parse_diskstats(layout, &machine, text);
	}
	*ret_machine = machine;
	return 0;
}

static struct cgw_number difference(struct cgw_number whole, struct cgw_number part)
{
	if (whole.state != CGW_OK || part.state != CGW_OK || part.value > whole.value)
		return (struct cgw_number){0, CGW_ABSENT};
	return ok(whole.value - part.value);
}

struct cgw_number system_stat_root_value(const struct cgw_system_stat *machine,
					 enum cgw_root_source source)
{
	struct cgw_number memory, swap;

	switch (source) {
	case CGW_ROOT_SYSTEM_CPU:
		return machine->cpu_busy_ns;
	case CGW_ROOT_SYSTEM_MEMORY:
		return difference(machine->memory_total_bytes, machine->memory_free_bytes);
	case CGW_ROOT_SYSTEM_SWAP:
		return difference(machine->swap_total_bytes, machine->swap_free_bytes);
	case CGW_ROOT_SYSTEM_MEMORY_SWAP:
		memory = difference(machine->memory_total_bytes, machine->memory_free_bytes);
		swap = difference(machine->swap_total_bytes, machine->swap_free_bytes);
		return memory.state == CGW_OK && swap.state == CGW_OK
			       ? ok(memory.value + swap.value)
			       : (struct cgw_number){0, CGW_ABSENT};
	case CGW_ROOT_SYSTEM_THREADS:
		return machine->threads;
	case CGW_ROOT_SYSTEM_IO_RBYTES:
		return machine->read_bytes;
	case CGW_ROOT_SYSTEM_IO_WBYTES:
		return machine->written_bytes;
	case CGW_ROOT_NONE:
		break;
	}
	return (struct cgw_number){0, CGW_ABSENT};
}

/* clang-format off */
#define FIELD(member, count) {#member, offsetof(struct cgw_system_stat, member), count}

/* Part of both formats: rows are only added at the end. */
static const struct system_stat_field fields[] = {
	FIELD(cpu_busy_ns, 1),
	FIELD(cpu_iowait_ns, 1),
	FIELD(memory_total_bytes, 1),
	FIELD(memory_available_bytes, 1),
	FIELD(memory_free_bytes, 1),
	FIELD(swap_total_bytes, 1),
	FIELD(swap_free_bytes, 1),
	FIELD(processes, 1),
	FIELD(threads, 1),
	FIELD(load_e2, 3),
	FIELD(pressure_e2, 18),
	FIELD(read_bytes, 1),
	FIELD(written_bytes, 1),
};
/* clang-format on */

const struct system_stat_field *system_stat_field(size_t i)
{
	return i < ARRAY_SIZE(fields) ? &fields[i] : NULL;
}
