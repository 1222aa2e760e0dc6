/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd.h - changes of systemd units through their service manager.
 *
 * Only systemd*.c use D-Bus. A build without libsystemd links systemd-none.c, whose functions
 * return -EOPNOTSUPP. Every call has a timeout: PID 1 may be reloading, the bus may be frozen.
 */
#pragma once

#include <cgward/limit.h>

/* Connections to the system manager and to users' managers, opened when first needed. */
struct systemd;

/* Does not connect yet. -EHOSTDOWN: systemd is not the service manager of this machine. */
int systemd_open(struct systemd **ret_systemd);
struct systemd *systemd_close(struct systemd *systemd);

/*
 * The manager of `path`. Without a bus it is guessed from the path and its extended attributes.
 * -EHOSTUNREACH: a user manager cannot be reached.
 */
int systemd_owner(struct systemd *systemd, const struct cgw_layout *layout, const char *path,
		  struct cgw_owner *ret_owner, struct cgw_diag *diag);

/* The watchdog timeout of the owner's service; 0: none, or unknown. */
uint64_t systemd_watchdog_us(struct systemd *systemd, const struct cgw_owner *owner);

/* One property of SetUnitProperties, by its D-Bus type. */
struct systemd_property {
	const char *name;     /* "MemoryMax" */
	const char *type;     /* "t", "b", "s", "ay", "a(st)", "a(ss)" */
	uint64_t number;      /* t, b, the number of a(st); UINT64_MAX: infinity */
	const char *text;     /* s, the second string of a(ss) */
	const char *device;   /* a(st), a(ss): a path below /dev */
	const uint8_t *bytes; /* ay */
	size_t size;
};

/* Sets all or none; `persist`: over a reboot. Success does not imply that the kernel agreed. */
int systemd_set(struct systemd *systemd, const struct cgw_owner *owner,
		const struct systemd_property *properties, size_t count, bool persist,
		struct cgw_diag *diag);

/* A path of a group that systemd reports is not longer. */
#define PATH_MAX_GROUP 4096
/*
 * The control group of the unit, by its name; "" if it does not run. -ENOENT: no such unit. systemd
 * creates another group whenever the unit is started.
 */
int systemd_unit_group(struct systemd *systemd, const struct cgw_owner *owner, char *buffer,
		       size_t size, struct cgw_diag *diag);

/* Paths of the unit's drop-ins, one per line; the caller frees them. */
int systemd_drop_ins(struct systemd *systemd, const struct cgw_owner *owner, char **ret_list,
		     struct cgw_diag *diag);
/* Removes the lines of `before` from `list`. */
void systemd_drop_ins_subtract(char *list, const char *before);
/*
 * Removes those of the drop-ins that systemd has written for set-property, which takes effect with
 * systemd_reload(). Returns the first error; a drop-in that is not there is none.
 */
int systemd_remove_drop_ins(struct systemd *systemd, const struct cgw_owner *owner,
			    const char *list);
/* Lets managers read the units again of which drop-ins were removed. */
int systemd_reload(struct systemd *systemd, struct cgw_diag *diag);

/*
 * Waits until the unit is frozen. -ETIMEDOUT: not in time, and thawed again. -EALREADY: systemd
 * failed to thaw it too, and the caller must write the file.
 */
int systemd_freeze(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		   struct cgw_diag *diag);
int systemd_thaw(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		 struct cgw_diag *diag);
/* `below` is a path below the unit's group; "": that group. */
int systemd_attach(struct systemd *systemd, const struct cgw_owner *owner, const char *below,
		   const pid_t *pids, size_t count, struct cgw_diag *diag);

/* A unit for existing processes. */
struct systemd_scope {
	const char *unit;  /* "build.scope" */
	const char *slice; /* NULL: the manager's default */
	const char *description;
	const pid_t *pids;
	size_t pid_count;
	const struct systemd_property *properties;
	size_t property_count;
};
/* Starts a transient scope and waits for its job. Root uses the system manager, users their own. */
int systemd_start_scope(struct systemd *systemd, const struct systemd_scope *scope,
			struct cgw_diag *diag);

/* The equivalent busctl command line, for --dry-run and the journal. */
size_t systemd_format_set(const struct cgw_owner *owner, const struct systemd_property *properties,
			  size_t count, bool persist, char *buffer, size_t size);
size_t systemd_format_unit(const struct cgw_owner *owner, const char *method, char *buffer,
			   size_t size);
