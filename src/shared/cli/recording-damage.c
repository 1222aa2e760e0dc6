/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-damage.c - report the damaged parts of a recording that a command skipped. */
#include <string.h>

#include "shared/cli/recording-damage.h"

enum cli_exit recording_report_damage(const struct cli_context *context,
				      const struct cgw_replay *replay, enum cli_exit status)
{
	size_t count;
	const struct cgw_damage *damage = cgw_replay_damage(replay, &count);

	for (size_t i = 0; i < count; i++) {
		char file[512];

		cgw_escape(file, sizeof(file), damage[i].file, strlen(damage[i].file));
		cli_error(context, "%s: skipped %llu bytes at offset %llu: %s", file,
			  (unsigned long long)damage[i].length,
			  (unsigned long long)damage[i].offset, damage[i].what);
	}
	return status == CLI_OK && count > 0 ? CLI_PARTLY : status;
}
