#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A container of podman with crun and systemd, from an image built here: what cgward prints,
# compared with podman and the kernel; changing its limits.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if ! command -v podman >/dev/null; then
	skip "podman: not installed (not possible here)"
	exit 0
fi
directory=$(mktemp -d -p /var/tmp) && test_files+=("$directory")
root=$directory/root
mkdir -p "$root"/{bin,dev,etc,proc,run,sys,tmp}
cp "$(command -v busybox)" "$root/bin/"
for applet in sh sleep; do ln -s busybox "$root/bin/$applet"; done
end_containers() {
	podman rm --all --force --time 0 >/dev/null 2>&1
	[ -z "${service:-}" ] || kill "$service" 2>/dev/null
}
test_at_exit+=(end_containers)
# start NAME OPTION...: starts a container; prints its id. Without INVOCATION_ID, so that podman's
# helper gets its own scope, as when started from a shell.
start() {
	env -u INVOCATION_ID podman run --detach --name "$1" --network none --cgroups enabled "${@:2}" localhost/cgward-test /bin/sleep 2000 \
		2>"$directory/errors"
}
if ! tar -C "$root" -c . | podman import --quiet - localhost/cgward-test >/dev/null 2>"$directory/errors" ||
	! id=$(start cgward-web --memory 64m --pids-limit 20); then
	tail -n 3 "$directory/errors"
	not_ok "podman starts a container"
	exit 0
fi
pid=$(podman inspect --format '{{.State.Pid}}' cgward-web)
inspect() { "$CGWARD" inspect --json --rates 0 "$1" >"$directory/inspect.json"; }
inspect "$id"
group=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["group"])' "$directory/inspect.json")
check "podman: the group of the container is that of its process ($group)" grep -q ":$group\$" "/proc/$pid/cgroup"
same "podman: the container is found by the first characters of its id" 20 "$("$CGWARD" get "${id:0:12}" pids.max)"
same "podman: the memory limit" $((64 << 20)) "$("$CGWARD" get --bytes "$id" memory.max)"
fact() { # NAME EXPECTED EXPRESSION
	same "$1" "$2" "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = next((p for p in d["processes"] if p["init"]), None)
print(*eval(sys.argv[2]))' "$directory/inspect.json" "$3" 2>&1 | tail -n 1)"
}
fact "podman: the container has its name from the storage" "container podman cgward-web" \
	'd["identity"]["kind"], d["identity"]["engine"], d["identity"]["name"]'
fact "podman: the init process" "$pid 1" 'p["pid"], p["inner_pid"]'
fact "podman: system calls are filtered" filtered '[p["confinement"]["seccomp"]]'
fact "podman: the effective limits" "$((64 << 20)) 20" '[d["limits"][k]["bound"] for k in ("memory", "pids")]'

# The group is delegated to crun: it is written directly, and systemd does not change it.
"$CGWARD" set --journal "$directory" "$id" pids.max=31 >"$directory/set" 2>&1 || cat "$directory/set"
same "podman: the kernel has the new limit" 31 "$(file_of pids "$group" pids.max)"
systemctl daemon-reload
same "podman: the new limit persists over daemon-reload" 31 "$("$CGWARD" get "$id" pids.max)"
"$CGWARD" undo --journal "$directory" >/dev/null
same "podman: undo restores the limit" 20 "$("$CGWARD" get "$id" pids.max)"
if [ "$(version_of "$(mount_of memory)")" = 2 ]; then
	podman pause cgward-web >/dev/null
	same "podman: a paused container is frozen" 1 "$("$CGWARD" get --bytes "$id" frozen)"
	podman unpause cgward-web >/dev/null
	same "podman: an unpaused container is not frozen" 0 "$("$CGWARD" get --bytes "$id" frozen)"
fi

# The engine's socket is used where its storage is not readable.
mkdir -p /run/podman
podman system service --time 0 unix:///run/podman/podman.sock >"$directory/service" 2>&1 &
service=$!
without_storage() { unshare --mount sh -c 'mount -t tmpfs none /var/lib/containers && exec "$@"' - "$@"; }
named() {
	without_storage "$CGWARD" inspect --json --rates 0 "$id" >"$directory/inspect.json"
	grep -q '"name": "cgward-web"' "$directory/inspect.json"
}
check "podman: the socket answers" wait_for sh -c 'curl -s --unix-socket /run/podman/podman.sock http://d/_ping | grep -q OK'
# cgward does not wait for slow answers, such as the first ones on a slow machine: retry.
check "podman: the container has its name from the socket" wait_for named
fact "podman: the source of the name is the socket" /run/podman/podman.sock '[d["identity"]["named_by"]]'

podman rm --force --time 0 cgward-web >/dev/null 2>&1
status "podman: a removed container is not found" 8 "$CGWARD" get "$id" pids.max
