/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump-hosts.c - `cgward dump --host`: prints the groups of other machines. */
#include <errno.h>
#include <string.h>

#include "cmd/dump/dump-sources.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/remote/hosts.h"

/* Timeout of a single sample: login to a busy machine can be slow. */
#define ONCE_NS UINT64_C(30000000000)

struct host_dump {
	struct dump *dump;
	struct remote_hosts *hosts;
	struct cgw_frame *frame;
	size_t shown;
	bool first;
};

/* Reports each change of a host's state once; returns true if a host could not be read. */
static bool print_states(const struct host_dump *hosts, bool at_end)
{
	bool failed = false;

	for (size_t i = 0; i < remote_hosts_count(hosts->hosts); i++) {
		struct remote_host_status status = remote_hosts_status(hosts->hosts, i);
		char name[256];
		bool bad = status.state == REMOTE_SLOW || status.state == REMOTE_LOST ||
			   (at_end && status.state == REMOTE_CONNECTING);

		failed = failed || bad;
		cgw_escape(name, sizeof(name), status.name, strlen(status.name));
		if (bad && (status.changed || at_end))
			cli_error(hosts->dump->context, "%s: %s%s%s", name,
				  remote_state_name(status.state),
				  status.reason[0] != '\0' ? ": " : "", status.reason);
		else if (status.reason[0] != '\0' && status.changed)
			cli_error(hosts->dump->context, "%s: %s", name, status.reason);
		remote_hosts_notified(hosts->hosts, i);
	}
	return failed;
}

static int collect(struct host_dump *hosts, bool print)
{
	struct cgw_snapshot *snapshot = NULL;
	int r = remote_hosts_collect(hosts->hosts, &snapshot);

	if (r <= 0)
		return r;
	r = cgw_frame_update(hosts->frame, snapshot);
	cgw_snapshot_unref(snapshot);
	if (r == 0 && print) {
		r = dump_print(hosts->dump, remote_hosts_layout(hosts->hosts), hosts->frame,
			       hosts->first, &hosts->shown);
		hosts->first = false;
	}
	return r < 0 ? r : 1;
}

/* Collects one sample, or two for rates; hosts that time out are reported and omitted. */
static int run_once(struct host_dump *hosts)
{
	uint64_t until_ns = clock_now_ns() + ONCE_NS + hosts->dump->interval_ns;
	int r = 1;

	if (hosts->dump->rates) {
		remote_hosts_wait(hosts->hosts, until_ns, -1);
		r = collect(hosts, false);
	}
	if (r >= 0) {
		remote_hosts_wait(hosts->hosts, until_ns, -1);
		r = collect(hosts, true);
	}
	return r;
}

static int run_samples(struct host_dump *hosts)
{
	struct dump *dump = hosts->dump;
	uint64_t printed = 0;
	int r = 0;

	while (r >= 0 && (dump->count == 0 || printed < dump->count)) {
		if (!remote_hosts_are_alive(hosts->hosts))
			break;
		remote_hosts_wait(hosts->hosts, clock_now_ns() + dump->interval_ns, -1);
		(void)print_states(hosts, false);
		r = collect(hosts, true);
		printed += r > 0;
		if (r > 0 && fflush(stdout) != 0)
			return 0; /* reported at exit */
	}
	return r;
}

static enum cli_exit run(struct host_dump *hosts)
{
	struct dump *dump = hosts->dump;
	bool failed;
	int r = dump->repeat ? run_samples(hosts) : run_once(hosts);

	if (r < 0)
		return dump_print_error(dump, r, NULL);
	failed = print_states(hosts, !dump->repeat);
	if (hosts->first)
		return CLI_FAILED;
	if (hosts->shown == 0 &&
	    (dump->selection.glob_count > 0 || dump->selection.below != NULL)) {
		cli_error(dump->context, "no group matches");
		return CLI_NO_SUCH_GROUP;
	}
	return failed ? CLI_PARTLY : CLI_OK;
}

static enum cli_exit request_metrics(struct host_dump *hosts)
{
	struct dump *dump = hosts->dump;
	struct cgw_metric_set metrics = {0};
	int r = cgw_frame_new(&hosts->frame);

	dump_metrics(dump, &metrics);
	if (r == 0)
		r = remote_hosts_request(hosts->hosts, &metrics);
	return r < 0 ? dump_print_error(dump, r, NULL) : run(hosts);
}

enum cli_exit dump_hosts(struct dump *dump)
{
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL, *below = NULL;
	struct remote_hosts_options options = {
		.hosts = dump->hosts.items,
		.count = dump->hosts.count,
		.ssh = ssh,
		.interval_ns = dump->interval_ns,
		.samples = dump->rates    ? 2
			   : dump->repeat ? 0
					  : 1,
	};
	struct host_dump hosts = {.dump = dump, .first = true};
	struct cgw_diag diag = {0};
	enum cli_exit status;
	int r = remote_ssh_parse_command(dump->ssh, &words, ssh, &diag);

	if (r == 0)
		r = remote_hosts_new(&options, &hosts.hosts, &diag);
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
		status = request_metrics(&hosts);
	cgw_frame_free(hosts.frame);
	remote_hosts_free(hosts.hosts);
	return status;
}
