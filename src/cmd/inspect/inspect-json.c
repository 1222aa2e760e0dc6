/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inspect-json.c - prints the report of a group as one JSON object.
 *
 * Missing values are null; text is escaped as on the terminal.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "cmd/inspect/inspect-json.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/namespace-root.h"
#include "shared/cli/listing.h"

static json_t *integer(uint64_t number)
{
	return number > INT64_MAX ? json_real((double)number) : json_integer((json_int_t)number);
}

static json_t *id(uint32_t number)
{
	return number == CGW_NO_ID ? json_null() : json_integer(number);
}

/* "max" for no limit, as in the kernel. */
static json_t *number(struct cgw_number value)
{
	if (value.state == CGW_MAX)
		return json_string("max");
	return value.state == CGW_OK ? integer(value.value) : json_null();
}

static json_t *real(struct cgw_value value)
{
	return value.state == CGW_OK ? json_real(value.real) : json_null();
}

static json_t *path_of(const struct view *view, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(view->frame));
	CLEANUP(cleanup_free)
	char *path = group != CGW_NO_GROUP ? cgw_topology_path_copy(topology, group) : NULL;

	return path != NULL ? json_escaped(path) : json_null();
}

static json_t *identity_json(const struct view *view)
{
	const struct cgw_identity *identity = &view->now->identity;
	const struct cgw_names *names = &view->resolved;
	json_t *json = json_pack(
		"{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
		cgw_identity_kind_name(identity->kind), "levels_above", (int)identity->below,
		"name", json_escaped(names->name), "image", json_escaped(names->image), "pod_name",
		json_escaped(names->pod), "pod_namespace", json_escaped(names->pod_namespace),
		"role", json_escaped(names->role), "named_by", json_escaped(names->source));

	for (int i = 0; json != NULL && i < CGW_PART_COUNT; i++)
		json_object_set_new(json, cgw_identity_part_name((enum cgw_identity_part)i),
				    json_escaped(identity->text[i]));
	return json;
}

static json_t *capability_list(uint64_t set)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < 64; i++) {
		const char *name = cgw_capability_name(i);

		if (!(set >> i & 1))
			continue;
		json_array_append_new(
			list, json_string(name != NULL ? name : FORMATTED(16, "cap_%u", i)));
	}
	return list;
}

