#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Kubernetes manifests: rendered by kustomize, fields checked against kubectl's types (without a
# cluster), privileges and mounts of the pods, and the arguments checked by the installed program.
# ROOT: the installation root.
set -uo pipefail
# shellcheck source=tests/live/results-lib.sh
. "$(dirname "$0")/../live/results-lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=packaging/packages.sh
. "$top/packaging/packages.sh"
if ! command -v kubectl >/dev/null && ! install_packages kubernetes-client; then
	skip "kubernetes: kubectl is not installed (not possible here)"
	exit 0
fi
cgward=$ROOT/usr/bin/cgward
work=$(mktemp -d) && test_files+=("$work")

cp -r "$top/packaging/kubernetes" "$work/manifests"
# kustomize of kubectl 1.20, in Debian 12, requires "bases" for other kustomizations instead of
# "resources".
if [ "$(kubectl version --client -o json | python3 -c 'import json, re, sys
print(re.match("[0-9]*", json.load(sys.stdin)["clientVersion"]["minor"])[0])')" -le 20 ]; then
	sed -i 's|^resources:$|bases:|; s|^  - policy.yaml$|resources:\n&|' "$work/manifests/enforcing/kustomization.yaml"
fi
for overlay in watching enforcing; do
	check "$overlay: kustomize renders the manifests" sh -c 'kubectl kustomize "$1" >"$2"' - "$work/manifests/$overlay" "$work/$overlay.yaml"
	mkdir "$work/$overlay"
	# kubectl drops unknown fields when it parses objects: its output must have all fields of
	# the input.
	check "$overlay: all fields are known to Kubernetes" python3 - "$work/$overlay" <<'EOF'
import json, subprocess, sys, yaml

# kubectl does not parse objects without pods; they have few fields.
PLAIN = {
    "Namespace": {"apiVersion", "kind", "metadata", "spec", "status"},
    "ConfigMap": {"apiVersion", "kind", "metadata", "data", "binaryData", "immutable"},
}
METADATA = {"name", "namespace", "labels", "annotations"}

def typed(document):
    done = subprocess.run(["kubectl", "set", "image", "--local", "-f", "-", "*=other", "-o", "json"],
                          input=json.dumps(document), capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None

def lost(expected, got, path):
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return [path]
        return [p for k, v in expected.items() for p in (lost(v, got[k], path + "." + k) if k in got else [path + "." + k])]
    if isinstance(expected, list):
        if not isinstance(got, list) or len(expected) != len(got):
            return [path]
        return [p for i, v in enumerate(expected) for p in lost(v, got[i], "%s[%d]" % (path, i))]
    # kubectl prints only changed objects, so typed() changes the image.
    return [] if expected == got or path.endswith(".image") else [path]

def wrong(document):
    plain = PLAIN.get(document["kind"])
    if plain is None:
        got = typed(document)
        return ["refused"] if got is None else lost(document, got, document["kind"])
    strings = [v for part in ("data", "labels") for v in
               (document.get(part) or document["metadata"].get(part) or {}).values()]
    return sorted(set(document) - plain) + sorted(set(document["metadata"]) - METADATA) + \
        ["not a string: %r" % s for s in strings if not isinstance(s, str)]

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

# The program checks the arguments of its containers.
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
	# With --help as the last argument it exits after parsing the others.
	# shellcheck disable=SC2086
	check "the arguments of ${command%% *} are valid" sh -c '"$0" "$@" --help >/dev/null' "$cgward" $command
done <"$work/commands"
check "two commands are checked" test "$(wc -l <"$work/commands")" = 2
check "the policy of the ConfigMap is valid" "$cgward" check --syntax "$work/cgward.conf"
