/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-code.c - encoding order of the system-wide values. */
#include "lib/recording/sample-code.h"
#include "lib/sample/system-stat.h"

size_t system_to_numbers(const struct cgw_system_stat *system, struct cgw_number *numbers)
{
	const struct system_stat_field *field;
	size_t count = 0;

	numbers[count++] = (struct cgw_number){system->cpu_count, CGW_OK};
	for (size_t i = 0; (field = system_stat_field(i)) != NULL; i++) {
		memcpy(&numbers[count], (const char *)system + field->offset,
		       field->count * sizeof(*numbers));
		count += field->count;
	}
	return count;
}

void system_from_numbers(const struct cgw_number *numbers, size_t count,
			 struct cgw_system_stat *ret_system)
{
	const struct system_stat_field *field;
	size_t at = 1;

	*ret_system = (struct cgw_system_stat){0};
	if (count > 0)
		ret_system->cpu_count = (unsigned)numbers[0].value;
	for (size_t i = 0; (field = system_stat_field(i)) != NULL && at + field->count <= count;
	     i++) {
		memcpy((char *)ret_system + field->offset, &numbers[at],
		       field->count * sizeof(*numbers));
		at += field->count;
	}
}
