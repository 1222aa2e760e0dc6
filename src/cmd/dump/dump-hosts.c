/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-hosts.c - `cgward dump --host`: the groups of other machines, in every format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dump/dump-run.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/cli/options.h"
#include "shared/remote/hosts.h"

/* For a single look: logging in to a busy machine takes its time. */
#define ONCE_NS UINT64_C(30000000000)

struct far {
	struct dump *dump;
	struct remote_hosts *hosts;
	struct cgw_frame *frame;
	size_t shown;
	bool first;
};

/* What became of hosts, once; true where one of them could not be read. */
static bool say_states(const struct far *far, bool at_end)
{
	bool troubled = false;

	for (size_t i = 0; i < remote_hosts_count(far->hosts); i++) {
		struct remote_host_status status = remote_hosts_status(far->hosts, i);
		char name[256];
		bool bad = status.state == REMOTE_SLOW || status.state == REMOTE_LOST ||
			   (at_end && status.state == REMOTE_CONNECTING);

		troubled = troubled || bad;
		(void)cgw_escape(name, sizeof(name), status.name, strlen(status.name));
		if (bad && (status.changed || at_end))
			cli_error(far->dump->context, "%s: %s%s%s", name,
				  remote_state_name(status.state),
				  status.reason[0] != '\0' ? ": " : "", status.reason);
		remote_hosts_notified(far->hosts, i);
	}
	return troubled;
}

static int take(struct far *far, bool print)
{
	struct cgw_snapshot *snapshot = NULL;
	int r = remote_hosts_collect(far->hosts, &snapshot);

	if (r <= 0)
		return r;
	r = cgw_frame_update(far->frame, snapshot);
	cgw_snapshot_unref(snapshot);
	if (r == 0 && print) {
		r = dump_print(far->dump, remote_hosts_layout(far->hosts), far->frame, far->first,
			       &far->shown);
		far->first = false;
	}
	return r < 0 ? r : 1;
}

/* One sample, or two for rates; what did not come in time is said, and left out. */
static int run_once(struct far *far)
{
	uint64_t until_ns = clock_now_ns() + ONCE_NS + far->dump->interval_ns;
	int r = 1;

	if (far->dump->rates) {
		(void)remote_hosts_wait(far->hosts, until_ns, -1);
		r = take(far, false);
	}
	if (r >= 0) {
		(void)remote_hosts_wait(far->hosts, until_ns, -1);
		r = take(far, true);
	}
	return r;
}

static int run_samples(struct far *far)
{
	struct dump *dump = far->dump;
	uint64_t printed = 0;
	int r = 0;

	while (r >= 0 && (dump->count == 0 || printed < dump->count)) {
		if (!remote_hosts_are_alive(far->hosts))
			break;
		(void)remote_hosts_wait(far->hosts, clock_now_ns() + dump->interval_ns, -1);
		(void)say_states(far, false);
		r = take(far, true);
		printed += r > 0;
		if (r > 0 && fflush(stdout) != 0)
			return 0; /* said at the end */
	}
	return r;
}

static enum cli_exit run(struct far *far)
{
	struct dump *dump = far->dump;
	bool troubled;
	int r = dump->repeat ? run_samples(far) : run_once(far);

	if (r < 0)
		return dump_warn(dump, r, NULL);
	troubled = say_states(far, !dump->repeat);
	if (far->first)
		return CLI_FAILED;
	if (far->shown == 0 && (dump->selection.glob_count > 0 || dump->selection.below != NULL)) {
		cli_error(dump->context, "no group matches");
		return CLI_NO_SUCH_GROUP;
	}
	return troubled ? CLI_PARTLY : CLI_OK;
}

static enum cli_exit ask(struct far *far)
{
	struct dump *dump = far->dump;
	struct cgw_metric_set wanted = {0};
	int r = cgw_frame_new(&far->frame);

	for (size_t i = 0; i < dump->fields.count; i++)
		cgw_field_metrics(dump->fields.items[i], &wanted);
	if (dump->selection.sorted)
		cgw_field_metrics(dump->selection.sort, &wanted);
	if (r == 0)
		r = remote_hosts_request(far->hosts, &wanted);
	return r < 0 ? dump_warn(dump, r, NULL) : run(far);
}

enum cli_exit dump_remote(struct dump *dump)
{
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL, *below = NULL;
	struct remote_hosts_options options = {
		.hosts = dump->hosts,
		.count = dump->host_count,
		.ssh = ssh,
		.interval_ns = dump->interval_ns,
		.samples = dump->rates    ? 2
			   : dump->repeat ? 0
					  : 1,
	};
	struct far far = {.dump = dump, .first = true};
	struct cgw_diag diag = {0};
	enum cli_exit status;
	int r = remote_ssh_parse_command(dump->ssh, &words, ssh, &diag);

	if (r == 0)
		r = remote_hosts_new(&options, &far.hosts, &diag);
	if (r == 0 && dump->below != NULL) {
		if (asprintf(&below, "/%s", dump->below + strspn(dump->below, "/")) < 0) {
			below = NULL;
			r = -ENOMEM;
		}
		dump->selection.below = below;
	}
	if (r < 0)
		status = cli_usage_error(dump->context, "--host: %s",
					 diag.text[0] != '\0' ? diag.text : strerror(-r));
	else
		status = ask(&far);
	cgw_frame_free(far.frame);
	remote_hosts_free(far.hosts);
	return status;
}
