/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-job.c - starting and stopping of units, waiting for the job. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/systemd-bus.h"
#include "lib/limit/systemd-message.h"

#define START_TIMEOUT_US UINT64_C(10000000)

struct job {
	char path[256]; /* known after the reply */
	char result[32];
	bool ended;
};

DEFINE_CLEANUP(cleanup_slot, sd_bus_slot *, sd_bus_slot_unref)

/* Signals are queued during the call, so that the path is known here. */
static int on_job_removed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct job *job = context;
	const char *path, *result;

	if (sd_bus_message_read(message, "uoss", NULL, &path, NULL, &result) < 0)
		return 0;
	if (strcmp(path, job->path) != 0)
		return 0;
	snprintf(job->result, sizeof(job->result), "%s", result);
	job->ended = true;
	return 0;
}

static int wait_job(sd_bus *bus, const struct job *job, uint64_t timeout_us)
{
	uint64_t until = clock_now_ns() / NS_PER_US + timeout_us;

	while (!job->ended) {
		uint64_t now = clock_now_ns() / NS_PER_US;
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (now >= until)
			return -ETIMEDOUT;
		r = sd_bus_wait(bus, until - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

static int call_and_wait(sd_bus *bus, const struct systemd_request *request, uint64_t timeout_us,
			 struct cgw_diag *diag)
{
	CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;
	CLEANUP(cleanup_slot) sd_bus_slot *slot = NULL;
	struct job job = {0};
	const char *path;
	int r = sd_bus_match_signal(bus, &slot, NULL, "/org/freedesktop/systemd1",
				    "org.freedesktop.systemd1.Manager", "JobRemoved",
				    on_job_removed, &job);

	if (r >= 0 && sd_bus_is_bus_client(bus) > 0) {
		/* Over a message bus the manager sends signals to subscribers only. */
		r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
				       "org.freedesktop.systemd1.Manager", "Subscribe", NULL, NULL,
				       NULL);
	}
	if (r < 0)
		return systemd_bus_fail(NULL, r, request->member, diag);
	r = systemd_bus_try(bus, request, &reply, diag);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return systemd_bus_fail(NULL, r, request->member, diag);
	snprintf(job.path, sizeof(job.path), "%s", path);
	r = wait_job(bus, &job, timeout_us);
	if (r == -ETIMEDOUT)
		return cgw_diag_set(diag, r, "systemd job for %s did not finish in time",
				    request->member);
	if (r < 0)
		return systemd_bus_fail(NULL, r, request->member, diag);
	if (strcmp(job.result, "done") != 0)
		return cgw_diag_set(diag, -EIO, "systemd job for %s finished with result '%s'",
				    request->member, job.result);
	return 0;
}

static int append_scope(sd_bus_message *message, const struct systemd_scope *scope)
{
	int r = sd_bus_message_append(message, "(sv)(sv)", "Description", "s", scope->description,
				      "CollectMode", "s", "inactive-or-failed");

	if (r >= 0 && scope->slice != NULL)
		r = sd_bus_message_append(message, "(sv)", "Slice", "s", scope->slice);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", "PIDs");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "au");
	if (r >= 0)
		r = systemd_append_pids(message, scope->pids, scope->pid_count);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	for (size_t i = 0; i < scope->property_count && r >= 0; i++)
		r = systemd_append_property(message, &scope->properties[i]);
	return r;
}

static int fill_scope(sd_bus_message *message, const void *context)
{
	const struct systemd_scope *scope = context;
	int r = sd_bus_message_append(message, "ss", scope->unit, "fail");

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = append_scope(message, scope);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_append(message, "a(sa(sv))", 0);
}

static int fill_name(sd_bus_message *message, const void *context)
{
	return sd_bus_message_append(message, "s", (const char *)context);
}

int systemd_start_scope(struct systemd *systemd, const struct systemd_scope *scope,
			struct cgw_diag *diag)
{
	const struct systemd_request start = {
		.member = "StartTransientUnit", .fill = fill_scope, .context = scope};
	const struct systemd_request reset = {
		.member = "ResetFailedUnit", .fill = fill_name, .context = scope->unit};
	/* Unprivileged users start units in their own manager. */
	uid_t manager = geteuid() == 0 ? SYSTEMD_SYSTEM : geteuid();
	sd_bus *bus = NULL;
	int r = systemd_bus_get(systemd, manager, &bus, diag);

	if (r < 0)
		return r;
	r = call_and_wait(bus, &start, START_TIMEOUT_US, diag);
	if (r == -EEXIST) {
		CLEANUP(systemd_cleanup_message) sd_bus_message *reply = NULL;

		/* A failed unit of the same name may still be loaded. */
		if (systemd_bus_try(bus, &reset, &reply, NULL) == 0)
			r = call_and_wait(bus, &start, START_TIMEOUT_US, diag);
	}
	if (systemd_bus_is_lost(r))
		systemd_bus_drop(systemd, manager);
	return r;
}
