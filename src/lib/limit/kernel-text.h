/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-text.h - a setting as the bytes of a kernel file, and back. Pure.
 *
 * Reading goes through the decoders of the metric room, writing is their inverse: what is encoded for a
 * source decodes to the same setting through the same source, rounding of the kernel aside.
 */
#ifndef CGWARD_LIB_LIMIT_KERNEL_TEXT_H
#define CGWARD_LIB_LIMIT_KERNEL_TEXT_H

#include "lib/limit/control-value.h"

/* The name of the source's file for an instance: '*' replaced. -ENAMETOOLONG. */
int kernel_file_name(const struct cgw_source *source, const char *instance, char *buffer,
		     size_t size);

/*
 * The bytes of one write(2). BANDWIDTH on v1 is two files: this is the quota's, the period's is a
 * number of microseconds. TOGGLES are not handled here: what to switch depends on what is on.
 */
int kernel_text_encode(const struct control_row *row, const struct cgw_source *source,
		       const struct setting *setting, char *buffer, size_t size);

/*
 * What a file says of the instance in `setting`; without one there, of the first that it names. A file
 * that does not name the device says that there is no limit. -EBADMSG: not understood; -ENOENT: says
 * nothing.
 */
int kernel_text_decode(const struct control_row *row, const struct cgw_source *source,
		       const char *text, size_t length, struct setting *setting);

#endif
