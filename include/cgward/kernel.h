/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel.h - the cgroup hierarchies of this machine and the files in them.
 *
 * This module is the only one that opens kernel files. It finds the mounted hierarchies, finds a
 * group in each of them, and reads its files; metric.h defines what the files mean.
 *
 * Hierarchies are found in /proc/self/mountinfo, never by a fixed path: v1 with one or more
 * controllers each, named v1 hierarchies, v2, and any mixture. A group is identified by one path
 * relative to the root of our cgroup view ("/", "/system.slice/nginx.service"); directories with
 * the same path in several v1 hierarchies are one group. A group is identified over time by its
 * hierarchy and the inode of its directory: a group that was removed and created again under the
 * same path is another group.
 */
#ifndef CGWARD_KERNEL_H
#define CGWARD_KERNEL_H

#include <sys/types.h>

#include <cgward/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Enough for all controllers in separate v1 hierarchies, and some named ones. */
#define CGW_HIERARCHY_MAX 32

/* In display order. CGW_IO is blkio on v1. */
enum cgw_controller {
	CGW_CPU,
	CGW_CPUACCT,
	CGW_CPUSET,
	CGW_MEMORY,
	CGW_IO,
	CGW_PIDS,
	CGW_DEVICES,
	CGW_FREEZER,
	CGW_HUGETLB,
	CGW_RDMA,
	CGW_MISC,
	CGW_NET_CLS,
	CGW_NET_PRIO,
	CGW_PERF_EVENT,
	CGW_DMEM,
	CGW_CONTROLLER_COUNT,
};

#define CGW_CONTROLLER_BIT(controller) (UINT32_C(1) << (controller))

/* The kernel's name of a controller: CGW_IO is "blkio" for version 1 and "io" for version 2. */
const char *cgw_controller_name(enum cgw_controller controller, unsigned version) CGW_PURE;

/* Finds a controller by its v1 or v2 name. Returns the controller, or -ENOENT. */
int cgw_controller_find(const char *name) CGW_PURE;

enum cgw_layout_kind {
	CGW_LAYOUT_NONE,   /* no cgroup hierarchy is mounted */
	CGW_LAYOUT_V1,     /* v1 hierarchies only */
	CGW_LAYOUT_HYBRID, /* v1 hierarchies and a v2 hierarchy */
	CGW_LAYOUT_V2,     /* v2 only */
};

/* "none", "v1", "hybrid" or "v2". */
const char *cgw_layout_kind_name(enum cgw_layout_kind kind) CGW_PURE;

/* A mounted hierarchy. Strings and the descriptor are owned by the layout. */
/* Options of the mount that change what files of v2 mean; bits of cgw_hierarchy.mount_options. */
enum cgw_mount_option {
	CGW_MOUNT_MEMORY_LOCALEVENTS = 1, /* memory.events excludes descendants */
	CGW_MOUNT_PIDS_LOCALEVENTS = 2,   /* pids.events excludes descendants */
	CGW_MOUNT_MEMORY_RECURSIVEPROT = 4,
	CGW_MOUNT_MEMORY_HUGETLB_ACCOUNTING = 8,
	CGW_MOUNT_FAVORDYNMODS = 16,
	CGW_MOUNT_NSDELEGATE = 32,
};

struct cgw_hierarchy {
	unsigned version;     /* 1 or 2 */
	uint32_t controllers; /* mask of CGW_CONTROLLER_BIT() */
	char *name;           /* "systemd" for name=systemd, otherwise NULL */
	char *label;          /* for display: "cpu,cpuacct", "name=systemd", "v2" */
	char *mountpoint;     /* in our mount namespace */
	char *root;       /* the group at the top of the mount; "/" unless a subtree is mounted */
	int fd;           /* O_PATH|O_DIRECTORY of the mount point */
	uint64_t root_id; /* inode of the top directory; 1 at the real root of a hierarchy */
	uint64_t device;  /* st_dev; the same for all mounts of one hierarchy */
	bool read_only;   /* the mount or the superblock is read-only */
	/*
	 * If `root` is above our cgroup namespace ("/.."): the path below the mount of the root of
	 * the namespace, or NULL if it cannot be determined.
	 */
	char *namespace_root;
	uint32_t mount_options; /* enum cgw_mount_option, of v2 */
};