static json_t *flag(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

static json_t *count_or_null(int value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *confinement_json(const struct view *view, const struct cgw_process *process)
{
	static const char *const modes[] = {"off", "strict", "filtered"};
	const struct cgw_confinement *confinement = &process->confinement;
	bool known = confinement->seccomp >= 0 && confinement->seccomp <= 2;
	json_t *sets = json_object(), *limits = json_object();

	for (enum cgw_capability_set i = 0; i < CGW_CAPABILITIES_SET_COUNT; i++)
		json_object_set_new(sets, cgw_capability_set_name(i),
				    capability_list(confinement->capabilities[i]));
	for (enum cgw_rlimit_kind i = 0; i < CGW_RLIMIT_COUNT; i++)
		if (confinement->limits[i].soft.state != CGW_ABSENT)
			json_object_set_new(limits, cgw_rlimit_name(i),
					    json_pack("[o, o]", number(confinement->limits[i].soft),
						      number(confinement->limits[i].hard)));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "privilege",
			 cgw_privilege_name(cgw_process_privilege(view->now, process)), "root",
			 json_escaped(confinement->root), "root_type",
			 json_escaped(confinement->root_type), "seccomp",
			 known ? json_string(modes[confinement->seccomp]) : json_null(),
			 "seccomp_filters", count_or_null(confinement->seccomp_filters),
			 "no_new_privs", flag(confinement->no_new_privileges), "label",
			 json_escaped(confinement->label), "oom_score_adj",
			 confinement->oom_score_adjust, "capabilities", sets, "rlimits", limits);
}

static json_t *hidden_json(unsigned hidden)
{
	static const char *const names[] = {"namespaces", "root", "rlimits", "label", "command"};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (hidden >> i & 1)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *process_json(const struct view *view, const struct cgw_process *process)
{
	json_t *groups = json_object(), *namespaces = json_object(), *json;

	for (size_t i = 0; i < process->membership.count; i++)
		if (process->membership.paths[i] != NULL)
			json_object_set_new(groups, view->layout->hierarchies[i].label,
					    json_escaped(process->membership.paths[i]));
	for (enum cgw_namespace_kind i = 0; i < CGW_NAMESPACE_COUNT; i++)
		json_object_set_new(namespaces, cgw_namespace_name(i),
				    process->namespaces[i] != 0 ? integer(process->namespaces[i])
								: json_null());
	json = json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:s%, s:I, s:o, s:I, s:I, s:b, s:b, s:o, "
			 "s:o, s:o, s:o, s:o}",
			 "pid", (int)process->pid, "leader", (int)process->leader, "parent",
			 (int)process->parent, "inner_pid",
			 process->inner_pid > 0 ? json_integer(process->inner_pid) : json_null(),
			 "uid", id(process->uid), "inner_uid", id(process->inner_uid), "state",
			 &process->state, (size_t)1, "threads", (json_int_t)process->threads,
			 "cpu_percent", real(view_cpu(view, process)), "cpu_ns",
			 (json_int_t)process->cpu_ns, "resident_bytes",
			 (json_int_t)process->resident_bytes, "init", (int)process->init,
			 "kernel_thread", (int)process->kernel_thread, "group",
			 path_of(view, process->group), "groups", groups, "namespaces", namespaces,
			 "hidden", hidden_json(process->hidden), "confinement",
			 view->sections & SECTION_CONFINEMENT ? confinement_json(view, process)
							      : json_null());
	if (json == NULL)
		return NULL;
	json_object_set_new(json, "name", json_escaped(process->name));
	json_object_set_new(json, "command", json_escaped(process->command));
	for (enum cgw_process_use i = 0; i < CGW_PROCESS_USE_COUNT; i++) {
		const struct cgw_process_use_info *info = cgw_process_use_info(i);

		json_object_set_new(json, info->key, number(process->use[i]));
		if (info->rate_key != NULL)
			json_object_set_new(json, info->rate_key, real(view_use(view, process, i)));
	}
	return json;
}

static json_t *namespace_json(const struct cgw_namespace *namespace, bool shared)
{
	json_t *groups = json_array(), *json;

	for (uint32_t i = 0; i < namespace->group_count && i < CGW_NAMESPACE_GROUPS_MAX; i++)
		json_array_append_new(groups, json_escaped(namespace->groups[i]));
	json = json_pack("{s:s, s:o, s:o, s:I, s:o, s:i, s:o, s:I}", "kind",
			 cgw_namespace_name(namespace->kind), "inode", integer(namespace->inode),
			 "host",
			 namespace->host.state == CGW_OK ? json_boolean(namespace->host.value != 0)
							 : json_null(),
			 "processes", (json_int_t) namespace->processes, "others",
			 shared ? integer(namespace->other_processes) : json_null(), "pid",
			 (int)namespace->example_pid, "groups", groups, "group_count",
			 (json_int_t) namespace->group_count);
	if (json == NULL)
		return NULL;
	if (namespace->kind == CGW_NAMESPACE_UTS)
		json_object_set_new(json, "hostname", json_escaped(namespace->hostname));
	if (namespace->kind == CGW_NAMESPACE_USER) {
		json_object_set_new(json, "uid_map", json_escaped(namespace->uid_map));
		json_object_set_new(json, "gid_map", json_escaped(namespace->gid_map));
	}
	if (namespace->kind == CGW_NAMESPACE_TIME)
		json_object_set_new(json, "offsets", json_escaped(namespace->offsets));
	return json;
}

/* Risks for the rest of the machine, as in the text report. */
static json_t *verdict_json(const struct view *view)
{
	struct cgw_bound bounds[CGW_BOUND_MAX];
	size_t count = cgw_bounds(view->frame, view->group, bounds);
	json_t *unlimited = json_array(), *host = json_array();

	for (size_t i = 0; i < count; i++)
		if (bounds[i].bound.state == CGW_MAX || bounds[i].bound.state == CGW_ABSENT)
			json_array_append_new(unlimited, json_string(bounds[i].resource));
	for (size_t i = 0; i < view->now->namespace_count; i++)
		if (view->now->namespaces[i].host.state == CGW_OK &&
		    view->now->namespaces[i].host.value != 0)
			json_array_append_new(host, json_string(cgw_namespace_name(
							    view->now->namespaces[i].kind)));
	return json_pack("{s:o, s:o, s:s, s:b}", "unlimited", unlimited, "host_namespaces", host,
			 "privilege", cgw_privilege_name(view_privilege(view)),
			 "all_limits_visible", (int)root_is_of_machine(view->layout));
}

static json_t *limits_json(const struct view *view)
{
	struct cgw_bound bounds[CGW_BOUND_MAX];
	size_t count = cgw_bounds(view->frame, view->group, bounds);
	json_t *json = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(
			json, bounds[i].resource,
			json_pack("{s:o, s:o, s:o, s:o, s:o}", "bound", number(bounds[i].bound),
				  "by",
				  bounds[i].bound.state == CGW_OK
					  ? json_string(cgw_metric_info(bounds[i].limit)->key)
					  : json_null(),
				  "set_by", path_of(view, bounds[i].set_by), "used",
				  number(bounds[i].use), "device", json_escaped(bounds[i].device)));
	return json;
}

static json_t *interface_json(const struct view_network *network, size_t i)
{
	const struct cgw_interface *interface = &network->now->interfaces[i];
	bool known = !network->now->counters_only;
	json_t *addresses = json_array();

	for (size_t j = 0; j < interface->address_count; j++)
		json_array_append_new(addresses, json_string(interface->addresses[j]));
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
		"name", json_escaped(interface->name), "kind", json_escaped(interface->kind),
		"mode", known ? json_escaped(cgw_interface_mode(interface)) : json_null(), "up",
		known ? json_boolean(interface->up) : json_null(), "addresses", addresses,
		"received_bytes", integer(interface->received_bytes), "sent_bytes",
		integer(interface->sent_bytes), "received_bytes_per_s",
		real(view_traffic(network, i, false)), "sent_bytes_per_s",
		real(view_traffic(network, i, true)), "lost",
		integer(interface->received_dropped + interface->sent_dropped +
			interface->received_errors + interface->sent_errors),
		"vni", id(interface->vni), "member_of", json_escaped(interface->master), "on",
		json_escaped(interface->lower), "on_outside", (int)interface->lower_outside,
		"on_member_of", json_escaped(interface->lower_master), "mtu",
		known ? json_integer(interface->mtu) : json_null());
}

