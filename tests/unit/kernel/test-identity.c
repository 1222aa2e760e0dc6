/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-identity.c - recognition of a path for each row of identities.def. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/identity.h"
#include "test.h"

#define C1      "4f2f0c3b6a5d4e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
#define C2      "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define POD     "8dbc0f50-6dd5-4a0e-9b5f-0123456789ab"
#define POD_    "8dbc0f50_6dd5_4a0e_9b5f_0123456789ab"
#define MIRROR  "5d41402abc4b2a76b9719d911017c592" /* a static pod: no dashes */
#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

/* `parts`: "name=value" of each part that is set. */
static const struct {
	const char *pattern; /* the row that must match; NULL: none */
	const char *path;
	enum cgw_identity_kind kind;
	unsigned below;
	const char *parts;
} paths[] = {
	{"*kubepods-{qos}-pod{pod}.slice",
	 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice",
	 CGW_IDENTITY_POD, 0,
	 "engine=kubernetes pod=" POD " qos=burstable slice=kubepods-burstable-pod" POD_ ".slice"},
	{"*kubepods-{qos}-pod{pod}.slice",
	 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	 "kubelet-kubepods-besteffort-pod" MIRROR ".slice",
	 CGW_IDENTITY_POD, 0,
	 "engine=kubernetes pod=" MIRROR
	 " qos=besteffort slice=kubelet-kubepods-besteffort-pod" MIRROR ".slice"},
	{"*kubepods-pod{pod}.slice", "/kubepods.slice/kubepods-pod" POD_ ".slice", CGW_IDENTITY_POD,
	 0, "engine=kubernetes pod=" POD " qos=guaranteed slice=kubepods-pod" POD_ ".slice"},
	{"{qos}/pod{pod}", "/kubepods/besteffort/pod" POD, CGW_IDENTITY_POD, 0,
	 "engine=kubernetes pod=" POD " qos=besteffort"},
	{"kubepods/pod{pod}", "/kubepods/pod" MIRROR, CGW_IDENTITY_POD, 0,
	 "engine=kubernetes pod=" MIRROR " qos=guaranteed"},
	{"*kubepods-{qos}-pod{pod}.slice:cri-containerd:{id}",
	 "/system.slice/containerd.service/kubepods-burstable-pod" POD_ ".slice:cri-containerd:" C1,
	 CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1 " pod=" POD
	 " qos=burstable unit=containerd.service system_unit=containerd.service "
	 "slice=system.slice"},
	{"*kubepods-pod{pod}.slice:cri-containerd:{id}",
	 "/kubepods-pod" POD_ ".slice:cri-containerd:" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1 " pod=" POD},
	{"*.slice:docker:{id}", "/system.slice:docker:" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=docker container=" C1},
	{"*.slice:libpod:{id}", "/machine.slice:libpod:" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=podman container=" C1},
	{"*.slice:cri-containerd:{id}", "/system.slice:cri-containerd:" C1, CGW_IDENTITY_CONTAINER,
	 0, "engine=containerd container=" C1},
	{"*.slice:crio:{id}", "/kubepods-pod" POD_ ".slice:crio:" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=cri-o container=" C1},
	{"docker-{id}.scope", "/system.slice/docker-" C1 ".scope", CGW_IDENTITY_CONTAINER, 0,
	 "engine=docker container=" C1 " unit=docker-" C1 ".scope system_unit=docker-" C1
	 ".scope slice=system.slice"},
	{"docker-{id}.scope", MANAGER "/app.slice/docker-" C1 ".scope/init", CGW_IDENTITY_CONTAINER,
	 1,
	 "engine=docker container=" C1 " unit=docker-" C1
	 ".scope system_unit=user@1000.service slice=app.slice uid=1000"},
	{"docker/{id}", "/docker/" C1, CGW_IDENTITY_CONTAINER, 0, "engine=docker container=" C1},
	/* nested containers: the inner one; its systemd units are not those of this machine */
	{"docker/{id}", "/docker/" C1 "/docker/" C2, CGW_IDENTITY_CONTAINER, 0,
	 "engine=docker container=" C2},
	{"docker/{id}", "/docker/" C1 "/system.slice/nginx.service", CGW_IDENTITY_CONTAINER, 2,
	 "engine=docker container=" C1},
	{"docker/{id}", "/docker/" C1 "/user.slice/user-5.slice/session-1.scope",
	 CGW_IDENTITY_CONTAINER, 3, "engine=docker container=" C1},
	{"pod{pod}/{id}", "/docker/" C1 "/kubelet/kubepods/burstable/pod" POD "/" C2,
	 CGW_IDENTITY_CONTAINER, 0, "engine=kubernetes container=" C2 " pod=" POD " qos=burstable"},
	{"docker/buildkit/{name}", "/docker/buildkit/x7k2m", CGW_IDENTITY_CONTAINER, 0,
	 "engine=docker container=x7k2m"},
	{"ecs/*/{id}", "/ecs/0123456789abcdef0123456789abcdef/" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=docker container=" C1},
	{"ecs/*/{task}",
	 "/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-0527074092",
	 CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=0123456789abcdef0123456789abcdef-0527074092"},
	{"libpod-conmon-{id}.scope", "/machine.slice/libpod-conmon-" C1 ".scope",
	 CGW_IDENTITY_MONITOR, 0,
	 "engine=podman container=" C1 " unit=libpod-conmon-" C1
	 ".scope system_unit=libpod-conmon-" C1 ".scope slice=machine.slice"},
	{"libpod_parent/conmon", "/libpod_parent/conmon", CGW_IDENTITY_MONITOR, 0, "engine=podman"},
	{"libpod-payload-{id}", "/system.slice/web.service/libpod-payload-" C1,
	 CGW_IDENTITY_CONTAINER, 0,
	 "engine=podman container=" C1
	 " unit=web.service system_unit=web.service slice=system.slice"},
	{"libpod-{id}.scope", "/machine.slice/libpod-" C1 ".scope/container",
	 CGW_IDENTITY_CONTAINER, 1,
	 "engine=podman container=" C1 " unit=libpod-" C1 ".scope system_unit=libpod-" C1
	 ".scope slice=machine.slice"},
	{"libpod-{id}", "/libpod_parent/libpod-" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=podman container=" C1},
	{"libpod-{id}", "/libpod_parent/" C2 "/libpod-" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=podman container=" C1 " pod=" C2},
	{"*-libpod_pod_{podid}.slice", "/machine.slice/machine-libpod_pod_" C1 ".slice",
	 CGW_IDENTITY_POD, 0, "engine=podman pod=" C1 " slice=machine-libpod_pod_" C1 ".slice"},
	{"libpod_parent/{podid}", "/libpod_parent/" C1, CGW_IDENTITY_POD, 0,
	 "engine=podman pod=" C1},
	{"cri-containerd-{id}.scope",
	 "/kubepods.slice/kubepods-pod" POD_ ".slice/cri-containerd-" C1 ".scope",
	 CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1 " pod=" POD " qos=guaranteed unit=cri-containerd-" C1
	 ".scope system_unit=cri-containerd-" C1 ".scope slice=kubepods-pod" POD_ ".slice"},
	{"nerdctl-{id}.scope", "/system.slice/nerdctl-" C1 ".scope", CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1 " unit=nerdctl-" C1 ".scope system_unit=nerdctl-" C1
	 ".scope slice=system.slice"},
	{"k8s.io/{id}", "/k8s.io/" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1},
	{"default/{id64}", "/default/" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=containerd container=" C1},
	{"crio-conmon-{id}.scope", "/system.slice/crio-conmon-" C1 ".scope", CGW_IDENTITY_MONITOR,
	 0,
	 "engine=cri-o container=" C1 " unit=crio-conmon-" C1 ".scope system_unit=crio-conmon-" C1
	 ".scope slice=system.slice"},
	{"crio-{id}.scope",
	 "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_ ".slice/crio-" C1
	 ".scope/container",
	 CGW_IDENTITY_CONTAINER, 1,
	 "engine=cri-o container=" C1 " pod=" POD " qos=besteffort unit=crio-" C1
	 ".scope system_unit=crio-" C1 ".scope slice=kubepods-besteffort-pod" POD_ ".slice"},
	{"crio-{id}", "/kubepods/pod" POD "/crio-" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=cri-o container=" C1 " pod=" POD " qos=guaranteed"},
	{"pod{pod}/{id}", "/kubepods/burstable/pod" POD "/" C1, CGW_IDENTITY_CONTAINER, 0,
	 "engine=kubernetes container=" C1 " pod=" POD " qos=burstable"},
	{"lxc.monitor.{name}", "/lxc.monitor.web1", CGW_IDENTITY_MONITOR, 0,
	 "engine=lxc container=web1"},
	{"lxc.monitor/{name}", "/lxc.monitor/101", CGW_IDENTITY_MONITOR, 0,
	 "engine=lxc container=101"},
	{"lxc.payload.{name}", "/lxc.payload.web1/system.slice/ssh.service", CGW_IDENTITY_CONTAINER,
	 2, "engine=lxc container=web1"},
	{"lxc.payload/{name}", "/lxc.payload/web1", CGW_IDENTITY_CONTAINER, 0,
	 "engine=lxc container=web1"},
	{"lxc/{name}", "/lxc/101/ns", CGW_IDENTITY_CONTAINER, 1, "engine=lxc container=101"},
	{"systemd-nspawn@{name}.service",
	 "/machine.slice/systemd-nspawn@deb\\x2dian.service/payload/system.slice/a.service",
	 CGW_IDENTITY_MACHINE, 3,
	 "engine=nspawn container=deb-ian unit=systemd-nspawn@deb\\x2dian.service "
	 "system_unit=systemd-nspawn@deb\\x2dian.service slice=machine.slice"},
	{"machine-qemu\\x2d{number}\\x2d{name}.scope",
	 "/machine.slice/machine-qemu\\x2d12\\x2dweb\\x2done.scope/libvirt/vcpu0",
	 CGW_IDENTITY_MACHINE, 2,
	 "engine=libvirt container=web-one unit=machine-qemu\\x2d12\\x2dweb\\x2done.scope "
	 "system_unit=machine-qemu\\x2d12\\x2dweb\\x2done.scope slice=machine.slice"},
	{"machine-lxc\\x2d{number}\\x2d{name}.scope",
	 "/machine.slice/machine-lxc\\x2d3\\x2dbox.scope", CGW_IDENTITY_MACHINE, 0,
	 "engine=libvirt container=box unit=machine-lxc\\x2d3\\x2dbox.scope "
	 "system_unit=machine-lxc\\x2d3\\x2dbox.scope slice=machine.slice"},
	{"machine/qemu-{number}-{name}.libvirt-qemu", "/machine/qemu-4-db.libvirt-qemu/emulator",
	 CGW_IDENTITY_MACHINE, 1, "engine=libvirt container=db"},
	{"machine/{name}.libvirt-qemu", "/machine/db.libvirt-qemu", CGW_IDENTITY_MACHINE, 0,
	 "engine=libvirt container=db"},
	{"machine.slice/machine-{name}.scope", "/machine.slice/machine-arch\\x2d1.scope",
	 CGW_IDENTITY_MACHINE, 0,
	 "engine=machined container=arch-1 unit=machine-arch\\x2d1.scope "
	 "system_unit=machine-arch\\x2d1.scope slice=machine.slice"},
	{"slurm/uid_{uid}/job_{name}", "/slurm/uid_1001/job_77/step_0/task_0", CGW_IDENTITY_JOB, 2,
	 "engine=slurm container=77 uid=1001"},
	{"*slurmstepd.scope/job_{name}", "/system.slice/node1_slurmstepd.scope/job_77/step_batch",
	 CGW_IDENTITY_JOB, 1,
	 "engine=slurm container=77 unit=node1_slurmstepd.scope "
	 "system_unit=node1_slurmstepd.scope slice=system.slice"},
	{"app-flatpak-{application}-{number}.scope",
	 MANAGER "/app.slice/app-flatpak-org.gnome.Text\\x2dEditor-4711.scope",
	 CGW_IDENTITY_APPLICATION, 0,
	 "engine=flatpak unit=app-flatpak-org.gnome.Text\\x2dEditor-4711.scope "
	 "system_unit=user@1000.service slice=app.slice uid=1000 "
	 "application=org.gnome.Text-Editor"},
	{"flatpak-{application}-{number}.scope", MANAGER "/flatpak-org.kde.okular-12.scope",
	 CGW_IDENTITY_APPLICATION, 0,
	 "engine=flatpak unit=flatpak-org.kde.okular-12.scope system_unit=user@1000.service "
	 "slice=user-1000.slice uid=1000 application=org.kde.okular"},
	{"snap.{snap}.*.scope", MANAGER "/app.slice/snap.firefox.firefox-" POD ".scope",
	 CGW_IDENTITY_APPLICATION, 0,
	 "engine=snap unit=snap.firefox.firefox-" POD
	 ".scope system_unit=user@1000.service slice=app.slice uid=1000 application=firefox"},
	{"snap.{snap}.*.service", "/system.slice/snap.lxd.daemon.service", CGW_IDENTITY_APPLICATION,
	 0,
	 "engine=snap unit=snap.lxd.daemon.service system_unit=snap.lxd.daemon.service "
	 "slice=system.slice application=lxd"},
	{"app-{word}-{appid}-{random}.scope",
	 MANAGER "/app.slice/app-gnome-org.gnome.Terminal-2345.scope", CGW_IDENTITY_APPLICATION, 0,
	 "unit=app-gnome-org.gnome.Terminal-2345.scope system_unit=user@1000.service "
	 "slice=app.slice uid=1000 application=org.gnome.Terminal"},
	{"app-{appid}-{random}.scope", MANAGER "/app.slice/app-firefox-2345.scope",
	 CGW_IDENTITY_APPLICATION, 0,
	 "unit=app-firefox-2345.scope system_unit=user@1000.service slice=app.slice uid=1000 "
	 "application=firefox"},
	{"app-{word}-{appid}@{random}.service",
	 MANAGER "/app.slice/app-gnome-org.gnome.Evolution@0ab1.service", CGW_IDENTITY_APPLICATION,
	 0,
	 "unit=app-gnome-org.gnome.Evolution@0ab1.service system_unit=user@1000.service "
	 "slice=app.slice uid=1000 application=org.gnome.Evolution"},
	{"app-{appid}@{random}.service", MANAGER "/app.slice/app-konsole@1.service",
	 CGW_IDENTITY_APPLICATION, 0,
	 "unit=app-konsole@1.service system_unit=user@1000.service slice=app.slice uid=1000 "
	 "application=konsole"},
	{"session-{session}.scope", "/user.slice/user-0.slice/session-c12.scope",
	 CGW_IDENTITY_SESSION, 0,
	 "unit=session-c12.scope system_unit=session-c12.scope slice=user-0.slice session=c12 "
	 "uid=0"},
	{"user@{uid}.service", MANAGER, CGW_IDENTITY_USER, 0,
	 "unit=user@1000.service system_unit=user@1000.service slice=user-1000.slice uid=1000"},
	{"user.slice/user-{uid}.slice", "/user.slice/user-1000.slice", CGW_IDENTITY_USER, 0,
	 "slice=user-1000.slice uid=1000"},
	{"{id64}", "/my-parent/" C1, CGW_IDENTITY_CONTAINER, 0, "container=" C1},
	/* no row: only systemd units, or nothing */
	{NULL, "/system.slice/nginx.service", CGW_IDENTITY_UNIT, 0,
	 "unit=nginx.service system_unit=nginx.service slice=system.slice"},
	{NULL, "/system.slice/nginx.service/worker/3", CGW_IDENTITY_UNIT, 2,
	 "unit=nginx.service system_unit=nginx.service slice=system.slice"},
	{NULL, "/system.slice/system-getty.slice/getty@tty1.service", CGW_IDENTITY_UNIT, 0,
	 "unit=getty@tty1.service system_unit=getty@tty1.service slice=system-getty.slice"},
	{NULL, MANAGER "/app.slice/app-a.slice/web.service", CGW_IDENTITY_UNIT, 0,
	 "unit=web.service system_unit=user@1000.service slice=app-a.slice uid=1000"},
	{NULL, MANAGER "/init.scope", CGW_IDENTITY_UNIT, 0,
	 "unit=init.scope system_unit=user@1000.service slice=user-1000.slice uid=1000"},
	{NULL, "/init.scope", CGW_IDENTITY_UNIT, 0, "unit=init.scope system_unit=init.scope"},
	{NULL, "/system.slice/_cpu.service", CGW_IDENTITY_UNIT, 0,
	 "unit=cpu.service system_unit=cpu.service slice=system.slice"},
	{NULL, "/dev-hugepages.mount", CGW_IDENTITY_UNIT, 0,
	 "unit=dev-hugepages.mount system_unit=dev-hugepages.mount"},
	{NULL, "/system.slice", CGW_IDENTITY_SLICE, 0, "slice=system.slice"},
	{NULL, "/", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/demo/web", CGW_IDENTITY_NONE, 0, ""},
	/* near misses: too short, other characters, a unit below a plain group, an empty name */
	{NULL, "/docker/0123456789a", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/docker/0123456789ABCDEF", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/ecs/0123456789abcdef/-0527074092", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/machine.slice/" C1 ".service", CGW_IDENTITY_UNIT, 0, /* a health check of podman */
	 "unit=" C1 ".service system_unit=" C1 ".service slice=machine.slice"},
	{NULL, "/demo/nginx.service", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/demo/session-1.scope", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/lxc.payload.", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/.service", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/.slice", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/kubepods/besteffort/pod12", CGW_IDENTITY_NONE, 0, ""},
	{NULL, "/_", CGW_IDENTITY_NONE, 0, ""},
};

static void describe(const struct cgw_identity *identity, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int i = 0; i < CGW_PART_COUNT; i++)
		if (identity->text[i][0] != '\0')
			used += (size_t)snprintf(buffer + used, size - used, "%s%s=%s",
						 used > 0 ? " " : "",
						 cgw_identity_part_name((enum cgw_identity_part)i),
						 identity->text[i]);
}

static void test_paths_are_recognised(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct cgw_identity identity;
		char parts[2048];
		size_t rule = identity_read(paths[i].path, &identity);
		const char *pattern =
			rule < identity_rule_count() ? identity_rule_pattern(rule) : "(none)";

		describe(&identity, parts, sizeof(parts));
		if (strcmp(pattern, paths[i].pattern != NULL ? paths[i].pattern : "(none)") != 0)
			fail_msg("%s: by %s, not %s", paths[i].path, pattern, paths[i].pattern);
		if (identity.kind != paths[i].kind || identity.below != paths[i].below)
			fail_msg("%s: a %s, %u below", paths[i].path,
				 cgw_identity_kind_name(identity.kind), identity.below);
		if (strcmp(parts, paths[i].parts) != 0)
			fail_msg("%s:\n got    %s\n expected %s", paths[i].path, parts,
				 paths[i].parts);
	}
}

/* Every row of identities.def must be tested by a path above. */
static void test_every_row_has_a_path(void **state)
{
	for (size_t rule = 0; rule < identity_rule_count(); rule++) {
		bool tried = false;

		for (size_t i = 0; i < ARRAY_SIZE(paths) && !tried; i++)
			tried = paths[i].pattern != NULL &&
				strcmp(paths[i].pattern, identity_rule_pattern(rule)) == 0;
		if (!tried)
			fail_msg("no path for the row \"%s\"", identity_rule_pattern(rule));
	}
}

/* The longest names that the kernel accepts, deep trees and bytes that are not text. */
static void test_unusual_paths(void **state)
{
	struct cgw_identity identity;
	char path[8192];
	size_t used = 0;

	memset(path, 'a', 256);
	path[0] = '/';
	strcpy(path + 248, ".service");
	cgw_identity_from_path(path, &identity);
	assert_int_equal(strlen(identity.text[CGW_PART_UNIT]), 255);
	for (size_t i = 0; i < 1000; i++)
		used += (size_t)snprintf(path + used, sizeof(path) - used, "/a-b.c");
	cgw_identity_from_path(path, &identity);
	assert_int_equal(identity.kind, CGW_IDENTITY_NONE);
	cgw_identity_from_path("/system.slice/\xff\x1b[2J\\x2d\\x00\\xzz.service", &identity);
	assert_string_equal(identity.text[CGW_PART_UNIT], "\xff\x1b[2J\\x2d\\x00\\xzz.service");
	cgw_identity_from_path("/lxc/\\x00\\xzz\\x2d\\x", &identity);
	assert_string_equal(identity.text[CGW_PART_CONTAINER], "\\x00\\xzz-\\x");
}

/* A path of thousands of groups costs as much as one of 32, and its depth is still counted. */
static void test_deep_path(void **state)
{
	struct cgw_identity identity;
	char path[8192] = "/system.slice/web.service";
	size_t length = strlen(path);

	for (unsigned i = 0; i < 1000; i++)
		length += (size_t)snprintf(path + length, sizeof(path) - length, "/x");
	cgw_identity_from_path(path, &identity);
	assert_int_equal(identity.kind, CGW_IDENTITY_UNIT);
	assert_string_equal(identity.text[CGW_PART_UNIT], "web.service");
	assert_int_equal(identity.below, 1000);
	snprintf(path + length, sizeof(path) - length,
		 "/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope");
	cgw_identity_from_path(path, &identity);
	assert_int_equal(identity.kind, CGW_IDENTITY_UNIT);
	assert_int_equal(identity.below, 1001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_recognised),
		cmocka_unit_test(test_every_row_has_a_path),
		cmocka_unit_test(test_unusual_paths),
		cmocka_unit_test(test_deep_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
