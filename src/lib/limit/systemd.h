/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd.h - the owner's side of a change: what systemd manages is changed by asking it.
 *
 * Only systemd*.c speak D-Bus. A build without libsystemd links systemd-none.c, whose calls answer
 * -EOPNOTSUPP, so that nothing else needs to know. Every call has its own time-out: PID 1 may be
 * reloading, a bus may be frozen.
 */
#ifndef CGWARD_LIB_LIMIT_SYSTEMD_H
#define CGWARD_LIB_LIMIT_SYSTEMD_H

#include <cgward/limit.h>

/* Connections to the system manager and to users' managers, opened when first needed. */
struct systemd;

/* -EHOSTDOWN where systemd is not the service manager of this machine. Does not connect yet. */
int systemd_open(struct systemd **ret_systemd);
struct systemd *systemd_close(struct systemd *systemd);

/*
 * Who manages `path`. Without a bus the answer comes from the path and its extended attributes, as
 * far as it can. A user manager that cannot be reached is an error (-EHOSTUNREACH), not nobody.
 */
int systemd_owner(struct systemd *systemd, const struct cgw_layout *layout, const char *path,
		  struct cgw_owner *ret_owner, struct cgw_diag *diag);

/* How often the owner's service must say that it lives; 0: it need not, or that is not to be known. */
uint64_t systemd_watchdog_us(struct systemd *systemd, const struct cgw_owner *owner);

/* One property of SetUnitProperties, by the type that D-Bus wants. */
struct systemd_property {
	const char *name;     /* "MemoryMax" */
	const char *type;     /* "t", "b", "s", "ay", "a(st)", "a(ss)" */
	uint64_t number;      /* t, b, the number of a(st); UINT64_MAX: infinity */
	const char *text;     /* s, the second string of a(ss) */
	const char *device;   /* a(st), a(ss): a path below /dev */
	const uint8_t *bytes; /* ay */
	size_t size;
};

/* All at once or none; `persist` keeps them over a reboot. Success says only that systemd took them. */
int systemd_set(struct systemd *systemd, const struct cgw_owner *owner,
		const struct systemd_property *properties, size_t count, bool persist,
		struct cgw_diag *diag);

/*
 * Waits until the unit is frozen. On a time-out the unit is thawed again: -ETIMEDOUT. Where systemd
 * would not thaw it either: -EALREADY, and the caller must write the file.
 */
int systemd_freeze(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		   struct cgw_diag *diag);
int systemd_thaw(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		 struct cgw_diag *diag);
int systemd_kill(struct systemd *systemd, const struct cgw_owner *owner, int signal,
		 struct cgw_diag *diag);
/* `below` is the path under the unit's own group, "" for that itself. */
int systemd_attach(struct systemd *systemd, const struct cgw_owner *owner, const char *below,
		   const pid_t *pids, size_t count, struct cgw_diag *diag);

/* A unit to be made around processes that run already. */
struct systemd_scope {
	const char *unit;  /* "build.scope" */
	const char *slice; /* NULL: where the manager puts scopes */
	const char *description;
	const pid_t *pids;
	size_t pid_count;
	const struct systemd_property *properties;
	size_t property_count;
};
/*
 * A transient scope; waits for its job. Root makes it in the system's manager, others in their own.
 */
int systemd_start_scope(struct systemd *systemd, const struct systemd_scope *scope,
			struct cgw_diag *diag);
int systemd_stop(struct systemd *systemd, const struct cgw_owner *owner, struct cgw_diag *diag);

/* The call that would be made, as a busctl command line: for --dry-run and the journal. */
size_t systemd_format_set(const struct cgw_owner *owner, const struct systemd_property *properties,
			  size_t count, bool persist, char *buffer, size_t size);
size_t systemd_format_unit(const struct cgw_owner *owner, const char *method, char *buffer,
			   size_t size);
size_t systemd_format_kill(const struct cgw_owner *owner, int signal, char *buffer, size_t size);

#endif
