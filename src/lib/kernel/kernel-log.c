/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-log.c - collect and parse the reports of the OOM killer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/kernel/kernel-log.h"

#define REPORTS_MAX    8
#define REPORT_BYTES   (32 << 10)
#define RESERVED_BYTES (4 << 10) /* of those, for the lines that name the killed process */
#define RECORD_BYTES   8192      /* the longest record of /dev/kmsg */
#define NAME_MAX_BYTES 15        /* of the name of a process */

struct collected {
	struct oom_report report;
	char text[REPORT_BYTES];
	size_t length;
};

struct kernel_log {
	int fd;
	size_t count; /* of all reports so far; the newest is at (count - 1) % REPORTS_MAX */
	bool open;    /* more lines of the newest report may follow */
	struct collected reports[REPORTS_MAX];
	char record[RECORD_BYTES];
};

int kernel_log_new(struct kernel_log **ret_log)
{
	struct kernel_log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return -ENOMEM;
	/* Used for the first time now, and not when memory is short. */
	for (size_t i = 0; i < REPORTS_MAX; i++)
		memset(log->reports[i].text, 1, sizeof(log->reports[i].text));
	log->fd = -1;
	*ret_log = log;
	return 0;
}

int kernel_log_open(struct kernel_log *log, const char *file)
{
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t length;
	int error;

	if (fd < 0)
		return -errno;
	(void)lseek(fd, 0, SEEK_END);
	/* Some kernels and containers permit to open it only. */
	length = read(fd, log->record, sizeof(log->record));
	error = errno;
	if (length < 0 && error != EAGAIN && error != EPIPE) {
		close(fd);
		return -error;
	}
	log->fd = fd;
	if (length > 0)
		(void)kernel_log_add(log, log->record, (size_t)length, clock_now_ns());
	return 0;
}

struct kernel_log *kernel_log_free(struct kernel_log *log)
{
	if (log != NULL && log->fd >= 0)
		close(log->fd);
	free(log);
	return NULL;
}

int kernel_log_fd(const struct kernel_log *log)
{
	return log->fd;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static void begin_report(struct kernel_log *log, uint64_t now_ns)
{
	struct collected *slot = &log->reports[log->count++ % REPORTS_MAX];

	slot->report = (struct oom_report){.text = slot->text, .received_ns = now_ns};
	slot->length = 0;
	slot->text[0] = '\0';
	log->open = true;
}

/* Returns where the line was stored, or NULL if there is no room. */
static const char *append_line(struct collected *slot, const char *line, bool important)
{
	size_t length = strlen(line), limit = sizeof(slot->text) - (important ? 0 : RESERVED_BYTES);
	char *at = slot->text + slot->length;

	if (slot->length + length + 2 > limit) {
		slot->report.omitted++;
		return NULL;
	}
	memcpy(at, line, length);
	at[length] = '\n';
	at[length + 1] = '\0';
	slot->length += length + 1;
	return at;
}

/* After the decision, messages of other parts of the kernel may follow. */
static bool is_about_victim(const char *line)
{
	return starts_with(line, "Memory cgroup out of memory: ") ||
	       starts_with(line, "Out of memory") || starts_with(line, "Tasks in ") ||
	       starts_with(line, "oom_reaper: ");
}

/* The name of a process precedes it, which cannot contain the whole phrase. */
static bool begins_report(const char *line)
{
	const char *found = strstr(line, " invoked oom-killer: gfp_mask=");

	return found != NULL && found - line <= NAME_MAX_BYTES;
}

static bool add_line(struct kernel_log *log, const char *line, uint64_t now_ns)
{
	struct collected *slot;

	if (begins_report(line))
		begin_report(log, now_ns);
	if (!log->open)
		return false;
	slot = &log->reports[(log->count - 1) % REPORTS_MAX];
	if (slot->report.decision != NULL) {
		if (is_about_victim(line))
			(void)append_line(slot, line, true);
		return strstr(line, ": Killed process ") != NULL;
	}
	if (!starts_with(line, "oom-kill:")) {
		(void)append_line(slot, line, false);
		return false;
	}
	slot->report.decision = append_line(slot, line, true);
	slot->report.received_ns = now_ns;
	return false;
}

static bool is_hex_digit(char digit)
{
	return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
}

static unsigned hex_digit(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/*
 * The kernel escapes each byte that is not printable, and each backslash, as \xNN. A newline in the
 * name of a process becomes '?': it would begin a line of the report.
 */
static void unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0'; to++) {
		bool escaped =
			at[0] == '\\' && at[1] == 'x' && is_hex_digit(at[2]) && is_hex_digit(at[3]);

		*to = escaped ? (char)(hex_digit(at[2]) << 4 | hex_digit(at[3])) : *at;
		at += escaped ? 4 : 1;
		if (*to == '\n')
			*to = '?';
	}
	*to = '\0';
}

