/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-confinement.c - privileges of processes; equally confined ones are printed once. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "shared/report/inspect-text-parts.h"

static void print_line(const char *name, const char *text, FILE *out)
{
	CLEANUP(cleanup_free) char *shown = escape_copy(text);

	if (shown != NULL)
		fprintf(out, "  %-14s %s\n", name, shown);
}

static void print_capabilities(const struct view *view, const char *name, uint64_t set, FILE *out)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};
	uint64_t all = view->now->all_capabilities;

	if (set == 0) {
		print_line(name, "none", out);
		return;
	}
	if (all != 0 && (set & all) == all) {
		print_line(name, "all", out);
		return;
	}
	for (unsigned i = 0; i < 64; i++) {
		const char *word = cgw_capability_name(i), *separator = text.length > 0 ? " " : "";

		if (!(set >> i & 1))
			continue;
		if (word != NULL)
			string_builder_printf(&text, "%s%s", separator, word);
		else
			string_builder_printf(&text, "%scap_%u", separator, i);
	}
	print_line(name, string_builder_text(&text), out);
}

static void print_seccomp(const struct cgw_confinement *confinement, FILE *out)
{
	static const char *const modes[] = {"off", "strict", "filtered"};

	if (confinement->seccomp < 0 || confinement->seccomp > 2)
		fprintf(out, "  %-14s -\n", "seccomp");
	else if (confinement->seccomp == 2 && confinement->seccomp_filters >= 0)
		fprintf(out, "  %-14s filtered, %d filter%s\n", "seccomp",
			confinement->seccomp_filters, confinement->seccomp_filters == 1 ? "" : "s");
	else
		fprintf(out, "  %-14s %s\n", "seccomp", modes[confinement->seccomp]);
}

static void append_limit(struct string_builder *text, const char *name,
			 const struct cgw_rlimit *limit)
{
	const struct cgw_number both[2] = {limit->soft, limit->hard};

	string_builder_printf(text, "%s%s ", text->length > 0 ? ", " : "", name);
	for (size_t i = 0; i < 2; i++) {
		if (i > 0)
			string_builder_add(text, "/");
		if (both[i].state == CGW_OK)
			string_builder_printf(text, "%llu", (unsigned long long)both[i].value);
		else
			string_builder_add(text, cgw_state_sign(both[i].state));
	}
}

static void print_limits(const struct cgw_process *process, FILE *out)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};

	if (process->hidden & CGW_HIDDEN_LIMITS) {
		print_line("rlimits", "! (permission denied)", out);
		return;
	}
	for (enum cgw_rlimit_kind i = 0; i < CGW_RLIMIT_COUNT; i++)
		if (process->confinement.limits[i].soft.state != CGW_ABSENT)
			append_limit(&text, cgw_rlimit_name(i), &process->confinement.limits[i]);
	if (text.length > 0)
		print_line("rlimits", text.text, out);
}

static const char *privilege_text(enum cgw_privilege privilege)
{
	static const char *const texts[] = {
		[CGW_PRIVILEGE_UNKNOWN] = "unknown: cannot read its user namespace",
		[CGW_PRIVILEGE_NONE] = "none: no capabilities",
		[CGW_PRIVILEGE_NAMESPACED] =
			"inner: capabilities only in a user namespace other than the host's",
		[CGW_PRIVILEGE_SOME] = "some: capabilities on the host",
		[CGW_PRIVILEGE_ADMIN] =
			"admin: a capability on the host that allows gaining all others",
		[CGW_PRIVILEGE_FULL] = "PRIVILEGED: all capabilities on the host",
	};

	return texts[privilege];
}

static void print_root(const struct cgw_process *process, FILE *out)
{
	const struct cgw_confinement *confinement = &process->confinement;
	char text[sizeof(confinement->root) + sizeof(confinement->root_type) + 64];

	if (confinement->root[0] == '\0') {
		print_line("root",
			   process->hidden & CGW_HIDDEN_ROOT ? "! (permission denied)" : "-", out);
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s%s%s", confinement->root,
		 strcmp(confinement->root, "/") != 0 ? " (chroot)" : "",
		 confinement->root_type[0] != '\0' ? " on " : "", confinement->root_type,
		 confinement->root_type[0] != '\0' ? " in its own mount namespace" : "");
	print_line("root", text, out);
}

static void print_process(const struct view *view, const struct cgw_process *process, size_t count,
			  FILE *out)
{
	const struct cgw_confinement *confinement = &process->confinement;

	fprintf(out, "\nCONFINEMENT of %s (%d)", ESCAPED(300, process->name), (int)process->pid);
	if (count > 1)
		fprintf(out, " and %zu more", count - 1);
	fputc('\n', out);
	print_line("privilege", privilege_text(cgw_process_privilege(view->now, process)), out);
	print_root(process, out);
	print_seccomp(confinement, out);
	if (confinement->no_new_privileges >= 0)
		print_line("no_new_privs", confinement->no_new_privileges ? "yes" : "no", out);
	for (enum cgw_capability_set i = 0; i < CGW_CAPABILITIES_SET_COUNT; i++)
		if (i == CGW_CAPABILITIES_EFFECTIVE || i == CGW_CAPABILITIES_BOUNDING ||
		    confinement->capabilities[i] !=
			    confinement->capabilities[CGW_CAPABILITIES_EFFECTIVE])
			print_capabilities(view, cgw_capability_set_name(i),
					   confinement->capabilities[i], out);
	print_line("label",
		   confinement->label[0] != '\0'        ? confinement->label
		   : process->hidden & CGW_HIDDEN_LABEL ? "! (permission denied)"
							: "-",
		   out);
	fprintf(out, "  %-14s %d\n", "oom_score_adj", confinement->oom_score_adjust);
	print_limits(process, out);
}

void text_confinement(const struct view *view, FILE *out)
{
	const struct cgw_inspection *now = view->now;

	for (size_t i = 0; i < now->process_count; i++) {
		size_t count = 1;
		bool printed = false;

		if (now->processes[i].state == 'Z' || now->processes[i].kernel_thread)
			continue; /* zombies have ended, kernel threads are the kernel */
		for (size_t j = 0; j < i && !printed; j++)
			printed =
				now->processes[j].state != 'Z' &&
				!now->processes[j].kernel_thread &&
				view_same_confinement(view, &now->processes[j], &now->processes[i]);
		if (printed)
			continue;
		for (size_t j = i + 1; j < now->process_count; j++)
			count +=
				now->processes[j].state != 'Z' &&
				!now->processes[j].kernel_thread &&
				view_same_confinement(view, &now->processes[i], &now->processes[j]);
		print_process(view, &now->processes[i], count, out);
	}
}
