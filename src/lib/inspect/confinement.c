/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confinement.c - names of capabilities and resource limits; the privilege that they amount to. */
#include <linux/capability.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/read-process.h"

static const char *const capabilities[] = {
	[CAP_CHOWN] = "cap_chown",
	[CAP_DAC_OVERRIDE] = "cap_dac_override",
	[CAP_DAC_READ_SEARCH] = "cap_dac_read_search",
	[CAP_FOWNER] = "cap_fowner",
	[CAP_FSETID] = "cap_fsetid",
	[CAP_KILL] = "cap_kill",
	[CAP_SETGID] = "cap_setgid",
	[CAP_SETUID] = "cap_setuid",
	[CAP_SETPCAP] = "cap_setpcap",
	[CAP_LINUX_IMMUTABLE] = "cap_linux_immutable",
	[CAP_NET_BIND_SERVICE] = "cap_net_bind_service",
	[CAP_NET_BROADCAST] = "cap_net_broadcast",
	[CAP_NET_ADMIN] = "cap_net_admin",
	[CAP_NET_RAW] = "cap_net_raw",
	[CAP_IPC_LOCK] = "cap_ipc_lock",
	[CAP_IPC_OWNER] = "cap_ipc_owner",
	[CAP_SYS_MODULE] = "cap_sys_module",
	[CAP_SYS_RAWIO] = "cap_sys_rawio",
	[CAP_SYS_CHROOT] = "cap_sys_chroot",
	[CAP_SYS_PTRACE] = "cap_sys_ptrace",
	[CAP_SYS_PACCT] = "cap_sys_pacct",
	[CAP_SYS_ADMIN] = "cap_sys_admin",
	[CAP_SYS_BOOT] = "cap_sys_boot",
	[CAP_SYS_NICE] = "cap_sys_nice",
	[CAP_SYS_RESOURCE] = "cap_sys_resource",
	[CAP_SYS_TIME] = "cap_sys_time",
	[CAP_SYS_TTY_CONFIG] = "cap_sys_tty_config",
	[CAP_MKNOD] = "cap_mknod",
	[CAP_LEASE] = "cap_lease",
	[CAP_AUDIT_WRITE] = "cap_audit_write",
	[CAP_AUDIT_CONTROL] = "cap_audit_control",
	[CAP_SETFCAP] = "cap_setfcap",
	[CAP_MAC_OVERRIDE] = "cap_mac_override",
	[CAP_MAC_ADMIN] = "cap_mac_admin",
	[CAP_SYSLOG] = "cap_syslog",
	[CAP_WAKE_ALARM] = "cap_wake_alarm",
	[CAP_BLOCK_SUSPEND] = "cap_block_suspend",
	[CAP_AUDIT_READ] = "cap_audit_read",
	[CAP_PERFMON] = "cap_perfmon",
	[CAP_BPF] = "cap_bpf",
	[CAP_CHECKPOINT_RESTORE] = "cap_checkpoint_restore",
};

/* In the host's user namespace, each of these can be used to gain all others. */
#define ADMIN_CAPABILITIES                                              \
	(UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SYS_MODULE | \
	 UINT64_C(1) << CAP_SYS_RAWIO | UINT64_C(1) << CAP_SYS_PTRACE | \
	 UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_BPF)

const char *cgw_capability_name(unsigned capability)
{
	return capability < ARRAY_SIZE(capabilities) ? capabilities[capability] : NULL;
}

const char *cgw_capability_set_name(enum cgw_capability_set set)
{
	static const char *const names[] = {
		[CGW_CAPABILITIES_EFFECTIVE] = "effective",
		[CGW_CAPABILITIES_PERMITTED] = "permitted",
		[CGW_CAPABILITIES_INHERITABLE] = "inheritable",
		[CGW_CAPABILITIES_BOUNDING] = "bounding",
		[CGW_CAPABILITIES_AMBIENT] = "ambient",
	};

	return (unsigned)set < CGW_CAPABILITIES_SET_COUNT ? names[set] : "invalid";
}

const char *cgw_rlimit_name(enum cgw_rlimit_kind kind)
{
	static const char *const names[] = {
		[CGW_RLIMIT_CPU] = "cpu",          [CGW_RLIMIT_STACK] = "stack",
		[CGW_RLIMIT_CORE] = "core",        [CGW_RLIMIT_PROCESSES] = "nproc",
		[CGW_RLIMIT_FILES] = "nofile",     [CGW_RLIMIT_LOCKED] = "memlock",
		[CGW_RLIMIT_ADDRESS_SPACE] = "as", [CGW_RLIMIT_REALTIME] = "rtprio",
	};

	return (unsigned)kind < CGW_RLIMIT_COUNT ? names[kind] : "invalid";
}

const char *cgw_privilege_name(enum cgw_privilege privilege)
{
	static const char *const names[] = {
		[CGW_PRIVILEGE_UNKNOWN] = "unknown",  [CGW_PRIVILEGE_NONE] = "none",
		[CGW_PRIVILEGE_NAMESPACED] = "inner", [CGW_PRIVILEGE_SOME] = "some",
		[CGW_PRIVILEGE_ADMIN] = "admin",      [CGW_PRIVILEGE_FULL] = "full",
	};

	return (unsigned)privilege <= CGW_PRIVILEGE_FULL ? names[privilege] : "invalid";
}

enum cgw_privilege cgw_process_privilege(const struct cgw_inspection *inspection,
					 const struct cgw_process *process)
{
	const struct cgw_confinement *confinement = &process->confinement;
	uint64_t granted = confinement->capabilities[CGW_CAPABILITIES_EFFECTIVE] |
			   confinement->capabilities[CGW_CAPABILITIES_PERMITTED];
	uint64_t host = inspection->host_namespaces[CGW_NAMESPACE_USER];
	uint64_t all = inspection->all_capabilities;

	if (granted == 0)
		return CGW_PRIVILEGE_NONE;
	if (process->namespaces[CGW_NAMESPACE_USER] == 0 || host == 0)
		return CGW_PRIVILEGE_UNKNOWN;
	if (process->namespaces[CGW_NAMESPACE_USER] != host)
		return CGW_PRIVILEGE_NAMESPACED;
	if (all != 0 && (granted & all) == all)
		return CGW_PRIVILEGE_FULL;
	return granted & ADMIN_CAPABILITIES ? CGW_PRIVILEGE_ADMIN : CGW_PRIVILEGE_SOME;
}
