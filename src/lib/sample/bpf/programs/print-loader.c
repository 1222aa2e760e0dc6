/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * print-loader.c - generator of the loaders, used by `generate`: print-loader OBJECT NAME prints
 * the C source of a program that creates the object's maps and loads its programs.
 *
 * libbpf writes that program. It lets the kernel relocate the loaded ones (CO-RE), so that neither
 * clang nor libbpf is required to build or run cgward.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#define WORDS_PER_LINE 4

/* Instructions and data consist of 64-bit words in the byte order of this machine. */
static void print_words(const char *name, const char *bytes, size_t size)
{
	printf("\nstatic const uint64_t %s[] = {", name);
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		size_t length = size - at < sizeof(uint64_t) ? size - at : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, bytes + at, length);
		printf("%s0x%" PRIx64 ",", at % (WORDS_PER_LINE * sizeof(word)) == 0 ? "\n\t" : " ",
		       word);
	}
	puts("\n};");
}

static void print_maps(const struct bpf_object *object)
{
	const struct bpf_map *map;

	puts("\nstatic const struct bpf_loader_map maps[] = {");
	bpf_object__for_each_map(map, object)
	{
		printf("\t{\"%s\", %" PRIu32 ", %" PRIu32 "},\n", bpf_map__name(map),
		       bpf_map__value_size(map), bpf_map__max_entries(map));
	}
	puts("};");
}

static void print_programs(const struct bpf_object *object)
{
	struct bpf_program *program;

	puts("\nstatic const char *const programs[] = {");
	bpf_object__for_each_program(program, object)
	{
		printf("\t\"%s\",\n", bpf_program__name(program));
	}
	puts("};");
}

static int print_loader(struct bpf_object *object, const char *name)
{
	struct gen_loader_opts loader = {.sz = sizeof(loader)};
	int r = bpf_object__gen_loader(object, &loader);

	if (r == 0)
		r = bpf_object__load(object);
	if (r < 0)
		return r;
	puts("#include \"lib/sample/bpf/bpf-loader.h\"");
	print_maps(object);
	print_programs(object);
	print_words("data", loader.data, loader.data_sz);
	print_words("instructions", loader.insns, loader.insns_sz);
	printf("\nconst struct bpf_loader bpf_loader_%s = BPF_LOADER;\n", name);
	return 0;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "cgward");
	struct bpf_object *object;
	int r;

	if (argc != 3) {
		fputs("usage: print-loader OBJECT NAME\n", stderr);
		return 2;
	}
	object = bpf_object__open_file(argv[1], &options);
	if (object == NULL) {
		perror(argv[1]);
		return 1;
	}
	r = print_loader(object, argv[2]);
	if (r < 0)
		fprintf(stderr, "cannot generate the loader of %s: %s\n", argv[1], strerror(-r));
	bpf_object__close(object);
	return r < 0 || fflush(stdout) != 0 ? 1 : 0;
}
