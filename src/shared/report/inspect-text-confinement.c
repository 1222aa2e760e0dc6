/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-confinement.c - how tight the processes of a group are held; those held alike are told once. */
#include <string.h>

#include "shared/report/inspect-text-parts.h"

static void print_line(const char *name, const char *text, FILE *out)
{
	char shown[2200];

	cgw_escape(shown, sizeof(shown), text, strlen(text));
	fprintf(out, "  %-14s %s\n", name, shown);
}

static void print_capabilities(const struct view *view, const char *name, uint64_t set, FILE *out)
{
	uint64_t all = view->now->all_capabilities;
	char text[1600];
	size_t used = 0;

	text[0] = '\0';
	if (set == 0) {
		print_line(name, "none", out);
		return;
	}
	if (all != 0 && (set & all) == all) {
		print_line(name, "all", out);
		return;
	}
	for (unsigned i = 0; i < 64 && used + 40 < sizeof(text); i++) {
		const char *word = cgw_capability_name(i);

		if (!(set >> i & 1))
			continue;
		if (word != NULL)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used > 0 ? " " : "", word);
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%scap_%u",
						 used > 0 ? " " : "", i);
	}
	print_line(name, text, out);
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

static size_t append_limit(char *text, size_t size, const char *name, struct cgw_number soft,
			   struct cgw_number hard)
{
	const struct cgw_number both[2] = {soft, hard};
	size_t used = (size_t)snprintf(text, size, "%s ", name);

	for (size_t i = 0; i < 2; i++) {
		if (both[i].state == CGW_OK)
			used += (size_t)snprintf(text + used, size - used, "%s%llu",
						 i > 0 ? "/" : "",
						 (unsigned long long)both[i].value);
		else
			used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? "/" : "",
						 cgw_state_sign(both[i].state));
	}
	return used;
}

static void print_limits(const struct cgw_process *process, FILE *out)
{
	char text[CGW_RLIMIT_COUNT * 64];
	size_t used = 0;

	if (process->hidden & CGW_HIDDEN_LIMITS) {
		print_line("rlimits", "! (not ours to read)", out);
		return;
	}
	for (int i = 0; i < CGW_RLIMIT_COUNT && used + 64 < sizeof(text); i++) {
		const struct cgw_rlimit *limit = &process->confinement.limits[i];

		if (limit->soft.state == CGW_ABSENT)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
					 used > 0 ? ", " : "");
		used += append_limit(text + used, sizeof(text) - used,
				     cgw_rlimit_name((enum cgw_rlimit_kind)i), limit->soft,
				     limit->hard);
	}
	if (used > 0)
		print_line("rlimits", text, out);
}

static const char *privilege_sentence(enum cgw_privilege privilege)
{
	static const char *const sentences[] = {
		[CGW_PRIVILEGE_UNKNOWN] = "not known: its user namespace may not be read",
		[CGW_PRIVILEGE_NONE] = "none: holds no capability",
		[CGW_PRIVILEGE_NAMESPACED] =
			"inner: only over a user namespace that is not the host's",
		[CGW_PRIVILEGE_SOME] = "some: holds capabilities over the host",
		[CGW_PRIVILEGE_ADMIN] = "admin: holds one over the host that leads to all",
		[CGW_PRIVILEGE_FULL] = "PRIVILEGED: holds every capability over the host",
	};

	return sentences[privilege];
}

static void print_root(const struct cgw_process *process, FILE *out)
{
	const struct cgw_confinement *confinement = &process->confinement;
	char text[sizeof(confinement->root) + sizeof(confinement->root_type) + 64];

	if (confinement->root[0] == '\0') {
		print_line("root", process->hidden & CGW_HIDDEN_ROOT ? "! (not ours to read)" : "-",
			   out);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", confinement->root,
		       strcmp(confinement->root, "/") != 0 ? " (chroot)" : "",
		       confinement->root_type[0] != '\0' ? " on " : "", confinement->root_type,
		       confinement->root_type[0] != '\0' ? " of a mount namespace of its own" : "");
	print_line("root", text, out);
}

static void print_one(const struct view *view, const struct cgw_process *process, size_t count,
		      FILE *out)
{
	const struct cgw_confinement *confinement = &process->confinement;
	char name[300];

	cgw_escape(name, sizeof(name), process->name, strlen(process->name));
	fprintf(out, "\nCONFINEMENT of %zu: %s (%d)%s\n", count, name, (int)process->pid,
		count > 1 ? " and those held alike" : "");
	print_line("privilege", privilege_sentence(cgw_process_privilege(view->now, process)), out);
	print_root(process, out);
	print_seccomp(confinement, out);
	if (confinement->no_new_privileges >= 0)
		print_line("no_new_privs", confinement->no_new_privileges ? "yes" : "no", out);
	for (int i = 0; i < CGW_CAPABILITIES_SET_COUNT; i++)
		if (i == CGW_CAPABILITIES_EFFECTIVE || i == CGW_CAPABILITIES_BOUNDING ||
		    confinement->capabilities[i] !=
			    confinement->capabilities[CGW_CAPABILITIES_EFFECTIVE])
			print_capabilities(view,
					   cgw_capability_set_name((enum cgw_capability_set)i),
					   confinement->capabilities[i], out);
	print_line("label",
		   confinement->label[0] != '\0'        ? confinement->label
		   : process->hidden & CGW_HIDDEN_LABEL ? "! (not ours to read)"
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
		bool told = false;

		if (now->processes[i].state == 'Z' || now->processes[i].kernel_thread)
			continue; /* nothing is left of the one, the other is the kernel */
		for (size_t j = 0; j < i && !told; j++)
			told = now->processes[j].state != 'Z' && !now->processes[j].kernel_thread &&
			       view_confined_alike(view, &now->processes[j], &now->processes[i]);
		if (told)
			continue;
		for (size_t j = i + 1; j < now->process_count; j++)
			count += now->processes[j].state != 'Z' &&
				 !now->processes[j].kernel_thread &&
				 view_confined_alike(view, &now->processes[i], &now->processes[j]);
		print_one(view, &now->processes[i], count, out);
	}
}
