/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crash.c - a crash must not leave a terminal without echo behind. */
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "tui/core/crash.h"

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

/* Written before the handlers are installed, read by them: process-wide as the terminal is. */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios settings;
	char sequence[512];
	size_t length;
	/* A stack overflow crashes too, and leaves no stack to handle it on. */
	_Alignas(16) char stack[32 * 1024];
} rescue;

static void on_crash(int number)
{
	/* SA_RESETHAND put the default back: raising it again ends the process as it should end. */
	if (rescue.armed) {
		rescue.armed = 0;
		for (size_t done = 0; done < rescue.length;) {
			ssize_t count =
				write(rescue.fd, rescue.sequence + done, rescue.length - done);

			if (count <= 0)
				break;
			done += (size_t)count;
		}
		(void)tcsetattr(rescue.fd, TCSANOW, &rescue.settings);
	}
	(void)raise(number);
}

void crash_handler_install(int fd)
{
	struct sigaction action = {.sa_handler = on_crash,
				   .sa_flags = (int)SA_RESETHAND | SA_ONSTACK};
	stack_t stack = {.ss_sp = rescue.stack, .ss_size = sizeof(rescue.stack)};

	rescue.fd = fd;
	rescue.length = 0;
	if (tcgetattr(fd, &rescue.settings) < 0)
		return;
	rescue.armed = 1;
	(void)sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		(void)sigaction(crash_signals[i], &action, NULL);
}

void crash_add_fd(const char *sequence)
{
	/* Padding ("$<5>") is for tputs, which a handler may not call. */
	for (; *sequence != '\0' && rescue.length < sizeof(rescue.sequence); sequence++) {
		if (sequence[0] == '$' && sequence[1] == '<') {
			const char *end = strchr(sequence, '>');

			if (end == NULL)
				return;
			sequence = end;
			continue;
		}
		rescue.sequence[rescue.length++] = *sequence;
	}
}

void crash_handler_set_active(int armed)
{
	rescue.armed = armed;
}

void crash_handler_remove(void)
{
	rescue.armed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		(void)signal(crash_signals[i], SIG_DFL);
}
