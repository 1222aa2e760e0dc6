/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel.h - the control group hierarchies of this machine, and the files in them.
 *
 * This room alone opens kernel files. It knows where hierarchies are mounted, how a group is found
 * in each, and how one of its files is read; it does not know what a file means (metric.h).
 *
 * Hierarchies are taken from mountinfo, never from a fixed path: v1 with one controller each or
 * several together, named v1 hierarchies, v2, and any mixture. A group is one path below the root
 * of our view ("/", "/system.slice/nginx.service"); the same path in several v1 hierarchies is one
 * group. Its identity is (hierarchy, directory inode): a group that was removed and made again
 * under the same name is another group.
 */
#ifndef CGWARD_KERNEL_H
#define CGWARD_KERNEL_H

#include <sys/types.h>

#include <cgward/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* More hierarchies than a kernel can mount with all controllers apart, and some named ones. */
#define CGW_HIERARCHY_MAX 32

/* In the order in which they are shown. `io` is v1's blkio. */
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

/* The kernel's name for it on that version: CGW_IO is "blkio" on 1 and "io" on 2. */
const char *cgw_controller_name(enum cgw_controller controller, unsigned version) CGW_PURE;

/* Accepts both versions' names. Returns the controller, or -ENOENT. */
int cgw_controller_find(const char *name) CGW_PURE;

enum cgw_layout_kind {
	CGW_LAYOUT_NONE,   /* no control group hierarchy is mounted */
	CGW_LAYOUT_V1,     /* v1 hierarchies only */
	CGW_LAYOUT_HYBRID, /* v1 hierarchies beside a v2 one */
	CGW_LAYOUT_V2,     /* v2 only */
};

const char *cgw_layout_kind_name(enum cgw_layout_kind kind) CGW_PURE;

struct cgw_hierarchy {
	unsigned version;     /* 1 or 2 */
	uint32_t controllers; /* CGW_CONTROLLER_BIT() of each one bound here */
	char *name;           /* "systemd" for name=systemd, else NULL */
	char *label;          /* for people: "cpu,cpuacct", "name=systemd", "v2" */
	char *mountpoint;     /* where it is mounted, in our mount namespace */
	char *root;       /* the group that the mount shows as its top, "/" unless bound deeper */
	int fd;           /* O_PATH|O_DIRECTORY of the mountpoint; owned by the layout */
	uint64_t root_id; /* inode of the top directory; 1 at a hierarchy's true root */
	uint64_t device;  /* st_dev: one hierarchy may be mounted in several places */
	bool read_only;   /* the mount or the superblock */
};

/* Where to look. NULL members mean this machine's own: mountinfo's paths, /proc, /sys. */
struct cgw_roots {
	const char *cgroup; /* as if /sys/fs/cgroup were here: a host's tree, a recorded machine */
	const char *proc;
	const char *sys;
};

/* Constant after cgw_layout_open(), so any thread may read it. */
struct cgw_layout {
	enum cgw_layout_kind kind;
	size_t hierarchy_count;
	struct cgw_hierarchy hierarchies[CGW_HIERARCHY_MAX];
	int proc_fd;   /* O_PATH of the proc root */
	int sys_fd;    /* O_PATH of the sys root, or -1 */
	bool recorded; /* a plain directory tree stands in for cgroupfs (tests, recorded machines) */
	char proc_path[256];          /* "/proc" or the root's, for messages */
	const struct kernel_ops *ops; /* how files are opened and read; private to the library */
};

/*
 * Finds all hierarchies. Succeeds with kind CGW_LAYOUT_NONE where none is mounted. Fails with
 * -ENOENT for a root that is no directory, -EBADMSG for a mountinfo that is none, each with its
 * reason in `diag`. Free with cgw_layout_free(), which accepts NULL and returns NULL.
 */
int cgw_layout_open(const struct cgw_roots *roots, struct cgw_layout **ret_layout,
		    struct cgw_diag *diag);
struct cgw_layout *cgw_layout_free(struct cgw_layout *layout);

/* The index of the hierarchy that carries the controller, or -ENOENT. */
int cgw_layout_find(const struct cgw_layout *layout, enum cgw_controller controller);

/* The index of the v2 hierarchy, or -ENOENT. */
int cgw_layout_find_v2(const struct cgw_layout *layout);

/*
 * Opens the directory of a group (O_PATH|O_DIRECTORY), beneath the hierarchy's top: no "..", no
 * symbolic link, no other mount is followed. `ret_id` (may be NULL) gets its inode. -ENOENT where
 * the group is not in that hierarchy, -EXDEV or -ELOOP where the path would leave it.
 */
int cgw_group_open(const struct cgw_layout *layout, size_t hierarchy, const char *path, int *ret_fd,
		   uint64_t *ret_id);

