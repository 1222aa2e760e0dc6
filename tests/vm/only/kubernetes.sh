#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The containers of the Kubernetes manifests, run by crun, an OCI runtime that Kubernetes uses as
# well: with the mounts, user, capabilities, memory limit and PID namespace of the manifest, in a
# group named as by a kubelet. The image contains only cgward and its libraries. kubernetes.json:
# the rendered objects of packaging/kubernetes/enforcing.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

memory=$(mount_of memory)
if [ "$(version_of "$memory")" != 2 ]; then
	skip "kubernetes: requires cgroup v2 (not possible here)"
	exit 0
fi
if ! command -v crun >/dev/null; then
	skip "kubernetes: crun is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d -p /var/tmp) && test_files+=("$work")
chmod 755 "$work" # readable for the users of the containers
containers=()
end_containers() {
	local container
	for container in "${containers[@]}"; do crun delete --force "$container" 2>/dev/null; done
}
test_at_exit+=(end_containers)

# The image.
rootfs=$work/rootfs
mkdir -p "$rootfs"/{proc,sys,dev,tmp,etc,run,usr/bin,host,payload}
cp -r lib "$rootfs/payload/" # includes libmicrohttpd
cp "$CGWARD" "$rootfs/usr/bin/cgward"
# Packages depend on libsystemd, which cgward loads with dlopen().
systemd=$(ldconfig -p | awk '$1 == "libsystemd.so.0" {print $NF; exit}')
{ ldd "$CGWARD" "$systemd" | grep -o '/[^ :]*'; echo "$systemd"; } | sort -u | while read -r library; do
	mkdir -p "$rootfs$(dirname "$library")"
	cp -L "$library" "$rootfs$library"
done

# bundle DAEMONSET GROUP: writes an OCI bundle for its container, like kubelet and containerd.
bundle() {
	mkdir -p "$work/$1"
	python3 - "$1" "$2" "$work" "$rootfs" <<'EOF'
import json, os, platform, re, sys
name, group, work, rootfs = sys.argv[1:]
objects = json.load(open("kubernetes.json"))
maps = {o["metadata"]["name"]: o["data"] for o in objects if o["kind"] == "ConfigMap"}
pod = next(o for o in objects if o["kind"] == "DaemonSet" and o["metadata"]["name"] == name)["spec"]["template"]["spec"]
container = pod["containers"][0]
security = {**pod["securityContext"], **container["securityContext"]}
env = {e["name"]: maps[e["valueFrom"]["configMapKeyRef"]["name"]][e["valueFrom"]["configMapKeyRef"]["key"]]
       for e in container.get("env", [])}
args = ["/usr/bin/cgward"] + [re.sub(r"\$\((\w+)\)", lambda m: env[m[1]], a) for a in container["args"]]
capabilities = ["CAP_" + c for c in security["capabilities"].get("add", [])]

def source(volume):
    if "configMap" in volume:
        return os.path.join(work, volume["configMap"]["name"])
    if volume["hostPath"]["type"] == "DirectoryOrCreate":
        os.makedirs(volume["hostPath"]["path"], exist_ok=True)
    return volume["hostPath"]["path"]

mounts = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
     "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]},
]
volumes = {v["name"]: source(v) for v in pod["volumes"]}
for mount in container["volumeMounts"]:
    mounts.append({"destination": mount["mountPath"], "type": "bind", "source": volumes[mount["name"]],
                   "options": ["rbind", "rprivate", "ro" if mount.get("readOnly") else "rw"]})
