/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* percent-base.c - bases of percentages: the host's capacity or the tightest ancestor limit. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/limit/percent-base.h"

/* The number after a word in a /proc file: "MemTotal:       16384 kB". 0: not found. */
static uint64_t proc_number(const struct cgw_layout *layout, const char *file, const char *word)
{
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned long long number;
	size_t length;
	const char *at;

	if (cgw_proc_read(layout, file, &text, &length) < 0)
		return 0;
	at = strstr(text, word);
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	return at != NULL && sscanf(at + strlen(word), "%llu", &number) == 1 ? number : 0;
}

static uint64_t host_capacity(const struct cgw_layout *layout, enum control_capacity capacity)
{
	long cpus;

	switch (capacity) {
	case CAPACITY_CPUS:
		cpus = sysconf(_SC_NPROCESSORS_ONLN);
		return cpus > 0 ? (uint64_t)cpus * NS_PER_S : 0;
	case CAPACITY_MEMORY:
		return proc_number(layout, "meminfo", "MemTotal:") * 1024;
	case CAPACITY_SWAP:
		return proc_number(layout, "meminfo", "SwapTotal:") * 1024;
	case CAPACITY_PIDS:
		return proc_number(layout, "sys/kernel/pid_max", "");
	case CAPACITY_NONE:
		break;
	}
	return 0;
}

bool percent_bases_parent_limit(const struct control_row *row, const struct cgw_source *source,
				const struct target *target, struct setting *ret_setting,
				char *path, size_t size)
{
	CLEANUP(cleanup_free) char *above = strdup(target->path);
	struct setting tightest = {.unlimited = true};
	char *slash;

	while (above != NULL && (slash = strrchr(above, '/')) != NULL && slash != above) {
		CLEANUP(target_close) struct target ancestor = TARGET_NONE;
		struct setting setting = {0}, rate;

		*slash = '\0';
		if (target_open(target->layout, target->hierarchy, above, &ancestor) < 0 ||
		    target_get(&ancestor, row, source, &setting) < 0)
			continue;
		rate = setting_rate(row, &setting);
		if (setting.unlimited || setting_compare(&rate, &tightest) >= 0)
			continue;
		tightest = rate;
		*ret_setting = setting;
		snprintf(path, size, "%s", above);
	}
	return !tightest.unlimited;
}

void percent_bases_find(const struct cgw_layout *layout, const struct control_row *row,
			const struct cgw_source *source, const struct target *target,
			struct percent_bases *bases)
{
	struct setting parent;
	char path[256];

	bases->host = host_capacity(layout, (enum control_capacity)row->capacity);
	bases->parent = bases->host;
	if (row->capacity != CAPACITY_NONE && !row->info.action &&
	    percent_bases_parent_limit(row, source, target, &parent, path, sizeof(path)))
		bases->parent = setting_rate(row, &parent).number;
}
