#!/usr/bin/env bash
# Kubernetes manifests: rendered by kustomize, each object held against kubectl's own types (no cluster is
# there), what pods may and mount, and whether the installed program takes what it is started with.
# ROOT: where it was installed.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=packaging/packages.sh
. "$top/packaging/packages.sh"
if ! command -v kubectl >/dev/null && ! install_packages kubernetes-client; then
	echo "skip kubernetes: there is no kubectl (not possible here)"
	exit 0
fi
cgward=$ROOT/usr/bin/cgward
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check() {
	local name=$1
	shift
	if "$@"; then echo "ok $name"; else echo "not ok $name"; fi
}

cp -r "$top/packaging/kubernetes" "$work/manifests"
# Until 1.20, which Debian 12 has, another manifest stood under "bases", not under "resources".
if [ "$(kubectl version --client -o json | python3 -c 'import json, re, sys
print(re.match("[0-9]*", json.load(sys.stdin)["clientVersion"]["minor"])[0])')" -le 20 ]; then
	sed -i 's|^resources:$|bases:|; s|^  - policy.yaml$|resources:\n&|' "$work/manifests/enforcing/kustomization.yaml"
fi
for overlay in watching enforcing; do
	check "$overlay is rendered" sh -c 'kubectl kustomize "$1" >"$2"' - "$work/manifests/$overlay" "$work/$overlay.yaml"
	mkdir "$work/$overlay"
	# Fields that kubectl does not know do not survive its types: what comes out must hold what went in.
	check "$overlay: every field is one of Kubernetes'" python3 - "$work/$overlay" <<'EOF'
import json, subprocess, sys, yaml

# Objects without pods have few fields, and kubectl rewrites them without looking at their types.
PLAIN = {
    "Namespace": {"apiVersion", "kind", "metadata", "spec", "status"},
    "ConfigMap": {"apiVersion", "kind", "metadata", "data", "binaryData", "immutable"},
}
METADATA = {"name", "namespace", "labels", "annotations"}

def typed(document):
    done = subprocess.run(["kubectl", "set", "image", "--local", "-f", "-", "*=other", "-o", "json"],
                          input=json.dumps(document), capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None

def lost(wanted, got, path):
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return [path]
        return [p for k, v in wanted.items() for p in (lost(v, got[k], path + "." + k) if k in got else [path + "." + k])]
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(wanted) != len(got):
            return [path]
        return [p for i, v in enumerate(wanted) for p in lost(v, got[i], "%s[%d]" % (path, i))]
    # kubectl prints what it changed alone, so the image was changed.
    return [] if wanted == got or path.endswith(".image") else [path]

def wrong(document):
    plain = PLAIN.get(document["kind"])
    if plain is None:
        got = typed(document)
        return ["refused"] if got is None else lost(document, got, document["kind"])
    strings = [v for part in ("data", "labels") for v in
               (document.get(part) or document["metadata"].get(part) or {}).values()]
    return sorted(set(document) - plain) + sorted(set(document["metadata"]) - METADATA) + \
        ["no string: %r" % s for s in strings if not isinstance(s, str)]

documents = [d for d in yaml.safe_load_all(open(sys.argv[1] + ".yaml")) if d]
mistakes = [m for d in documents for m in wrong(d)]
json.dump(documents, open(sys.argv[1] + "/objects.json", "w"))
for mistake in mistakes:
    print("wrong:", mistake)
# The same eyes see a slip of the pen, and a number where a word belongs.
pods = [d for d in documents if d["kind"] == "DaemonSet"]
slip, number = json.loads(json.dumps(pods[0])), json.loads(json.dumps(pods[0]))
slip["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesytem"] = True
number["spec"]["template"]["spec"]["containers"][0]["args"] = [1]
blind = not wrong(slip) or wrong(number) != ["refused"]
if blind:
    print("a mistake is not seen")
sys.exit(bool(mistakes) or blind)
EOF
	check "$overlay: no pod may more than it should" python3 - "$work/$overlay/objects.json" <<'EOF'
import json, sys

# By DaemonSet: capabilities, may see the host's processes, mounts that may be written.
ALLOWED = {
    "cgward": ([], False, []),
    "cgward-enforce": (["DAC_OVERRIDE", "KILL"], True, ["/host/sys/fs/cgroup", "/run/cgward"]),
}
bad = []
for document in json.load(open(sys.argv[1])):
    if document["kind"] != "DaemonSet":
        continue
    name = document["metadata"]["name"]
    capabilities, host_pid, writable = ALLOWED[name]
    pod = document["spec"]["template"]["spec"]
    for container in pod["containers"]:
        security = container["securityContext"]
        if security["capabilities"].get("add", []) != capabilities or security["capabilities"]["drop"] != ["ALL"]:
            bad.append("capabilities")
        if security.get("privileged") or security["allowPrivilegeEscalation"] or not security["readOnlyRootFilesystem"]:
            bad.append("privileges")
        if [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")] != writable:
            bad.append("mounts")
        if "memory" not in container["resources"]["limits"] or "livenessProbe" not in container:
            bad.append("bounds")
    if pod.get("hostPID", False) != host_pid or pod.get("hostNetwork") or pod.get("hostIPC"):
        bad.append("namespaces")
    if pod["automountServiceAccountToken"] or pod["securityContext"]["seccompProfile"]["type"] != "RuntimeDefault":
        bad.append("token or seccomp")
    if not capabilities and not pod["securityContext"]["runAsNonRoot"]:
        bad.append("root")
    bad += [name] if bad else []
for what in bad:
    print("wrong:", what)
sys.exit(bool(bad))
EOF
done

# What the program is started with, by the program itself.
python3 - "$work/enforcing/objects.json" "$work" <<'EOF'
import json, re, sys
maps, commands = {}, []
for document in json.load(open(sys.argv[1])):
    if document["kind"] == "ConfigMap":
        maps[document["metadata"]["name"]] = document["data"]
for document in json.load(open(sys.argv[1])):
    if document["kind"] != "DaemonSet":
        continue
    container = document["spec"]["template"]["spec"]["containers"][0]
    known = {e["name"]: maps[e["valueFrom"]["configMapKeyRef"]["name"]][e["valueFrom"]["configMapKeyRef"]["key"]]
             for e in container.get("env", [])}
    commands.append(re.sub(r"\$\((\w+)\)", lambda m: known[m[1]], " ".join(container["args"])))
open(sys.argv[2] + "/commands", "w").write("\n".join(commands) + "\n")
open(sys.argv[2] + "/cgward.conf", "w").write(maps["cgward-policy"]["cgward.conf"])
EOF
while read -r command; do
	# --help, as the last word, ends it once all before was understood.
	# shellcheck disable=SC2086
	check "it takes: ${command%% *}" sh -c '"$0" "$@" --help >/dev/null' "$cgward" $command
done <"$work/commands"
check "two commands were tried" test "$(wc -l <"$work/commands")" = 2
check "the policy of the ConfigMap is right" "$cgward" check --syntax "$work/cgward.conf"
