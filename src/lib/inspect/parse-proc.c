/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-proc.c - parsers of files in /proc/PID. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/parse-proc.h"

/* Parses a number after blanks and advances past it; -EBADMSG without one. */
static int parse_number(const char **text, int base, uint64_t *ret_number)
{
	char *end;
	const char *start = *text + strspn(*text, " \t");

	/* strtoull() would accept a sign and a prefix. */
	if (strspn(start, base == 16 ? "0123456789abcdef" : "0123456789") == 0)
		return -EBADMSG;
	errno = 0;
	*ret_number = strtoull(start, &end, base);
	if (errno != 0)
		return -EBADMSG;
	*text = end;
	return 0;
}

static const char *skip_words(const char *text, unsigned count)
{
	for (; count > 0; count--) {
		text += strspn(text, " ");
		text += strcspn(text, " \n");
	}
	return text;
}

int parse_stat(const char *text, struct process_stat *ret_stat)
{
	/* The name may contain blanks and parentheses; the last one ends it. */
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	struct process_stat stat = {0};
	uint64_t parent, flags, threads;
	size_t length;

	if (open == NULL || close == NULL || close < open || close[1] != ' ')
		return -EBADMSG;
	length = (size_t)(close - open - 1);
	if (length >= sizeof(stat.name))
		length = sizeof(stat.name) - 1;
	memcpy(stat.name, open + 1, length);
	stat.state = close[2];
	if (stat.state < 'A' || close[3] != ' ')
		return -EBADMSG;
	text = close + 3;
	if (parse_number(&text, 10, &parent) < 0)
		return -EBADMSG;
	text = skip_words(text, 4);
	if (parse_number(&text, 10, &flags) < 0)
		return -EBADMSG;
	text = skip_words(text, 4);
	if (parse_number(&text, 10, &stat.user_ticks) < 0 ||
	    parse_number(&text, 10, &stat.system_ticks) < 0)
		return -EBADMSG;
	text = skip_words(text, 4);
	if (parse_number(&text, 10, &threads) < 0)
		return -EBADMSG;
	text = skip_words(text, 1);
	if (parse_number(&text, 10, &stat.start_ticks) < 0)
		return -EBADMSG;
	text = skip_words(text, 1);
	if (parse_number(&text, 10, &stat.resident_pages) < 0)
		return -EBADMSG;
	stat.parent = (pid_t)parent;
	stat.flags = (unsigned)flags;
	stat.threads = (unsigned)threads;
	*ret_stat = stat;
	return 0;
}

/* The second of four IDs: real, effective, saved, file system. */
static uint32_t effective_id(const char *text)
{
	uint64_t real, effective;

	if (parse_number(&text, 10, &real) < 0 || parse_number(&text, 10, &effective) < 0)
		return CGW_NO_ID;
	return (uint32_t)effective;
}

static int small_number(const char *text)
{
	uint64_t number;

	return parse_number(&text, 10, &number) < 0 || number > 1000000 ? -1 : (int)number;
}

static void parse_status_line(const char *key, const char *text, struct process_status *status)
{
	static const struct {
		const char *key;
		enum cgw_capability_set set;
	} sets[] = {
		{"CapEff", CGW_CAPABILITIES_EFFECTIVE},   {"CapPrm", CGW_CAPABILITIES_PERMITTED},
		{"CapInh", CGW_CAPABILITIES_INHERITABLE}, {"CapBnd", CGW_CAPABILITIES_BOUNDING},
		{"CapAmb", CGW_CAPABILITIES_AMBIENT},
	};
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (strcmp(key, sets[i].key) == 0 && parse_number(&text, 16, &number) == 0)
			status->capabilities[sets[i].set] = number;
	if (strcmp(key, "Tgid") == 0 && parse_number(&text, 10, &number) == 0)
		status->leader = (pid_t)number;
	else if (strcmp(key, "Uid") == 0)
		status->uid = effective_id(text);
	else if (strcmp(key, "Gid") == 0)
		status->gid = effective_id(text);
	else if (strcmp(key, "Seccomp") == 0)
		status->seccomp = small_number(text);
	else if (strcmp(key, "Seccomp_filters") == 0)
		status->seccomp_filters = small_number(text);
	else if (strcmp(key, "NoNewPrivs") == 0)
		status->no_new_privileges = small_number(text);
	else if (strcmp(key, "NSpid") == 0)
		while (parse_number(&text, 10, &number) == 0) {
			status->inner_pid = (pid_t)number;
			status->pid_namespaces++;
		}
}

