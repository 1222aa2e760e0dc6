/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output-file.c - output to standard output, or to a file that is replaced atomically. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cmd/dump/output-file.h"

/* A terminal, a pipe or /dev/stdout is written to directly, not replaced. */
static int is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_begin(struct output *output)
{
	int r;

	output->stream = NULL;
	output->replacement = FILE_REPLACEMENT_NONE;
	if (output->path == NULL) {
		output->stream = stdout;
		return 0;
	}
	if (is_special(output->path)) {
		output->stream = fopen(output->path, "we");
		return output->stream == NULL ? -errno : 0;
	}
	r = replacement_begin_stream(&output->replacement, AT_FDCWD, output->path, 0666, true);
	output->stream = output->replacement.stream;
	return r;
}

int output_end(struct output *output, int keep)
{
	int r = 0;

	if (output->stream == stdout)
		return 0; /* cli_finish() reports errors */
	if (output->replacement.stream == NULL) {
		r = ferror(output->stream) ? -EIO : 0;
		if (fclose(output->stream) != 0)
			r = -errno;
	} else if (keep) {
		r = replacement_commit(&output->replacement, false);
	} else {
		cleanup_replacement(&output->replacement);
	}
	output->stream = NULL;
	return r;
}
