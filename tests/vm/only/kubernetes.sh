#!/usr/bin/env bash
# The Kubernetes manifests for real: the container of each DaemonSet, run by crun, which is below Kubernetes
# too, with exactly the mounts, user, capabilities, memory and process namespace of its manifest, in a group
# named as a kubelet names it. The image holds cgward and its libraries, nothing else.
# kubernetes.json: all objects of packaging/kubernetes/enforcing, rendered.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

memory=$(mount_of memory)
if [ "$(version_of "$memory")" != 2 ]; then
	skip "kubernetes: its nodes have cgroup v2 (not possible here)"
	exit 0
fi
if ! command -v crun >/dev/null; then
	skip "kubernetes: crun is not installed (not possible here)"
	exit 0
fi
work=$(mktemp -d -p /var/tmp) && test_files+=("$work")
chmod 755 "$work" # the containers' users look into it
containers=()
end_containers() {
	local container
	for container in "${containers[@]}"; do crun delete --force "$container" 2>/dev/null; done
	test_cleanup
}
trap end_containers EXIT

# The image.
rootfs=$work/rootfs
mkdir -p "$rootfs"/{proc,sys,dev,tmp,etc,run,usr/bin,host,payload}
cp -r lib "$rootfs/payload/" # what it loads by itself is there too
cp "$CGWARD" "$rootfs/usr/bin/cgward"
ldd "$CGWARD" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$rootfs$(dirname "$library")"
	cp -L "$library" "$rootfs$library"
done

# bundle DAEMONSET GROUP: a bundle of the OCI for its container, as kubelet and containerd make it.
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

# RuntimeDefault: the profile of Debian's engines, in the words of the OCI.
profile_path = "/usr/share/containers/seccomp.json"
if os.path.exists(profile_path):
    profile = json.load(open(profile_path))
    kernel = tuple(int(n) for n in re.findall(r"\d+", platform.release())[:2])

    def wanted(rule):
        inside, outside = rule.get("includes") or {}, rule.get("excludes") or {}
        least = inside.get("minKernel")
        return all(c in capabilities for c in inside.get("caps", [])) and \
            not any(c in capabilities for c in outside.get("caps", [])) and \
            ("arches" not in inside or "amd64" in inside["arches"]) and "amd64" not in outside.get("arches", []) and \
            (not least or kernel >= tuple(int(n) for n in least.split(".")[:2]))

    rules = []
    for rule in filter(wanted, profile["syscalls"]):
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
# start ID DAEMONSET [OPTION...]: the main process's number is in $pid then.
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
# ask PID PATH: over HTTP from inside its network.
ask() {
	nsenter --target "$1" --net python3 -c '
import sys, urllib.request
sys.stdout.write(urllib.request.urlopen("http://127.0.0.1:9753" + sys.argv[1], timeout=10).read().decode())' "$2" 2>/dev/null
}
is_well() { [ "$(ask "$1" /healthz)" = ok ]; }
is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# --- Watching, beneath kubelet's own driver. A workload of both drivers, with the names of its logs.
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
check "the watching container starts" start "$self" cgward --cgroup-manager=cgroupfs
check "its health check succeeds" wait_for 60 is_well "$pid"
same "it has no capability" 0000000000000000 "$(status_of "$pid" CapEff)"
same "none that it could get" 0000000000000000 "$(status_of "$pid" CapBnd)"
same "it is not root" 65534 "$(status_of "$pid" Uid | cut -f1)"
same "it gains no privilege" 1 "$(status_of "$pid" NoNewPrivs)"
if [ -e /usr/share/containers/seccomp.json ]; then
	same "its calls are filtered" 2 "$(status_of "$pid" Seccomp)"
else
	skip "the profile of calls: no engine's is installed (not possible here)"
fi
ask "$pid" /metrics >"$work/metrics"
own=/kubepods/burstable/pod$uid/$self
told() { grep -F "$1{group=\"$2\"" "$work/metrics"; }
same "it sees its own limit, as the manifest has it" "$((256 << 20))" "$(told cgward_memory_max_bytes "$own" | awk '{ print $NF }')"
same "the kernel has it too" "$((256 << 20))" "$(cat "$memory$own/memory.max")"
check "it names itself: pod and namespace, by kubelet's driver" grep -q 'pod_name="watching-x",namespace="cgward",role="cgward"' \
	<(told cgward_group_info "$own")
check "and others, by systemd's" grep -q 'pod_name="web-0",namespace="shop",role="nginx"' <(told cgward_group_info "/$workload")
check "with the pod's uid" grep -qF 'pod="11111111-2222-3333-4444-555555555555"' <(told cgward_group_info "/$workload")
check "figures of the whole node" grep -q . <(told cgward_memory_current_bytes /system.slice)
echo 77 >"$memory/$workload/pids.max"
sleep 1.2
ask "$pid" /metrics >"$work/metrics"
same "they are the kernel's" 77 "$(told cgward_pids_max "/$workload" | awk '{ print $NF }')"
status "it can write nothing" 4 crun exec "$self" cgward --cgroup-root /host/sys/fs/cgroup set --direct --journal /tmp "/$workload" pids.max=5
same "and wrote nothing" 77 "$(cat "$memory/$workload/pids.max")"
for _ in $(seq 20); do ask "$pid" /metrics >/dev/null; done
same "its limit suffices" 0 "$(awk '$1 == "oom_kill" { print $2 }' "$memory$own/memory.events")"
echo "it used $(($(cat "$memory$own/memory.current") >> 20)) MiB with $(find "$memory" -type d | wc -l) groups"
crun kill "$self" TERM
check "it ends when it is told to" wait_for 10 sh -c '! kill -0 "$1" 2>/dev/null' - "$pid"

# --- Enforcing, beneath systemd's driver, with a policy as kubelet mounts it.
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
check "the enforcing container starts" start "$enforcer" cgward-enforce --cgroup-manager=systemd
check "a limit of its policy stands" wait_for 60 is "$memory$group/pids.max" 33
# The numbers of DAC_OVERRIDE and KILL.
same "it has two capabilities" "$(printf '%016x' $((1 << 1 | 1 << 5)))" "$(status_of "$pid" CapEff)"
same "and could get no more" "$(printf '%016x' $((1 << 1 | 1 << 5)))" "$(status_of "$pid" CapBnd)"
status "its health check succeeds" 0 crun exec "$enforcer" cgward status --state=/run/cgward
config_map 44
check "a changed ConfigMap is taken up" wait_for 20 is "$memory$group/pids.max" 44
config_map nonsense
sleep 2
same "one with a mistake is not" 44 "$(cat "$memory$group/pids.max")"
status "and it lives on" 0 crun exec "$enforcer" cgward status --state=/run/cgward
victim=$(make_group k8s-victim pids)
(enter "$victim" pids && exec sleep 3000) &
check "it ends processes of the node" dead $!
crun kill "$enforcer" TERM
check "it ends in order" wait_for 20 sh -c '! kill -0 "$1" 2>/dev/null' - "$pid"
cat "$work/$enforcer.log"
