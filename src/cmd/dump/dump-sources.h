/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-sources.h - dumps of what is not this machine, and `cgward get`. */
#pragma once

#include "cmd/dump/dump-run.h"

enum cli_exit dump_recording(struct dump *dump);
enum cli_exit dump_hosts(struct dump *dump);

int get_run(struct cli_context *context, int argc, char **argv);
