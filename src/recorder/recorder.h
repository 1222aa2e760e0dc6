/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder.h - the face that keeps samples: `cgward record`, and says what grew: `cgward diff`. */
#ifndef CGWARD_RECORDER_RECORDER_H
#define CGWARD_RECORDER_RECORDER_H

#include "cli/cli.h"

extern const struct cli_command recorder_commands[];

int diff_run(struct cli_context *context, int argc, char **argv);

#endif
