/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* debug-message.h - write debug messages; without a receiver they are not formatted. */
#pragma once

#include <cgward/debug.h>

bool debug_enabled(enum cgw_debug_topic topic);
/* Escapes the text, so that names of groups may be part of it. */
void debug_message(enum cgw_debug_topic topic, const char *format, ...) CGW_PRINTF(2, 3);

#define DEBUG(topic, ...)                                  \
	do {                                               \
		if (debug_enabled(topic))                  \
			debug_message(topic, __VA_ARGS__); \
	} while (0)
