/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-code.c - encoding order of the system-wide values. */
#include "lib/base/cleanup.h"
#include "lib/recording/sample-code.h"

/* Part of the file format: rows are only added at the end. */
static const struct {
	size_t offset;
	size_t count;
} metrics[] = {
	{offsetof(struct cgw_system_stat, cpu_busy_ns), 1},
	{offsetof(struct cgw_system_stat, cpu_iowait_ns), 1},
	{offsetof(struct cgw_system_stat, memory_total_bytes), 1},
	{offsetof(struct cgw_system_stat, memory_available_bytes), 1},
	{offsetof(struct cgw_system_stat, memory_free_bytes), 1},
	{offsetof(struct cgw_system_stat, swap_total_bytes), 1},
	{offsetof(struct cgw_system_stat, swap_free_bytes), 1},
	{offsetof(struct cgw_system_stat, processes), 1},
	{offsetof(struct cgw_system_stat, threads), 1},
	{offsetof(struct cgw_system_stat, load_e2), 3},
	{offsetof(struct cgw_system_stat, pressure_e2), 18},
	{offsetof(struct cgw_system_stat, read_bytes), 1},
	{offsetof(struct cgw_system_stat, written_bytes), 1},
};

size_t system_to_numbers(const struct cgw_system_stat *system, struct cgw_number *numbers)
{
	size_t count = 0;

	numbers[count++] = (struct cgw_number){system->cpu_count, CGW_OK};
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		memcpy(&numbers[count], (const char *)system + metrics[i].offset,
		       metrics[i].count * sizeof(*numbers));
		count += metrics[i].count;
	}
	return count;
}

void system_from_numbers(const struct cgw_number *numbers, size_t count,
			 struct cgw_system_stat *ret_system)
{
	size_t at = 1;

	*ret_system = (struct cgw_system_stat){0};
	if (count > 0)
		ret_system->cpu_count = (unsigned)numbers[0].value;
	for (size_t i = 0; i < ARRAY_SIZE(metrics) && at + metrics[i].count <= count; i++) {
		memcpy((char *)ret_system + metrics[i].offset, &numbers[at],
		       metrics[i].count * sizeof(*numbers));
		at += metrics[i].count;
	}
}
