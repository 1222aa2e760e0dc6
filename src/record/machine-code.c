/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine-code.c - the machine's figures as a row of numbers, in the order of the file. */
#include "base/cleanup.h"
#include "record/code.h"

/* Rows are added at the end, never moved: the row is a figure's name in the file. */
static const struct {
	size_t offset;
	size_t count;
} figures[] = {
	{offsetof(struct cgw_machine, cpu_busy_ns), 1},
	{offsetof(struct cgw_machine, cpu_iowait_ns), 1},
	{offsetof(struct cgw_machine, memory_total_bytes), 1},
	{offsetof(struct cgw_machine, memory_available_bytes), 1},
	{offsetof(struct cgw_machine, memory_free_bytes), 1},
	{offsetof(struct cgw_machine, swap_total_bytes), 1},
	{offsetof(struct cgw_machine, swap_free_bytes), 1},
	{offsetof(struct cgw_machine, processes), 1},
	{offsetof(struct cgw_machine, threads), 1},
	{offsetof(struct cgw_machine, load_e2), 3},
	{offsetof(struct cgw_machine, pressure_e2), 18},
	{offsetof(struct cgw_machine, read_bytes), 1},
	{offsetof(struct cgw_machine, written_bytes), 1},
};

size_t machine_to_numbers(const struct cgw_machine *machine, struct cgw_number *numbers)
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
			  struct cgw_machine *ret_machine)
{
	size_t at = 1;

	*ret_machine = (struct cgw_machine){0};
	if (count > 0)
		ret_machine->cpu_count = (unsigned)numbers[0].value;
	for (size_t i = 0; i < ARRAY_SIZE(figures) && at + figures[i].count <= count; i++) {
		memcpy((char *)ret_machine + figures[i].offset, &numbers[at],
		       figures[i].count * sizeof(*numbers));
		at += figures[i].count;
	}
}
