/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* capture.h - collect what code prints to standard output and standard error. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
	int saved[2];
	FILE *files[2];
	char *out, *err; /* set by capture_end() */
};

static inline void capture_check(int condition)
{
	if (!condition)
		abort();
}

static inline void capture_begin(struct capture *capture)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	for (int i = 0; i < 2; i++) {
		capture->files[i] = tmpfile();
		capture_check(capture->files[i] != NULL);
		capture->saved[i] = dup(STDOUT_FILENO + i);
		capture_check(capture->saved[i] >= 0);
		capture_check(dup2(fileno(capture->files[i]), STDOUT_FILENO + i) >= 0);
	}
}

static inline char *capture_read(FILE *file)
{
	size_t size;
	char *text;

	capture_check(fseek(file, 0, SEEK_END) == 0);
	size = (size_t)ftell(file);
	rewind(file);
	text = calloc(1, size + 1);
	capture_check(text != NULL && fread(text, 1, size, file) == size);
	(void)fclose(file);
	return text;
}

static inline void capture_end(struct capture *capture)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	for (int i = 0; i < 2; i++) {
		capture_check(dup2(capture->saved[i], STDOUT_FILENO + i) >= 0);
		close(capture->saved[i]);
	}
	capture->out = capture_read(capture->files[0]);
	capture->err = capture_read(capture->files[1]);
}

static inline void capture_free(struct capture *capture)
{
	free(capture->out);
	free(capture->err);
}
