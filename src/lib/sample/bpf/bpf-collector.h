/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf-collector.h - BPF collector: one pass over a hierarchy returns all groups with their values
 * and reports which groups were created or removed.
 *
 * Values are used only after they were compared with the files, metric by metric, in a few groups
 * of this machine. Metrics that the programs do not provide or that failed the comparison are left
 * to the files. So is the root, because the kernel keeps its values in other structures.
 */
#pragma once

#include "lib/sample/discover.h"
#include "lib/sample/files.h"

#ifdef HAVE_BPF
/*
 * Loads the programs for up to `capacity` groups at first. `ret_hierarchies` receives those that
 * the collector keeps up to date from now on. -EOPNOTSUPP: not supported by the build or the
 * kernel; -EPERM: privileges are missing.
 */
int bpf_open(const struct discover *discover, struct files *files, uint32_t capacity,
	     struct collector *ret_collector, uint32_t *ret_hierarchies, struct cgw_diag *diag);
#else
#include <errno.h>

#define bpf_open(discover, files, capacity, ret_collector, ret_hierarchies, diag) \
	((void)(capacity),                                                        \
	 cgw_diag_set(diag, -EOPNOTSUPP, "built without the BPF collector (" BPF_LEFT_OUT ")"))
#endif
