/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-calls.c - changes of units through their service manager. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/limit/systemd-bus.h"
#include "lib/limit/systemd-message.h"

#define FREEZE_TIMEOUT_US UINT64_C(10000000)

int systemd_open_at(const char *address, struct systemd **ret_systemd)
{
	struct systemd *systemd = calloc(1, sizeof(*systemd));

	if (systemd == NULL)
		return -ENOMEM;
	systemd->address = address;
	*ret_systemd = systemd;
	return 0;
}

int systemd_open(struct systemd **ret_systemd)
{
	/* As sd_booted(3), which libsystemd would have to be loaded for. */
	if (access("/run/systemd/system", F_OK) < 0)
		return errno == ENOENT ? -EHOSTDOWN : -errno;
	return systemd_open_at(NULL, ret_systemd);
}

struct systemd *systemd_close(struct systemd *systemd)
{
	if (systemd == NULL)
		return NULL;
	for (size_t i = 0; i < systemd->count; i++)
		sd_bus_close_unref(systemd->connections[i].bus);
	free(systemd->connections);
	free(systemd);
	return NULL;
}

/* The manager of the unit answers without a value. */
static int call(struct systemd *systemd, const struct cgw_owner *owner,
		const struct systemd_request *request, struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	int r = systemd_bus_check_unit(owner, diag);

	if (r < 0)
		return r;
	return systemd_bus_call(systemd, systemd_manager_of(owner), request, &reply, diag);
}

struct set {
	const char *unit;
	const struct systemd_property *properties;
	size_t count;
	bool persist;
};

static int fill_set(sd_bus_message *message, const void *context)
{
	const struct set *set = context;
	int r = sd_bus_message_append(message, "sb", set->unit, !set->persist);

	return r < 0 ? r : systemd_append_properties(message, set->properties, set->count);
}

int systemd_set(struct systemd *systemd, const struct cgw_owner *owner,
		const struct systemd_property *properties, size_t count, bool persist,
		struct cgw_diag *diag)
{
	const struct set set = {owner->unit, properties, count, persist};
	const struct systemd_request request = {
		.member = "SetUnitProperties", .fill = fill_set, .context = &set};

	return call(systemd, owner, &request, diag);
}

static int fill_unit(sd_bus_message *message, const void *context)
{
	return sd_bus_message_append(message, "s", (const char *)context);
}

static int call_for_unit(struct systemd *systemd, const struct cgw_owner *owner, const char *member,
			 uint64_t timeout_us, struct cgw_diag *diag)
{
	const struct systemd_request request = {
		.member = member,
		.fill = fill_unit,
		.context = owner->unit,
		.timeout_us = timeout_us,
	};

	return call(systemd, owner, &request, diag);
}

/* Did the call fail before systemd changed anything? */
static bool is_refused(int error)
{
	return error == -ENOENT || error == -EOPNOTSUPP || error == -EACCES || error == -EPERM ||
	       error == -EBUSY || error == -EHOSTUNREACH || error == -EINVAL || error == -ENOMEM;
}

int systemd_freeze(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		   struct cgw_diag *diag)
{
	uint64_t timeout_us = timeout_ns == 0 ? FREEZE_TIMEOUT_US : timeout_ns / 1000 + 1;
	struct cgw_diag why = {0};
	/* systemd replies when the whole unit is frozen. */
	int thawed, r = call_for_unit(systemd, owner, "FreezeUnit", timeout_us, diag);

	if (r == 0 || is_refused(r))
		return r;
	/* The unit may be partially frozen, and may still freeze later: thaw it. */
	thawed = call_for_unit(systemd, owner, "ThawUnit", 0, &why);
	if (thawed < 0)
		return cgw_diag_set(
			diag, -EALREADY,
			"the unit did not freeze in time and cannot be thawed again: %s", why.text);
	if (r == -ETIMEDOUT)
		return cgw_diag_set(
			diag, r,
			"the unit did not freeze in time and was thawed again (processes "
			"that wait for a disk, FUSE or NFS cannot be frozen)");
	return r;
}

int systemd_thaw(struct systemd *systemd, const struct cgw_owner *owner, uint64_t timeout_ns,
		 struct cgw_diag *diag)
{
	uint64_t timeout_us = timeout_ns == 0 ? FREEZE_TIMEOUT_US : timeout_ns / 1000 + 1;

	return call_for_unit(systemd, owner, "ThawUnit", timeout_us, diag);
}

struct attach {
	const char *unit, *below;
	const pid_t *pids;
	size_t count;
};

static int fill_attach(sd_bus_message *message, const void *context)
{
	const struct attach *attach = context;
	int r = sd_bus_message_append(message, "ss", attach->unit, attach->below);

	return r < 0 ? r : systemd_append_pids(message, attach->pids, attach->count);
}

int systemd_attach(struct systemd *systemd, const struct cgw_owner *owner, const char *below,
		   const pid_t *pids, size_t count, struct cgw_diag *diag)
{
	const struct attach attach = {owner->unit, below, pids, count};
	const struct systemd_request request = {
		.member = "AttachProcessesToUnit", .fill = fill_attach, .context = &attach};

	return call(systemd, owner, &request, diag);
}
