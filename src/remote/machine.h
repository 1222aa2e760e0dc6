/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - the machine's figures by name, as a stream between two cgwards says them. */
#ifndef CGWARD_REMOTE_MACHINE_H
#define CGWARD_REMOTE_MACHINE_H

#include <cgward/sample.h>

struct remote_figure {
	const char *name;
	size_t offset; /* of its first number within struct cgw_machine */
	size_t count;  /* of its numbers: 1, or a list */
};

/* The i-th, or NULL. The number of CPUs is none of them. */
const struct remote_figure *remote_figure(size_t i);

#endif
