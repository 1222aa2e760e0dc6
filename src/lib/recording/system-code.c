/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-code.c - the machine's figures as a row of numbers, in the order of the file. */
#include "lib/base/cleanup.h"
#include "lib/recording/sample-code.h"

/* Rows are added at the end, never moved: the row is a figure's name in the file. */
static const struct {
	size_t offset;
	size_t count;
} figures[] = {
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

size_t machine_to_numbers(const struct cgw_system_stat *machine, struct cgw_number *numbers)
{
	size_t count = 0;

	numbers[count++] = (struct cgw_number){machine->cpu_count, CGW_OK};
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		memcpy(&numbers[count], (const char *)machine + figures[i].offset,
		       figures[i].count * sizeof(*numbers));
		count += figures[i].count;
	}
	return count;
}

void machine_from_numbers(const struct cgw_number *numbers, size_t count,
			  struct cgw_system_stat *ret_machine)
{
	size_t at = 1;

	*ret_machine = (struct cgw_system_stat){0};
	if (count > 0)
		ret_machine->cpu_count = (unsigned)numbers[0].value;
	for (size_t i = 0; i < ARRAY_SIZE(figures) && at + figures[i].count <= count; i++) {
		memcpy((char *)ret_machine + figures[i].offset, &numbers[at],
		       figures[i].count * sizeof(*numbers));
		at += figures[i].count;
	}
}
