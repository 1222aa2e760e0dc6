/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* drain.h - record of a group that drain.bpf.c writes and drain.c reads. */
#pragma once

#define DRAIN_MAX 32768

struct drain_record {
	unsigned long long parent_id;
	unsigned long long cpu_usage_ns;
	unsigned long long memory_pages;
	unsigned long long tasks;
	unsigned long long devices;
	char name[64];
};