struct cgw_mount_option_info {
	uint32_t option; /* enum cgw_mount_option */
	const char *name, *meaning;
};

/* The options of cgw_mount_option, `index` from 0; NULL behind the last one. */
const struct cgw_mount_option_info *cgw_mount_option_info(size_t index) CGW_PURE;

/* Directories to read instead of the ones of this machine. NULL members mean the default. */
struct cgw_roots {
	const char *cgroup; /* instead of /sys/fs/cgroup: the tree of a host, or a copied tree */
	const char *proc;   /* instead of /proc */
	const char *sys;    /* instead of /sys */
};

/* The hierarchies of a machine. Constant after cgw_layout_open(), so any thread may read it. */
struct cgw_layout {
	enum cgw_layout_kind kind;
	size_t hierarchy_count;
	struct cgw_hierarchy hierarchies[CGW_HIERARCHY_MAX];
	/*
	 * Hierarchies that are mounted, but not used: at the top of their mounts are other groups
	 * than at the top of the others, so that the same path would be another group.
	 */
	size_t other_root_count;
	int proc_fd;                  /* O_PATH of /proc */
	int sys_fd;                   /* O_PATH of /sys, or -1 */
	bool recorded;                /* a plain directory tree is used instead of cgroupfs */
	char proc_path[256];          /* the path of `proc_fd`, for messages */
	const struct kernel_ops *ops; /* the system calls used to read files; private */
	struct group_cursor *cursor;  /* how deep groups are opened; private */
};

/*
 * Finds all hierarchies. `roots` may be NULL. Succeeds with CGW_LAYOUT_NONE if no hierarchy is
 * mounted. Returns -ENOENT if a root does not exist, -EBADMSG if mountinfo cannot be parsed, or the
 * error of a system call, with a message in `diag`. Free with cgw_layout_free(), which accepts NULL
 * and returns NULL.
 */
int cgw_layout_open(const struct cgw_roots *roots, struct cgw_layout **ret_layout,
		    struct cgw_diag *diag);
struct cgw_layout *cgw_layout_free(struct cgw_layout *layout);

/* The index of the hierarchy with the controller, or -ENOENT. */
int cgw_layout_find(const struct cgw_layout *layout, enum cgw_controller controller);

/* The index of the v2 hierarchy, or -ENOENT. */
int cgw_layout_find_v2(const struct cgw_layout *layout);

/*
 * Opens the directory of a group (O_PATH|O_DIRECTORY) below the top of a hierarchy. Does not follow
 * "..", symbolic links or other mounts. The caller closes `ret_fd`. `ret_id` (may be NULL) returns
 * the inode. Returns -ENOENT if the group does not exist in that hierarchy, -EXDEV or -ELOOP if
 * the path leaves the hierarchy.
 */
int cgw_group_open(const struct cgw_layout *layout, size_t hierarchy, const char *path, int *ret_fd,
		   uint64_t *ret_id);

/*
 * Reads a whole file of a group; `directory` is a descriptor from cgw_group_open(). The text is
 * terminated; the caller frees it. Works for files longer than a page and for files that change
 * their length while they are read.
 */
int cgw_file_read(const struct cgw_layout *layout, int directory, const char *file, char **ret_text,
		  size_t *ret_length);

/* Reads a whole file below /proc; `file` is relative ("meminfo", "42/cgroup"). */
int cgw_proc_read(const struct cgw_layout *layout, const char *file, char **ret_text,
		  size_t *ret_length);

/*
 * Reads a symbolic link below /proc ("42/root", "42/ns/net"): at most `size` - 1 bytes, terminated.
 * Returns the length.
 */
int cgw_proc_link(const struct cgw_layout *layout, const char *file, char *buffer, size_t size);

/*
 * Calls `each` for every numeric entry of a directory below /proc, in the kernel's order: "." for
 * all processes, "42/task" for the threads of one. Stops if `each` returns a negative value, and
 * returns that value.
 */
