/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crash.h - gives the terminal back when the process crashes. Only async-signal-safe calls.
 */
#ifndef CGWARD_TUI_CORE_CRASH_H
#define CGWARD_TUI_CORE_CRASH_H

/* Keeps the present settings of the terminal; installs handlers for the signals of a crash. */
void crash_handler_install(int fd);
/* What the terminal must be sent on a crash, beside its settings. Added up, cut where it is full. */
void crash_add_fd(const char *sequence);
/* The process has given the terminal back itself (and, with `armed` true, taken it again). */
void crash_handler_set_active(int armed);
/* Takes the handlers away. */
void crash_handler_remove(void);

#endif
