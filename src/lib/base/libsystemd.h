/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsystemd.h - libsystemd, loaded at run time.
 *
 * Linking it and its dependencies would add a fifth to the startup time of every command, most of
 * which do not need it. The functions below are called by their usual names after
 * libsystemd_load() has succeeded once.
 */
#pragma once

/* The source location adds nothing to the fields of a journal entry. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-journal.h>

struct cgw_diag;

/* Each needs a line at the end of this file. */
#define LIBSYSTEMD_FUNCTIONS(X)                               \
	X(sd_bus_call)                                        \
	X(sd_bus_call_method)                                 \
	X(sd_bus_close_unref)                                 \
	X(sd_bus_error_free)                                  \
	X(sd_bus_error_get_errno)                             \
	X(sd_bus_get_fd)                                      \
	X(sd_bus_get_property_string)                         \
	X(sd_bus_get_property_strv)                           \
	X(sd_bus_get_property_trivial)                        \
	X(sd_bus_is_bus_client)                               \
	X(sd_bus_is_ready)                                    \
	X(sd_bus_match_signal)                                \
	X(sd_bus_message_append)                              \
	X(sd_bus_message_append_array)                        \
	X(sd_bus_message_close_container)                     \
	X(sd_bus_message_new_method_call)                     \
	X(sd_bus_message_open_container)                      \
	X(sd_bus_message_read)                                \
	X(sd_bus_message_set_allow_interactive_authorization) \
	X(sd_bus_message_unref)                               \
	X(sd_bus_new)                                         \
	X(sd_bus_process)                                     \
	X(sd_bus_set_address)                                 \
	X(sd_bus_set_bus_client)                              \
	X(sd_bus_set_method_call_timeout)                     \
	X(sd_bus_slot_unref)                                  \
	X(sd_bus_start)                                       \
	X(sd_bus_wait)                                        \
	X(sd_event_add_defer)                                 \
	X(sd_event_add_inotify)                               \
	X(sd_event_add_io)                                    \
	X(sd_event_add_signal)                                \
	X(sd_event_add_time)                                  \
	X(sd_event_add_time_relative)                         \
	X(sd_event_default)                                   \
	X(sd_event_loop)                                      \
	X(sd_event_now)                                       \
	X(sd_event_set_watchdog)                              \
	X(sd_event_source_disable_unref)                      \
	X(sd_event_source_get_enabled)                        \
	X(sd_event_source_get_time)                           \
	X(sd_event_source_set_enabled)                        \
	X(sd_event_source_set_io_fd_own)                      \
	X(sd_event_source_set_priority)                       \
	X(sd_event_source_set_time)                           \
	X(sd_event_source_set_time_relative)                  \
	X(sd_event_source_unref)                              \
	X(sd_event_unref)                                     \
	X(sd_journal_add_match)                               \
	X(sd_journal_close)                                   \
	X(sd_journal_get_data)                                \
	X(sd_journal_get_realtime_usec)                       \
	X(sd_journal_open)                                    \
	X(sd_journal_open_directory)                          \
	X(sd_journal_open_files)                              \
	X(sd_journal_previous)                                \
	X(sd_journal_seek_tail)                               \
	X(sd_journal_send)                                    \
	X(sd_notify)                                          \
	X(sd_notifyf)

#define LIBSYSTEMD_FIELD(function) __typeof__(function) *function;
extern struct libsystemd {
	LIBSYSTEMD_FUNCTIONS(LIBSYSTEMD_FIELD)
} libsystemd;
#undef LIBSYSTEMD_FIELD

/* Loads the library for the rest of the process; any thread may do so. -ENOPKG: missing. */
int libsystemd_load(struct cgw_diag *diag);

