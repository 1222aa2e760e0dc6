/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-text.h - encoding and decoding of settings as the text of kernel files. Pure.
 *
 * Decoding uses the decoders of lib/metric; encoding is their inverse, apart from rounding by the
 * kernel.
 */
#pragma once

#include "lib/limit/control-value.h"

/* The name of the source's file, with '*' replaced by the instance. -EINVAL, -ENAMETOOLONG. */
int kernel_file_name(const struct cgw_source *source, const char *instance, char *buffer,
		     size_t size);

/*
 * The bytes of one write(2). BANDWIDTH on v1 has two files: this is the quota; the period is a
 * number of microseconds. TOGGLES are not handled here, because they depend on the current value.
 */
int kernel_text_encode(const struct control_row *row, const struct cgw_source *source,
		       const struct setting *setting, char *buffer, size_t size);

/*
 * Decodes the value of the instance in `setting`, or of the first instance if that is empty. A
 * device that the file does not list is unlimited. -EBADMSG: invalid text; -ENOENT: no value.
 */
int kernel_text_decode(const struct control_row *row, const struct cgw_source *source,
		       const char *text, size_t length, struct setting *setting);