static json_t *networks_json(const struct view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->network_count; i++) {
		const struct view_network *network = &view->networks[i];
		bool host = network->namespace->host.state == CGW_OK &&
			    network->namespace->host.value != 0;
		json_t *interfaces = json_array();

		for (size_t j = 0; network->now != NULL && j < network->now->count; j++)
			json_array_append_new(interfaces, interface_json(network, j));
		json_array_append_new(
			list,
			json_pack("{s:o, s:b, s:o, s:o, s:o}", "inode",
				  integer(network->namespace->inode), "host", (int)host, "shared",
				  view->now->shared
					  ? json_boolean(network->namespace->other_processes > 0)
					  : json_null(),
				  "trouble",
				  network->now == NULL ? json_escaped(strerror(-network->error))
						       : json_null(),
				  "interfaces", interfaces));
	}
	return list;
}

static json_t *waits_json(const struct view *view)
{
	struct view_wait waits[VIEW_WAIT_COUNT];
	CLEANUP(cleanup_free) struct cgw_instance *takers = NULL;
	json_t *json = json_object(), *list = json_array();
	size_t count;

	view_waits(view, waits);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		json_object_set_new(json, waits[i].name, real(waits[i].rate));
	takers = view_takers(view, &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:o, s:o}", "taker", json_escaped(takers[i].name),
						"ns", number(takers[i].number)));
	json_object_set_new(json, "seconds",
			    view->not_traced[0] == '\0' ? json_real(cgw_frame_seconds(view->frame))
							: json_null());
	json_object_set_new(json, "takers", list);
	json_object_set_new(json, "not_measured", json_string(view->not_traced));
	return json;
}

#define FORMAT (JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6))

int show_json(const struct view *view, FILE *out)
{
	const struct cgw_inspection *now = view->now;
	json_t *json = json_pack(
		"{s:i, s:s, s:o, s:o, s:I, s:I, s:I}", "schema", CLI_JSON_SCHEMA, "cgward",
		cgw_version(), "group", json_escaped(now->path), "identity", identity_json(view),
		"not_read", (json_int_t)now->process_omitted, "exited_meanwhile",
		(json_int_t)now->vanished, "out_of_view", (json_int_t)now->out_of_view);
	json_t *processes = json_array(), *namespaces = json_array();

	if (view->sections & (SECTION_PROCESSES | SECTION_CONFINEMENT))
		for (size_t i = 0; i < now->process_count; i++)
			json_array_append_new(processes, process_json(view, &now->processes[i]));
	if (view->sections & SECTION_NAMESPACES)
		for (size_t i = 0; i < now->namespace_count; i++)
			json_array_append_new(namespaces,
					      namespace_json(&now->namespaces[i], now->shared));
	if (json == NULL) {
		json_decref(processes);
		json_decref(namespaces);
		return -ENOMEM;
	}
	json_object_set_new(json, "processes", processes);
	json_object_set_new(json, "namespaces", namespaces);
	if (view->sections & SECTION_LIMITS)
		json_object_set_new(json, "limits", limits_json(view));
	if (view->sections & SECTION_LIMITS)
		json_object_set_new(json, "verdict", verdict_json(view));
	if (view->sections & SECTION_NETWORK)
		json_object_set_new(json, "networks", networks_json(view));
	if (view->sections & SECTION_WAITS)
		json_object_set_new(json, "waits", waits_json(view));
	return json_print(json, out, FORMAT);
}

int show_namespaces_json(const struct cgw_namespace *namespaces, size_t count, FILE *out)
{
	json_t *list = json_array();
	json_t *json = json_pack("{s:i, s:s, s:o}", "schema", CLI_JSON_SCHEMA, "cgward",
				 cgw_version(), "namespaces", list);

	for (size_t i = 0; json != NULL && i < count; i++)
		json_array_append_new(list, namespace_json(&namespaces[i], false));
	return json_print(json, out, FORMAT);
}
