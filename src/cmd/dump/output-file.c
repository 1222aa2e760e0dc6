/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output-file.c - output to standard output, or to a file that is replaced atomically. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dump/output-file.h"

/* A terminal, a pipe or /dev/stdout is written to directly, not replaced. */
static int is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int open_temporary(struct output *output)
{
	mode_t mask = umask(0);
	int fd, r;

	(void)umask(mask);
	/* The temporary name must not end in .prom, since readers select files by suffix. */
	if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
		output->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		output->stream = fdopen(fd, "w");
	if (output->stream != NULL)
		return 0;
	r = -errno;
	if (fd >= 0) {
		close(fd);
		(void)unlink(output->temporary);
	}
	free(output->temporary);
	output->temporary = NULL;
	return r;
}

int output_begin(struct output *output)
{
	output->stream = NULL;
	output->temporary = NULL;
	if (output->path == NULL) {
		output->stream = stdout;
		return 0;
	}
	if (!is_special(output->path))
		return open_temporary(output);
	output->stream = fopen(output->path, "we");
	return output->stream == NULL ? -errno : 0;
}

int output_end(struct output *output, int keep)
{
	int r = ferror(output->stream) ? -EIO : 0;

	if (output->stream == stdout)
		return 0; /* cli_finish() reports errors */
	if (fclose(output->stream) != 0)
		r = -errno;
	output->stream = NULL;
	if (output->temporary == NULL)
		return r;
	if (r == 0 && keep && rename(output->temporary, output->path) < 0)
		r = -errno;
	if (r < 0 || !keep)
		(void)unlink(output->temporary);
	free(output->temporary);
	output->temporary = NULL;
	return r;
}