int cgw_proc_each(const struct cgw_layout *layout, const char *directory,
		  int (*each)(void *context, pid_t id), void *context);

enum cgw_namespace_kind {
	CGW_NAMESPACE_MOUNT,
	CGW_NAMESPACE_PID,
	CGW_NAMESPACE_NETWORK,
	CGW_NAMESPACE_IPC,
	CGW_NAMESPACE_UTS,
	CGW_NAMESPACE_USER,
	CGW_NAMESPACE_CGROUP,
	CGW_NAMESPACE_TIME,
	CGW_NAMESPACE_COUNT,
};

/* The name in /proc/PID/ns and lsns(8): "mnt", "pid", "net", ... */
const char *cgw_namespace_name(enum cgw_namespace_kind kind) CGW_PURE;

/* The inode of a namespace of a process, or a negative error (-EACCES: owned by another user). */
int cgw_namespace_of(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		     uint64_t *ret_inode);

/*
 * The namespace of PID 1, from which those of all visible processes descend. If PID 1 may not be
 * read but kernel threads are visible, their namespace is returned, which is the same.
 */
int cgw_namespace_of_pid1(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode);

/* False in a container with its own PID namespace, where PID 1 belongs to the container. */
bool cgw_in_host_pid_namespace(const struct cgw_layout *layout);

/*
 * The initial namespace of the kernel, also from inside a container or without permissions: its
 * inode is a constant of the kernel. Mount and network namespaces have no such constant before
 * Linux 6.18: returns -EOPNOTSUPP in a container, -EACCES without permissions.
 */
int cgw_namespace_of_host(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode);

/*
 * Calls `work` in a new thread that has joined a namespace of `pid` (UTS, network or IPC), and
 * returns its result. The namespaces of the caller do not change. Returns -EPERM without
 * CAP_SYS_ADMIN.
 */
int cgw_namespace_run(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		      int (*work)(void *context), void *context);

/*
 * The groups of a process, from /proc/PID/cgroup, one path per hierarchy in our cgroup view. Paths
 * outside of the mounted groups start with "/..", as in that file.
 */
struct cgw_membership {
	pid_t pid;
	size_t count; /* equal to hierarchy_count of the layout */
	/* NULL if the process is not in that hierarchy, or its group was removed */
	char *paths[CGW_HIERARCHY_MAX];
	bool split;       /* the paths differ between hierarchies */
	uint32_t unknown; /* bit h: the path is in our view, but cannot be determined */
};

/* Returns -ESRCH if there is no such process. Free the paths with cgw_membership_done(). */
int cgw_membership_read(const struct cgw_layout *layout, pid_t pid,
			struct cgw_membership *ret_membership);
void cgw_membership_done(struct cgw_membership *membership);
/*
 * The path that best identifies the group of a process: the one in the memory, cpu, pids or io
 * hierarchy, in this order, if it is not the root; otherwise the deepest one. "/" if all are roots,
 * NULL if none is in our view. The string belongs to `membership`.
 */
const char *cgw_membership_main_path(const struct cgw_layout *layout,
				     const struct cgw_membership *membership);

/*
 * Finds a group by what the user typed: a path ("/a/b" or "a/b"), a path below a mount point
 * ("/sys/fs/cgroup/memory/a"), a systemd unit ("nginx.service"), a container ID or its first
 * characters (at least 4 hexadecimal digits), another name that the path contains (of a pod, a
 * machine, an application, ...), or "pid:N". Names may be escaped as by cgw_escape(). If a
 * container runtime creates a group "container" below the scope of a container, that group is
 * returned. Returns -ENOENT if there is no such group, -ENOTUNIQ if several match (`diag` lists
 * them), -ESRCH if there is no such process, or the error of a system call. The caller frees
 * `ret_path`.
 */
int cgw_group_find(const struct cgw_layout *layout, const char *what, char **ret_path,
		   struct cgw_diag *diag);
/*
 * Same, but "pid:N" is the group of the process in one of the hierarchies in the bit mask: on v1 it
 * may be in a different group of each.
 */
int cgw_group_find_within(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
			  char **ret_path, struct cgw_diag *diag);

