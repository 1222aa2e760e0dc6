/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crash.h - restores the terminal when the process crashes, with async-signal-safe calls only. */
#ifndef CGWARD_TUI_CORE_CRASH_H
#define CGWARD_TUI_CORE_CRASH_H

/* Saves the current terminal settings and installs handlers for crash signals. */
void crash_handler_install(int fd);
/* Appends an escape sequence to send on a crash; truncated when the buffer is full. */
void crash_add_sequence(const char *sequence);
/* Set `active` to 0 while the terminal is already restored, for example when suspended. */
void crash_handler_set_active(int active);
void crash_handler_remove(void);

#endif
