/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-corpus.c - ordinary test that runs a fuzz target on its corpus and on damaged copies of each
 * input: every prefix, and every byte replaced by values that often break parsers.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned long runs;

static void run_exact(const uint8_t *data, size_t size)
{
	/* A block of exactly that size, so that sanitizers detect a read beyond its end. */
	uint8_t *copy = malloc(size + (size == 0));

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void run_damaged(uint8_t *data, size_t size)
{
	static const uint8_t bad[] = {0, '\n', ' ', 0xff, '9', '{', '*'};

	run_exact(data, size);
	for (size_t i = 0; i < size && i < 512; i++) {
		uint8_t original = data[i];

		run_exact(data, i);
		for (size_t j = 0; j < sizeof(bad); j++) {
			data[i] = bad[j];
			run_exact(data, size);
		}
		data[i] = original;
	}
}

static void run_file(const char *path)
{
	uint8_t data[65536];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		return;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run_damaged(data, size);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *directory;
	char path[4096];

	if (argc != 2)
		return 2;
	directory = opendir(argv[1]);
	if (directory == NULL) {
		perror(argv[1]);
		return 1;
	}
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		run_file(path);
	}
	closedir(directory);
	printf("%lu inputs\n", runs);
	return runs == 0; /* an empty corpus tests nothing */
}