struct cgw_identity;
/* Is this container, pod or machine called so? */
typedef bool cgw_is_named(void *context, const struct cgw_identity *identity, const char *name);
/*
 * Same; if no path contains the name, `is_named` is asked about every container, pod and machine.
 * cgw_names_find() does this with the names that container engines keep.
 */
int cgw_group_find_named(const struct cgw_layout *layout, const char *what, uint32_t hierarchies,
			 cgw_is_named *is_named, void *context, char **ret_path,
			 struct cgw_diag *diag);

/*
 * The kind of a group, derived from its path by the rows of identities.def: a unit, a container, a
 * pod, a session, or a descendant of one. Names known only to a container engine are found by
 * cgw_names_resolve().
 */
enum cgw_identity_kind {
	CGW_IDENTITY_NONE,  /* a plain group */
	CGW_IDENTITY_SLICE, /* a slice of the system manager or a user manager */
	CGW_IDENTITY_UNIT,  /* a service, scope, mount, ... of one of them */
	CGW_IDENTITY_USER,  /* the slice or the manager of a user */
	CGW_IDENTITY_SESSION,
	CGW_IDENTITY_APPLICATION, /* a Flatpak, snap or desktop application */
	CGW_IDENTITY_JOB,         /* a job of a batch system */
	CGW_IDENTITY_MACHINE,     /* a virtual machine, or a container that boots like one */
	CGW_IDENTITY_POD,
	CGW_IDENTITY_CONTAINER,
	CGW_IDENTITY_MONITOR, /* the helper process of a container engine, such as conmon */
	CGW_IDENTITY_KIND_COUNT,
};

/* "service", "container", ...; "group" for a plain group. */
const char *cgw_identity_kind_name(enum cgw_identity_kind kind) CGW_PURE;

/* Each part is also a field of the same name ("unit", "container"); an empty part is absent. */
enum cgw_identity_part {
	CGW_PART_ENGINE,      /* "docker", "podman", "kubernetes", "lxc", "libvirt", "snap", ... */
	CGW_PART_CONTAINER,   /* the identifier, or the name if the path contains one */
	CGW_PART_POD,         /* the UID in Kubernetes, or the identifier in Podman */
	CGW_PART_QOS,         /* "guaranteed", "burstable", "besteffort" */
	CGW_PART_UNIT,        /* the innermost unit, of a user manager if the group is below one */
	CGW_PART_SYSTEM_UNIT, /* the unit of the system manager, such as "user@1000.service" */
	CGW_PART_SLICE,       /* the innermost slice */
	CGW_PART_SESSION,
	CGW_PART_UID, /* the owner of the slice, manager or job, in digits */
	CGW_PART_APPLICATION,
	CGW_PART_COUNT,
};

/* The name of the field: "engine", "container", ... */
const char *cgw_identity_part_name(enum cgw_identity_part part) CGW_PURE;

/* Texts are raw bytes from the path, at most one component long. Copy it by value. */
struct cgw_identity {
	enum cgw_identity_kind kind; /* of the innermost match */
	unsigned below;              /* number of components below that match; 0: it is the group */
	char text[CGW_PART_COUNT][256];
};

/* Never fails: for an unknown path the kind is CGW_IDENTITY_NONE and all parts are empty. */
void cgw_identity_from_path(const char *path, struct cgw_identity *ret_identity);

/*
 * The name of a block device from /sys/dev/block ("nvme0n1"), or "259:0" if it has none. The
 * result is always terminated.
 */
void cgw_device_name(const struct cgw_layout *layout, unsigned major, unsigned minor, char *buffer,
		     size_t size);

/*
 * Finds the whole disk for a device name ("nvme0n1"), a path below /dev, a mount point, or
 * "MAJ:MIN". IO limits apply to whole disks, so a partition resolves to its disk. Returns -ENODEV
 * if there is no such device, -ENOTBLK if a file system has no block device (overlay, tmpfs,
 * network), -ENOTUNIQ if the device is built from other disks (`diag` lists them).
 */
int cgw_device_find(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		    unsigned *ret_minor, struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
