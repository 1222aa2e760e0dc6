/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crash.c - restores echo and screen of the terminal after a crash. */
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "tui/core/term.h"

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

/* Set before the handlers are installed, which read it. Global, because the terminal is. */
static struct {
	volatile sig_atomic_t active;
	int fd;
	struct termios settings;
	char sequence[512];
	size_t length;
	/* Alternate stack, to handle a stack overflow. */
	_Alignas(16) char stack[32 * 1024];
} rescue;

static void on_crash(int number)
{
	/* SA_RESETHAND restored the default action: raising the signal again ends the process. */
	if (rescue.active) {
		rescue.active = 0;
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
	rescue.active = 1;
	(void)sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		(void)sigaction(crash_signals[i], &action, NULL);
}

void crash_add_sequence(const char *sequence)
{
	/* Skip padding ("$<5>"): tputs() handles it, but is not async-signal-safe. */
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

void crash_handler_set_active(int active)
{
	rescue.active = active;
}

void crash_handler_remove(void)
{
	rescue.active = 0;
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		(void)signal(crash_signals[i], SIG_DFL);
}
