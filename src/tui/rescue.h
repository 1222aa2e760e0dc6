/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rescue.h - gives the terminal back when the process crashes. Only async-signal-safe calls.
 */
#ifndef CGWARD_TUI_RESCUE_H
#define CGWARD_TUI_RESCUE_H

/* Keeps the present settings of the terminal; installs handlers for the signals of a crash. */
void rescue_arm(int fd);
/* What the terminal must be sent on a crash, beside its settings. Added up, cut where it is full. */
void rescue_add(const char *sequence);
/* The process has given the terminal back itself (and, with `armed` true, taken it again). */
void rescue_set_armed(int armed);
/* Takes the handlers away. */
void rescue_disarm(void);

#endif