#define sd_bus_call                    libsystemd.sd_bus_call
#define sd_bus_call_method             libsystemd.sd_bus_call_method
#define sd_bus_close_unref             libsystemd.sd_bus_close_unref
#define sd_bus_error_free              libsystemd.sd_bus_error_free
#define sd_bus_error_get_errno         libsystemd.sd_bus_error_get_errno
#define sd_bus_get_fd                  libsystemd.sd_bus_get_fd
#define sd_bus_get_property_string     libsystemd.sd_bus_get_property_string
#define sd_bus_get_property_strv       libsystemd.sd_bus_get_property_strv
#define sd_bus_get_property_trivial    libsystemd.sd_bus_get_property_trivial
#define sd_bus_is_bus_client           libsystemd.sd_bus_is_bus_client
#define sd_bus_is_ready                libsystemd.sd_bus_is_ready
#define sd_bus_match_signal            libsystemd.sd_bus_match_signal
#define sd_bus_message_append          libsystemd.sd_bus_message_append
#define sd_bus_message_append_array    libsystemd.sd_bus_message_append_array
#define sd_bus_message_close_container libsystemd.sd_bus_message_close_container
#define sd_bus_message_new_method_call libsystemd.sd_bus_message_new_method_call
#define sd_bus_message_open_container  libsystemd.sd_bus_message_open_container
#define sd_bus_message_read            libsystemd.sd_bus_message_read
#define sd_bus_message_set_allow_interactive_authorization \
	libsystemd.sd_bus_message_set_allow_interactive_authorization
#define sd_bus_message_unref              libsystemd.sd_bus_message_unref
#define sd_bus_new                        libsystemd.sd_bus_new
#define sd_bus_process                    libsystemd.sd_bus_process
#define sd_bus_set_address                libsystemd.sd_bus_set_address
#define sd_bus_set_bus_client             libsystemd.sd_bus_set_bus_client
#define sd_bus_set_method_call_timeout    libsystemd.sd_bus_set_method_call_timeout
#define sd_bus_slot_unref                 libsystemd.sd_bus_slot_unref
#define sd_bus_start                      libsystemd.sd_bus_start
#define sd_bus_wait                       libsystemd.sd_bus_wait
#define sd_event_add_defer                libsystemd.sd_event_add_defer
#define sd_event_add_inotify              libsystemd.sd_event_add_inotify
#define sd_event_add_io                   libsystemd.sd_event_add_io
#define sd_event_add_signal               libsystemd.sd_event_add_signal
#define sd_event_add_time                 libsystemd.sd_event_add_time
#define sd_event_add_time_relative        libsystemd.sd_event_add_time_relative
#define sd_event_default                  libsystemd.sd_event_default
#define sd_event_loop                     libsystemd.sd_event_loop
#define sd_event_now                      libsystemd.sd_event_now
#define sd_event_set_watchdog             libsystemd.sd_event_set_watchdog
#define sd_event_source_disable_unref     libsystemd.sd_event_source_disable_unref
#define sd_event_source_get_enabled       libsystemd.sd_event_source_get_enabled
#define sd_event_source_get_time          libsystemd.sd_event_source_get_time
#define sd_event_source_set_enabled       libsystemd.sd_event_source_set_enabled
#define sd_event_source_set_io_fd_own     libsystemd.sd_event_source_set_io_fd_own
#define sd_event_source_set_priority      libsystemd.sd_event_source_set_priority
#define sd_event_source_set_time          libsystemd.sd_event_source_set_time
#define sd_event_source_set_time_relative libsystemd.sd_event_source_set_time_relative
#define sd_event_source_unref             libsystemd.sd_event_source_unref
#define sd_event_unref                    libsystemd.sd_event_unref
#define sd_journal_add_match              libsystemd.sd_journal_add_match
#define sd_journal_close                  libsystemd.sd_journal_close
#define sd_journal_get_data               libsystemd.sd_journal_get_data
#define sd_journal_get_realtime_usec      libsystemd.sd_journal_get_realtime_usec
#define sd_journal_open                   libsystemd.sd_journal_open
#define sd_journal_open_directory         libsystemd.sd_journal_open_directory
#define sd_journal_open_files             libsystemd.sd_journal_open_files
#define sd_journal_previous               libsystemd.sd_journal_previous
#define sd_journal_seek_tail              libsystemd.sd_journal_seek_tail
#define sd_journal_send                   libsystemd.sd_journal_send
#define sd_notify                         libsystemd.sd_notify
#define sd_notifyf                        libsystemd.sd_notifyf
