/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording-damage.h - report the damaged parts of a recording that a command skipped. */
#ifndef CGWARD_SHARED_CLI_RECORDING_DAMAGE_H
#define CGWARD_SHARED_CLI_RECORDING_DAMAGE_H

#include <cgward/recording.h>

#include "shared/cli/cli.h"

/* Call it last: parts are found damaged when they are read. Success becomes CLI_PARTLY. */
enum cli_exit recording_report_damage(const struct cli_context *context,
				      const struct cgw_replay *replay, enum cli_exit status);

#endif
