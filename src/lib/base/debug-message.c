/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* debug-message.c - topics and the receiver of debug messages. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"

static const char *const names[CGW_DEBUG_TOPIC_COUNT] = {
	[CGW_DEBUG_SAMPLE] = "sample", [CGW_DEBUG_BPF] = "bpf",
	[CGW_DEBUG_LIMIT] = "limit",   [CGW_DEBUG_SYSTEMD] = "systemd",
	[CGW_DEBUG_POLICY] = "policy", [CGW_DEBUG_REMOTE] = "remote",
};

/* The only writable global: a bug report needs messages from before any object exists. */
static _Atomic(const struct cgw_debug *) debug_receiver;

const char *cgw_debug_topic_name(enum cgw_debug_topic topic)
{
	return (unsigned)topic < CGW_DEBUG_TOPIC_COUNT ? names[topic] : "invalid";
}

/* The bit of a topic, all bits for "all", or 0. */
static uint32_t find_topic(const char *word, size_t length)
{
	if (length == 3 && strncmp(word, "all", 3) == 0)
		return (UINT32_C(1) << CGW_DEBUG_TOPIC_COUNT) - 1;
	for (unsigned i = 0; i < CGW_DEBUG_TOPIC_COUNT; i++)
		if (strlen(names[i]) == length && strncmp(names[i], word, length) == 0)
			return UINT32_C(1) << i;
	return 0;
}

int cgw_debug_topics_parse(const char *text, uint32_t *ret_topics, struct cgw_diag *diag)
{
	uint32_t topics = 0;

	for (;;) {
		size_t length = strcspn(text, ",");
		uint32_t topic = find_topic(text, length);
		char shown[128];

		if (topic == 0) {
			cgw_escape(shown, sizeof(shown), text, length);
			return cgw_diag_set(
				diag, -EINVAL,
				"unknown debug topic '%s' (expected sample, bpf, limit, "
				"systemd, policy, remote or all)",
				shown);
		}
		topics |= topic;
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	*ret_topics = topics;
	return 0;
}

void cgw_debug_set(const struct cgw_debug *debug)
{
	assert(debug == NULL || debug->message != NULL);
	atomic_store(&debug_receiver, debug);
}

bool debug_enabled(enum cgw_debug_topic topic)
{
	const struct cgw_debug *debug = atomic_load(&debug_receiver);

	return debug != NULL && (debug->topics & UINT32_C(1) << topic) != 0;
}

void debug_message(enum cgw_debug_topic topic, const char *format, ...)
{
	const struct cgw_debug *debug = atomic_load(&debug_receiver);
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *shown = NULL;
	va_list arguments;
	int length, error = errno;

	if (debug == NULL)
		return;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		text = NULL;
	shown = text != NULL ? malloc(4 * (size_t)length + 1) : NULL;
	if (shown != NULL) {
		cgw_escape(shown, 4 * (size_t)length + 1, text, (size_t)length);
		debug->message(debug->context, topic, shown);
	}
	errno = error;
}