int parse_status(const char *text, struct process_status *ret_status)
{
	struct process_status status = {
		.uid = CGW_NO_ID,
		.gid = CGW_NO_ID,
		.seccomp = -1,
		.seccomp_filters = -1,
		.no_new_privileges = -1,
	};

	while (*text != '\0') {
		size_t length = strcspn(text, "\n"), key_length = strcspn(text, ":\n");
		char key[32], value[256];

		if (key_length < sizeof(key) && key_length < length) {
			size_t value_length = length - key_length - 1;

			memcpy(key, text, key_length);
			key[key_length] = '\0';
			/* Longer lines are lists such as Groups, which are not needed. */
			if (value_length < sizeof(value)) {
				memcpy(value, text + key_length + 1, value_length);
				value[value_length] = '\0';
				parse_status_line(key, value, &status);
			}
		}
		text += length + (text[length] == '\n');
	}
	if (status.leader == 0)
		return -EBADMSG;
	*ret_status = status;
	return 0;
}

static struct cgw_number parse_limit(const char **text)
{
	struct cgw_number number = {0, CGW_OK};

	*text += strspn(*text, " ");
	if (strncmp(*text, "unlimited", 9) == 0) {
		*text += 9;
		return (struct cgw_number){0, CGW_MAX};
	}
	if (parse_number(text, 10, &number.value) < 0)
		return (struct cgw_number){0, CGW_BAD};
	return number;
}

void parse_limits(const char *text, struct cgw_rlimit limits[CGW_RLIMIT_COUNT])
{
	static const char *const names[CGW_RLIMIT_COUNT] = {
		[CGW_RLIMIT_CPU] = "Max cpu time",
		[CGW_RLIMIT_STACK] = "Max stack size",
		[CGW_RLIMIT_CORE] = "Max core file size",
		[CGW_RLIMIT_PROCESSES] = "Max processes",
		[CGW_RLIMIT_FILES] = "Max open files",
		[CGW_RLIMIT_LOCKED] = "Max locked memory",
		[CGW_RLIMIT_ADDRESS_SPACE] = "Max address space",
		[CGW_RLIMIT_REALTIME] = "Max realtime priority",
	};

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		for (size_t i = 0; i < CGW_RLIMIT_COUNT; i++) {
			size_t name = strlen(names[i]);
			const char *at = text + name;

			if (name >= length || strncmp(text, names[i], name) != 0 || *at != ' ')
				continue;
			limits[i].soft = parse_limit(&at);
			limits[i].hard = parse_limit(&at);
		}
		text += length + (text[length] == '\n');
	}
}

uint32_t parse_map(const char *text, uint32_t outside)
{
	while (*text != '\0') {
		uint64_t inside, start, count;
		const char *at = text;

		if (parse_number(&at, 10, &inside) == 0 && parse_number(&at, 10, &start) == 0 &&
		    parse_number(&at, 10, &count) == 0 && outside >= start &&
		    outside - start < count && inside + (outside - start) < CGW_NO_ID)
			return (uint32_t)(inside + (outside - start));
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return CGW_NO_ID;
}

char *parse_command(const char *text, size_t length, size_t limit)
{
	char *command;

	while (length > 0 && text[length - 1] == '\0')
		length--;
	if (length > limit)
		length = limit;
	if (length == 0)
		return NULL;
	command = malloc(length + 1);
	if (command == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++)
		command[i] = text[i] == '\0' ? ' ' : text[i];
	command[length] = '\0';
	return command;
}

void parse_root_type(const char *text, char *buffer, size_t size)
{
	buffer[0] = '\0';
	while (*text != '\0') {
		/* "36 35 98:0 /subvolume / rw,noatime master:1 - ext3 /dev/root rw" */
		const char *mountpoint = skip_words(text, 4), *end = strchr(text, '\n');
		const char *separator = strstr(mountpoint, " - ");
		size_t length;

		if (strncmp(mountpoint, " / ", 3) == 0 && separator != NULL &&
		    (end == NULL || separator < end)) {
			separator += 3;
			length = strcspn(separator, " \n");
			if (length >= size)
				length = size - 1;
			memcpy(buffer, separator, length);
			buffer[length] = '\0';
		}
		if (end == NULL)
			break;
		text = end + 1;
	}
}
