/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - picks the face; nothing else. */
#include <stdio.h>
#include <string.h>

#include <cgward/base.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		printf("cgward %s\n", cgw_version());
	else
		fprintf(stderr, "cgward: unknown command\n");
	return 0;
}