/* "PRIORITY,SEQUENCE,TIME,FLAGS[,...];TEXT\n[ KEY=VALUE\n...]" */
bool kernel_log_add(struct kernel_log *log, const char *record, size_t length, uint64_t now_ns)
{
	char line[RECORD_BYTES + 1];
	const char *end = memchr(record, '\n', length), *text;

	if (end == NULL)
		end = record + length;
	text = memchr(record, ';', (size_t)(end - record));
	/* Programs can write to the log too, but not as the kernel, whose facility is 0. */
	if (text == NULL || strtoul(record, NULL, 10) >> 3 != 0 ||
	    (size_t)(end - text) > sizeof(line))
		return false;
	text++;
	memcpy(line, text, (size_t)(end - text));
	line[end - text] = '\0';
	unescape(line);
	return add_line(log, line, now_ns);
}

bool kernel_log_read(struct kernel_log *log)
{
	bool killed = false;

	while (log->fd >= 0) {
		ssize_t length = read(log->fd, log->record, sizeof(log->record));

		if (length > 0)
			killed |= kernel_log_add(log, log->record, (size_t)length, clock_now_ns());
		else if (length == 0 || errno == EAGAIN)
			break;
		else if (errno != EPIPE && errno != EINTR) { /* EPIPE: overwritten before read */
			close(log->fd);                      /* else it would be readable forever */
			log->fd = -1;
		}
	}
	return killed;
}

const struct oom_report *kernel_log_find(const struct kernel_log *log, const char *path,
					 uint64_t since_ns, struct oom_decision *ret_decision)
{
	for (size_t i = 0; i < REPORTS_MAX && i < log->count; i++) {
		const struct oom_report *report =
			&log->reports[(log->count - 1 - i) % REPORTS_MAX].report;

		if (report->decision != NULL && report->received_ns >= since_ns &&
		    oom_decision_parse(report->decision, path, ret_decision))
			return report;
	}
	return NULL;
}

/* Whether the `length` bytes of `text` end with `first` and `second`, which it then leaves out. */
static bool cut_end(const char *text, size_t *length, const char *first, const char *second,
		    size_t second_length)
{
	size_t first_length = strlen(first);

	if (*length < first_length + second_length ||
	    memcmp(text + *length - second_length, second, second_length) != 0 ||
	    memcmp(text + *length - second_length - first_length, first, first_length) != 0)
		return false;
	*length -= first_length + second_length;
	return true;
}

/* Cuts ",KEY=DIGITS" off the end. */
static bool cut_number(const char *text, size_t *length, const char *key, long *ret_number)
{
	size_t digits = 0;

	while (digits < *length && text[*length - digits - 1] >= '0' &&
	       text[*length - digits - 1] <= '9')
		digits++;
	if (digits == 0)
		return false;
	*ret_number = strtol(text + *length - digits, NULL, 10);
	return cut_end(text, length, key, text + *length - digits, digits);
}

