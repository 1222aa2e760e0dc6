/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-network.c - interfaces in the network namespaces of a group. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "shared/cli/text-table.h"
#include "shared/report/inspect-text-parts.h"

static void bytes_cell(const struct view *view, struct cgw_value value, enum cgw_unit unit,
		       struct table *table)
{
	struct text_cell cell;

	cgw_format_value(value, unit, view->exact ? CGW_STYLE_EXACT : CGW_STYLE_HUMAN, cell.text,
			 sizeof(cell.text));
	table_cell(table, "%s", cell.text);
}

static struct cgw_value total(uint64_t number)
{
	return (struct cgw_value){CGW_OK, true, number, (double)number};
}

static void addresses_cell(const struct cgw_interface *interface, struct table *table)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};

	for (size_t i = 0; i < interface->address_count; i++)
		string_builder_printf(&text, "%s%s", i > 0 ? " " : "", interface->addresses[i]);
	table_cell(table, "%s", text.length > 0 ? text.text : "-");
}

static void interface_row(const struct view *view, const struct view_network *network, size_t i,
			  struct table *table)
{
	const struct cgw_interface *interface = &network->now->interfaces[i];
	const char *mode = cgw_interface_mode(interface);

	table_row(table);
	table_name(table, interface->name);
	table_cell(table, "%s",
		   network->now->counters_only
			   ? "-"
			   : FORMATTED(64, interface->vni != CGW_NO_ID ? "%s %u" : "%s",
				       interface->kind[0] != '\0' ? interface->kind : "-",
				       interface->vni));
	table_cell(table, "%s", network->now->counters_only || *mode == '\0' ? "-" : mode);
	table_cell(table, "%s", network->now->counters_only ? "-" : interface->up ? "up" : "down");
	addresses_cell(interface, table);
	bytes_cell(view, view_traffic(network, i, false), CGW_UNIT_BYTES_PER_S, table);
	bytes_cell(view, view_traffic(network, i, true), CGW_UNIT_BYTES_PER_S, table);
	bytes_cell(view, total(interface->received_bytes), CGW_UNIT_BYTES, table);
	bytes_cell(view, total(interface->sent_bytes), CGW_UNIT_BYTES, table);
	table_cell(table, "%" PRIu64,
		   interface->received_dropped + interface->sent_dropped +
			   interface->received_errors + interface->sent_errors);
	table_name(table, FORMATTED(128, "%s%s%s%s",
				    interface->lower[0] != '\0' ? interface->lower
				    : interface->lower_outside  ? "(other namespace)"
								: "-",
				    interface->lower[0] != '\0' && interface->lower_outside
					    ? " (other namespace)"
					    : "",
				    interface->lower_master[0] != '\0' ? ", in " : "",
				    interface->lower_master));
	table_name(table, interface->master[0] != '\0' ? interface->master : "-");
}

static int print_network(const struct view *view, const struct view_network *network, FILE *out)
{
	struct table table;
	bool host = network->namespace->host.state == CGW_OK && network->namespace->host.value;

	fprintf(out, "\nNETWORK namespace %llu%s%s\n",
		(unsigned long long)network->namespace->inode,
		host ? " of the host: includes traffic of other groups" : "",
		!host && network->namespace->other_processes > 0
			? ", shared: includes traffic of other groups"
			: "");
	if (network->now == NULL) {
		fprintf(out, "  ! %s\n", strerror(-network->error));
		return 0;
	}
	if (network->now->counters_only)
		fprintf(out, "  no permission to enter the namespace: counters only\n");
	table_start(&table, out,
		    "NAME|KIND|MODE|STATE|ADDRESSES|>IN/S|>OUT/S|>IN|>OUT|>LOST|LOWER|MASTER",
		    view->width);
	for (size_t i = 0; i < network->now->count; i++)
		interface_row(view, network, i, &table);
	return table_end(&table);
}

/* net_cls and net_prio of cgroup v1. */
static void print_marks(const struct view *view, FILE *out)
{
	const struct cgw_snapshot *now = cgw_frame_now(view->frame);
	struct cgw_number class = cgw_snapshot_number(now, CGW_M_NET_CLS_CLASSID, view->group);
	size_t count;
	const struct cgw_instance *priorities =
		cgw_snapshot_instances(now, CGW_M_NET_PRIO_IFPRIOMAP, view->group, &count);

	if (class.state == CGW_OK)
		fprintf(out, "  net_cls        class 0x%llx\n", (unsigned long long)class.value);
	for (size_t i = 0; i < count; i++) {
		if (priorities[i].number.state != CGW_OK || priorities[i].number.value == 0)
			continue;
		fprintf(out, "  net_prio       priority %llu on %s\n",
			(unsigned long long)priorities[i].number.value,
			ESCAPED(128, priorities[i].name));
	}
}

int text_network(const struct view *view, FILE *out)
{
	int r = 0;

	for (size_t i = 0; i < view->network_count && r == 0; i++)
		r = print_network(view, &view->networks[i], out);
	print_marks(view, out);
	return r;
}
