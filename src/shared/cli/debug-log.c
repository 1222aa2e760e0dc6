/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* debug-log.c - debug messages on standard error or in a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cgward/debug.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/cli/debug-log.h"

/* One write per line, so that lines of several threads or processes do not mix. */
static void write_line(void *context, enum cgw_debug_topic topic, const char *text)
{
	const int *fd = context;
	CLEANUP(cleanup_free) char *line = NULL;
	uint64_t now_us = clock_now_ns() / NS_PER_US;
	int length =
		asprintf(&line, "%llu.%06llu %d %s: %s\n", (unsigned long long)(now_us / 1000000),
			 (unsigned long long)(now_us % 1000000), (int)getpid(),
			 cgw_debug_topic_name(topic), text);

	if (length < 0)
		line = NULL;
	else if (write(*fd, line, (size_t)length) < 0)
		return; /* a log that cannot be written must not stop the program */
}

static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd;
}

enum cli_exit debug_log_open(const struct cli_context *context, bool is_dashboard)
{
	static int fd = STDERR_FILENO;
	static struct cgw_debug debug = {.message = write_line, .context = &fd};
	const char *topics = getenv("CGWARD_DEBUG"), *file = getenv("CGWARD_DEBUG_FILE");
	struct cgw_diag diag = {0};

	if (topics == NULL || topics[0] == '\0')
		return CLI_OK;
	if (cgw_debug_topics_parse(topics, &debug.topics, &diag) < 0) {
		cli_error(context, "CGWARD_DEBUG: %s", diag.text);
		return CLI_USAGE;
	}
	if (file != NULL && file[0] != '\0') {
		fd = open_file(file);
		if (fd < 0)
			return cli_error(context, "cannot open CGWARD_DEBUG_FILE '%s': %s", file,
					 strerror(-fd));
	} else if (is_dashboard && isatty(STDERR_FILENO)) {
		cli_error(context, "CGWARD_DEBUG in the dashboard requires CGWARD_DEBUG_FILE");
		return CLI_USAGE;
	}
	cgw_debug_set(&debug);
	return CLI_OK;
}