/* The limit is that of the group or of an ancestor. */
static void parse_limit(const char *line, size_t length, const char *path,
			struct oom_decision *decision)
{
	size_t end = strlen(path), rest = length;

	decision->machine = cut_end(line, &rest, ",global_oom", "", 0);
	while (!decision->machine) {
		rest = length;
		if (cut_end(line, &rest, ",oom_memcg=", path, end)) {
			decision->limit_length = end;
			return;
		}
		if (end <= 1)
			return;
		do
			end--;
		while (end > 1 && path[end] != '/');
	}
}

/*
 * Names of groups and processes may contain anything, also what separates the members. So the line
 * is compared with the path that is expected, from the end, where members are numbers.
 */
bool oom_decision_parse(const char *line, const char *path, struct oom_decision *ret_decision)
{
	size_t end = strcspn(line, "\n"), path_length = strlen(path);
	struct oom_decision decision = {0};
	long uid, pid;

	if (!cut_number(line, &end, ",uid=", &uid) || !cut_number(line, &end, ",pid=", &pid))
		return false;
	decision.pid = (pid_t)pid;
	for (size_t name = 0; name <= NAME_MAX_BYTES && name <= end; name++) {
		size_t rest = end;

		if (!cut_end(line, &rest, ",task=", line + end - name, name) ||
		    !cut_end(line, &rest, ",task_memcg=", path, path_length))
			continue;
		memcpy(decision.name, line + end - name, name);
		parse_limit(line, rest, path, &decision);
		*ret_decision = decision;
		return true;
	}
	return false;
}

/* The column of a word in the heading of the table, counted after "[  pid  ]"; -1: none. */
static int column_of(const char *heading, const char *end, const char *word)
{
	int column = 0;

	while (heading < end) {
		size_t blanks = strspn(heading, " "), length = strcspn(heading + blanks, " \n");

		if (length == strlen(word) && memcmp(heading + blanks, word, length) == 0)
			return column;
		if (length == 0)
			break;
		heading += blanks + length;
		column++;
	}
	return -1;
}

static bool parse_task(const char *line, int resident, int name, struct oom_task *ret_task)
{
	struct oom_task task = {0};
	const char *at = strchr(line, ']');
	char *digits_end;
	size_t length;

	task.pid = (pid_t)strtol(line + 1, &digits_end, 10);
	if (digits_end == line + 1 || at == NULL || digits_end != at)
		return false;
	at++;
	for (int column = 0; column < name; column++) {
		at += strspn(at, " ");
		if (column == resident)
			task.resident_pages = strtoull(at, NULL, 10);
		at += strcspn(at, " \n");
	}
	at += *at == ' ';
	length = strcspn(at, "\n");
	if (length >= sizeof(task.name))
		length = sizeof(task.name) - 1;
	memcpy(task.name, at, length);
	*ret_task = task;
	return true;
}

static size_t insert_task(struct oom_task *tasks, size_t count, size_t size,
			  const struct oom_task *task)
{
	size_t at = count;

	while (at > 0 && tasks[at - 1].resident_pages < task->resident_pages)
		at--;
	if (at == size)
		return count;
	count -= count == size;
	memmove(tasks + at + 1, tasks + at, (count - at) * sizeof(*tasks));
	tasks[at] = *task;
	return count + 1;
}

size_t oom_report_largest(const struct oom_report *report, struct oom_task *tasks, size_t size)
{
	static const char heading[] = "[  pid  ]";
	int resident = -1, name = -1;
	size_t count = 0;

	for (const char *line = report->text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		const char *end = line + strcspn(line, "\n");
		struct oom_task task;

		if (starts_with(line, heading)) {
			resident = column_of(line + strlen(heading), end, "rss");
			name = column_of(line + strlen(heading), end, "name");
		} else if (resident >= 0 && name > resident && line[0] == '[' &&
			   parse_task(line, resident, name, &task)) {
			count = insert_task(tasks, count, size, &task);
		}
	}
	return count;
}