unit = {"Mi": 1 << 20, "Gi": 1 << 30}
limit = container["resources"]["limits"]["memory"]
config = {
    "ociVersion": "1.0.2",
    "process": {
        "user": {"uid": security["runAsUser"], "gid": security.get("runAsGroup", 0)},
        "args": args, "env": ["PATH=/usr/bin"] + ["%s=%s" % e for e in env.items()], "cwd": "/",
        "noNewPrivileges": not security["allowPrivilegeEscalation"],
        "capabilities": {kind: capabilities for kind in ("bounding", "effective", "permitted")},
    },
    "root": {"path": rootfs, "readonly": security["readOnlyRootFilesystem"]},
    "mounts": mounts,
    "linux": {
        "namespaces": [{"type": t} for t in ("network", "ipc", "uts", "mount", "cgroup") + (() if pod.get("hostPID") else ("pid",))],
        "cgroupsPath": group,
        "resources": {"memory": {"limit": int(limit[:-2]) * unit[limit[-2:]]}},
        "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
}

# RuntimeDefault: the seccomp profile of Debian's engines, converted to OCI.
profile_path = "/usr/share/containers/seccomp.json"
if os.path.exists(profile_path):
    profile = json.load(open(profile_path))
    kernel = tuple(int(n) for n in re.findall(r"\d+", platform.release())[:2])

    def applies(rule):
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        minimum = includes.get("minKernel")
        return all(c in capabilities for c in includes.get("caps", [])) and \
            not any(c in capabilities for c in excludes.get("caps", [])) and \
            ("arches" not in includes or "amd64" in includes["arches"]) and "amd64" not in excludes.get("arches", []) and \
            (not minimum or kernel >= tuple(int(n) for n in minimum.split(".")[:2]))

    rules = []
    for rule in filter(applies, profile["syscalls"]):
        one = {"names": rule.get("names") or [rule["name"]], "action": rule["action"]}
        if rule.get("args"):
            one["args"] = [{k: a[k] for k in ("index", "value", "valueTwo", "op") if k in a} for a in rule["args"]]
        if "errnoRet" in rule:
            one["errnoRet"] = rule["errnoRet"]
        rules.append(one)
    config["linux"]["seccomp"] = {"defaultAction": profile["defaultAction"], "architectures": ["SCMP_ARCH_X86_64"],
                                  "syscalls": rules}
json.dump(config, open("%s/%s/config.json" % (work, name), "w"))
EOF
}
# start ID DAEMONSET [OPTION...]: starts the container; sets $pid to its main process.
start() {
	local id=$1 daemonset=$2
	shift 2
	containers+=("$id")
	crun "$@" run --detach --bundle "$work/$daemonset" "$id" >"$work/$id.log" 2>&1 </dev/null || {
		cat "$work/$id.log"
		return 1
	}
	pid=$(crun state "$id" | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
}
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
# get_url PID PATH: sends an HTTP request from the container's network namespace.
get_url() {
	nsenter --target "$1" --net python3 -c '
import sys, urllib.request
sys.stdout.write(urllib.request.urlopen("http://127.0.0.1:9753" + sys.argv[1], timeout=10).read().decode())' "$2" 2>/dev/null
}
is_healthy() { [ "$(get_url "$1" /healthz)" = ok ]; }
is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# --- The watching DaemonSet, with the cgroupfs driver; workloads of both drivers with their logs.
uid=8dbc0f50-6dd5-4a0e-9b5f-0123456789ab
self=$(printf 'watching' | sha256sum | cut -c1-64)
web=$(printf 'web' | sha256sum | cut -c1-64)
mkdir -p /var/log/containers /var/log/pods/cgward_watching-x_$uid
: >"/var/log/containers/watching-x_cgward_cgward-$self.log"
: >"/var/log/containers/web-0_shop_nginx-$web.log"
workload=kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod11111111_2222_3333_4444_555555555555.slice/cri-containerd-$web.scope
mkdir -p "$memory/$workload"
for above in "" /kubepods.slice /kubepods.slice/kubepods-burstable.slice "/${workload%/*}"; do
	echo "+pids +memory" >"$memory$above/cgroup.subtree_control"
done

bundle cgward "/kubepods/burstable/pod$uid/$self"
check "watching: the container starts" start "$self" cgward --cgroup-manager=cgroupfs
check "watching: the health check succeeds" wait_for is_healthy "$pid"
same "watching: no effective capabilities" 0000000000000000 "$(status_of "$pid" CapEff)"
same "watching: no capabilities in the bounding set" 0000000000000000 "$(status_of "$pid" CapBnd)"
same "watching: it does not run as root" 65534 "$(status_of "$pid" Uid | cut -f1)"
same "watching: no_new_privs is set" 1 "$(status_of "$pid" NoNewPrivs)"
if [ -e /usr/share/containers/seccomp.json ]; then
	same "watching: system calls are filtered" 2 "$(status_of "$pid" Seccomp)"
else
	skip "watching: system calls are filtered: no seccomp profile is installed (not possible here)"
fi
get_url "$pid" /metrics >"$work/metrics"
own=/kubepods/burstable/pod$uid/$self
series() { grep -F "$1{group=\"$2\"" "$work/metrics"; }
same "watching: its own memory limit is that of the manifest" "$((256 << 20))" "$(series cgward_memory_max_bytes "$own" | awk '{ print $NF }')"
same "watching: the kernel has the memory limit of the manifest" "$((256 << 20))" "$(cat "$memory$own/memory.max")"
check "watching: it knows its own pod and namespace (cgroupfs driver)" grep -q 'pod_name="watching-x",namespace="cgward",role="cgward"' \
	<(series cgward_group_info "$own")
check "watching: it knows pods of the systemd driver" grep -q 'pod_name="web-0",namespace="shop",role="nginx"' <(series cgward_group_info "/$workload")
check "watching: it knows the UID of a pod" grep -qF 'pod="11111111-2222-3333-4444-555555555555"' <(series cgward_group_info "/$workload")
check "watching: it exposes the whole node" grep -q . <(series cgward_memory_current_bytes /system.slice)
echo 77 >"$memory/$workload/pids.max"
# An answer is reused for a second.
is_exposed() { get_url "$pid" /metrics >"$work/metrics" && [ "$(series cgward_pids_max "/$workload" | awk '{ print $NF }')" = 77 ]; }
check "watching: values equal the kernel's" wait_for is_exposed
status "watching: it cannot change limits" 4 crun exec "$self" cgward --cgroup-root /host/sys/fs/cgroup set --direct --journal /tmp "/$workload" pids.max=5
same "watching: the limit is not changed" 77 "$(cat "$memory/$workload/pids.max")"
for _ in $(seq 20); do get_url "$pid" /metrics >/dev/null; done
same "watching: its memory limit is sufficient" 0 "$(awk '$1 == "oom_kill" { print $2 }' "$memory$own/memory.events")"
echo "it used $(($(cat "$memory$own/memory.current") >> 20)) MiB with $(find "$memory" -type d | wc -l) groups"
crun kill "$self" TERM
check "watching: it exits on SIGTERM" dead "$pid"

# --- The enforcing DaemonSet, with the systemd driver and a policy mounted as by a kubelet.
group=$(make_group k8s pids)
enforcer=$(printf 'enforcing' | sha256sum | cut -c1-64)
map=$work/cgward-policy
config_map() { # PIDS
	local version
	mkdir -p "$map"
	version=$(mktemp -d "$map/..XXXXXX")
	printf '[policy]\ninterval = 500ms\nbackend = direct\n[limit standing]\nmatch = %s\npids.max = %s\n' "$group" "$1" >"$version/cgward.conf"
	printf '[rule end]\nmatch = %s-victim\nwhen = cgroup.procs >= 1\nthen = kill KILL\n' "$group" >>"$version/cgward.conf"
	chmod 755 "$map" "$version" && chmod 644 "$version/cgward.conf"
	ln -s "${version##*/}" "$map/..new"
	mv -T "$map/..new" "$map/..data"
	[ -e "$map/cgward.conf" ] || ln -s ..data/cgward.conf "$map/cgward.conf"
}
config_map 33
bundle cgward-enforce "kubepods-besteffort-pod22222222_2222_3333_4444_555555555555.slice:cri-containerd:$enforcer"
check "enforcing: the container starts" start "$enforcer" cgward-enforce --cgroup-manager=systemd
check "enforcing: the policy is applied" wait_for is "$memory$group/pids.max" 33
# The bits of CAP_DAC_OVERRIDE and CAP_KILL.
same "enforcing: two effective capabilities" "$(printf '%016x' $((1 << 1 | 1 << 5)))" "$(status_of "$pid" CapEff)"
same "enforcing: two capabilities in the bounding set" "$(printf '%016x' $((1 << 1 | 1 << 5)))" "$(status_of "$pid" CapBnd)"
status "enforcing: the health check succeeds" 0 crun exec "$enforcer" cgward status --state=/run/cgward
config_map 44
check "enforcing: a changed ConfigMap is reloaded" wait_for is "$memory$group/pids.max" 44
config_map nonsense
wait_for grep -q nonsense "$work/$enforcer.log"
same "enforcing: an invalid ConfigMap is refused" 44 "$(cat "$memory$group/pids.max")"
status "enforcing: it continues with the old policy" 0 crun exec "$enforcer" cgward status --state=/run/cgward
victim=$(make_group k8s-victim pids)
(enter "$victim" pids && exec sleep 3000) &
check "enforcing: it kills processes of the node" dead $!
crun kill "$enforcer" TERM
check "enforcing: it exits on SIGTERM" dead "$pid"
cat "$work/$enforcer.log"