/*
 * Reads a whole file of a group: `directory` is from cgw_group_open(). The text is terminated, the
 * caller frees `ret_text`. Kernel files may be larger than a page and may shrink while they are read.
 */
int cgw_file_read(const struct cgw_layout *layout, int directory, const char *file, char **ret_text,
		  size_t *ret_length);

/* The same below the proc root ("meminfo", "42/cgroup"); `file` is relative. */
int cgw_proc_read(const struct cgw_layout *layout, const char *file, char **ret_text,
		  size_t *ret_length);

/*
 * What a link below the proc root points to ("42/root", "42/ns/net"): at most `size`-1 bytes,
 * terminated. Returns the length.
 */
int cgw_proc_link(const struct cgw_layout *layout, const char *file, char *buffer, size_t size);

/*
 * Calls `each` for every number that is a name in a directory below the proc root ("." for all
 * processes, "42/task" for the threads of one), in the kernel's order. A negative result ends it.
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

/* As below /proc/PID/ns and in lsns: "mnt", "pid", "net", ... */
const char *cgw_namespace_name(enum cgw_namespace_kind kind) CGW_PURE;

/* The inode that names a process' namespace, or a negative error (-EACCES: another user's). */
int cgw_namespace_of(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		     uint64_t *ret_inode);

/*
 * The namespace of PID 1 here: the one that all in sight branched off. Where PID 1 is guarded and the
 * kernel's own threads are in sight, theirs, which is the same.
 */
int cgw_namespace_of_pid1(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode);

/* False inside a container that has a PID namespace of its own: PID 1 here is the container's. */
bool cgw_in_host_pid_namespace(const struct cgw_layout *layout);

/*
 * The machine's own namespace of that kind, also as seen from inside a container or without rights:
 * there the kernel's fixed number of it. Mount and network have none before Linux 6.18: -EOPNOTSUPP in a
 * container, -EACCES without rights.
 */
int cgw_namespace_of_host(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode);

/*
 * Runs `work` in a thread of its own that has joined the namespace of `pid` (UTS, network, IPC), and
 * returns its result. The caller stays where it is. -EPERM without CAP_SYS_ADMIN.
 */
int cgw_namespace_run(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		      int (*work)(void *context), void *context);

/*
 * The groups of a process, one path per hierarchy, from /proc/PID/cgroup mapped into our view.
 * Paths outside of our view (another cgroup namespace) start with "/.." as the kernel says them.
 */
struct cgw_membership {
	pid_t pid;
	size_t count;                   /* = layout->hierarchy_count */
	char *paths[CGW_HIERARCHY_MAX]; /* NULL where the process is in none */
	bool split;                     /* not the same path in every hierarchy */
};

int cgw_membership_read(const struct cgw_layout *layout, pid_t pid,
			struct cgw_membership *ret_membership);
void cgw_membership_done(struct cgw_membership *membership);
/*
 * The one path to call its group by: the one that bounds its memory, CPU, processes or IO, in this
 * order, where it is more than the hierarchy's top; else the deepest. "/" where all are tops; NULL where
 * none is in view. Points into `membership`.
 */
const char *cgw_membership_main_path(const struct cgw_layout *layout,
				     const struct cgw_membership *membership);

/*
 * What an operator calls a group: a path ("/a/b", or "a/b" below the top), a path below a mount
 * point ("/sys/fs/cgroup/memory/a"), a systemd unit ("nginx.service"), a container id or its first
 * characters (12 or more hexadecimal digits, fewer where unique from 4 on; where its runtime keeps it
 * in a group of its own below its scope, that one), or "pid:N".
 * -ENOENT: nothing is called so; -ENOTUNIQ: several are, `diag` names them; -ESRCH: no such process.
 * The caller frees `ret_path`.
 */
int cgw_group_find(const struct cgw_layout *layout, const char *what, char **ret_path,
		   struct cgw_diag *diag);

/*
 * The name of a block device by number, from SYS/dev/block ("nvme0n1"); falls back to "259:0".
 * Always terminates.
 */
void cgw_device_name(const struct cgw_layout *layout, unsigned major, unsigned minor, char *buffer,
		     size_t size);

/*
 * The whole disk that an operator means by a name ("nvme0n1"), a path below /dev, a mount point or
 * "MAJ:MIN": limits of IO hold for whole disks, so a partition stands for its disk. -ENODEV: no such
 * device; -ENOTBLK: something without a disk of its own (overlay, tmpfs, a network file system);
 * -ENOTUNIQ: it is put together from several disks, which `diag` names.
 */
int cgw_device_find(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		    unsigned *ret_minor, struct cgw_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
