/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-stat.h - values of the whole machine, for headers and for the root. */
#pragma once

#include <cgward/sample.h>

/* Reads /proc; missing values are ABSENT. Fails with -ENOMEM only. */
int system_stat_read(const struct cgw_layout *layout, struct cgw_system_stat *ret_machine);

/* In /proc/diskstats: not a partition, nor a device whose IO is counted on another one as well. */
struct system_disk {
	char name[64], number[48]; /* "sda", "8:0" */
	uint64_t read_bytes, written_bytes;
};
/* The next disk in the text, from `*rest` on; false after the last one. The text is changed. */
bool system_stat_next_disk(const struct cgw_layout *layout, char **rest,
			   struct system_disk *ret_disk);

/* The value that replaces a metric at the root. */
struct cgw_number system_stat_root_value(const struct cgw_system_stat *machine,
					 enum cgw_root_source source);

/* The numbers of struct cgw_system_stat after the number of CPUs. */
struct system_stat_field {
	const char *name;
	size_t offset; /* of the first number */
	size_t count;  /* 1, or the length of a list */
};
/* The i-th field, or NULL. Recordings depend on the order, streams on the names. */
const struct system_stat_field *system_stat_field(size_t i);
