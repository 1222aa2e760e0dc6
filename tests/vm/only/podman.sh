#!/usr/bin/env bash
# A real engine's containers: podman with crun and systemd, from an image made here. What cgward says of one
# against podman and the kernel, and what it changes of one through systemd.
# shellcheck source=tests/live/lib.sh
. live/lib.sh

if ! command -v podman >/dev/null; then
	skip "podman: it is not installed (not possible here)"
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
	test_cleanup
}
trap end_containers EXIT
# start NAME OPTION...: prints its identifier. As from a shell, not from a unit: its helper has a scope too.
start() {
	env -u INVOCATION_ID podman run --detach --name "$1" --network none --cgroups enabled "${@:2}" localhost/cgward-test /bin/sleep 2000 \
		2>"$directory/said"
}
if ! tar -C "$root" -c . | podman import --quiet - localhost/cgward-test >/dev/null 2>"$directory/said" ||
	! id=$(start cgward-web --memory 64m --pids-limit 20); then
	tail -n 3 "$directory/said"
	not_ok "podman starts a container"
	exit 0
fi
pid=$(podman inspect --format '{{.State.Pid}}' cgward-web)
look() { "$CGWARD" inspect --json --rates 0 "$1" >"$directory/look"; }
look "$id"
group=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["group"])' "$directory/look")
check "podman: its group is the one that the kernel has its process in ($group)" grep -q ":$group\$" "/proc/$pid/cgroup"
same "podman: found by the first characters of its identifier as well" 20 "$("$CGWARD" get "${id:0:12}" pids.max)"
same "podman: its limit of memory" $((64 << 20)) "$("$CGWARD" get --bytes "$id" memory.max)"
fact() { # NAME WANTED EXPRESSION
	same "$1" "$2" "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = next((p for p in d["processes"] if p["init"]), None)
print(*eval(sys.argv[2]))' "$directory/look" "$3" 2>&1 | tail -n 1)"
}
fact "podman: a container, by the name that its storage has" "container podman cgward-web" \
	'd["identity"]["kind"], d["identity"]["engine"], d["identity"]["name"]'
fact "podman: its first process is the engine's" "$pid 1" 'p["pid"], p["inner_pid"]'
fact "podman: its calls are filtered" filtered '[p["confinement"]["seccomp"]]'
fact "podman: its limits bound it" "$((64 << 20)) 20" '[d["limits"][k]["bound"] for k in ("memory", "pids")]'

# crun's group is delegated to it: written, not asked for, and systemd leaves it alone.
"$CGWARD" set --journal "$directory" "$id" pids.max=31 >"$directory/set" 2>&1 || cat "$directory/set"
same "podman: another limit is the kernel's" 31 "$(file_of pids "$group" pids.max)"
systemctl daemon-reload
same "podman: and stays through a reload" 31 "$("$CGWARD" get "$id" pids.max)"
"$CGWARD" undo --journal "$directory" >/dev/null
same "podman: undone" 20 "$("$CGWARD" get "$id" pids.max)"
if [ "$(version_of "$(mount_of memory)")" = 2 ]; then
	podman pause cgward-web >/dev/null
	same "podman: paused is frozen" 1 "$("$CGWARD" get --bytes "$id" frozen)"
	podman unpause cgward-web >/dev/null
	same "podman: and goes on" 0 "$("$CGWARD" get --bytes "$id" frozen)"
fi

# The engine's own socket, where its storage is not in sight.
mkdir -p /run/podman
podman system service --time 0 unix:///run/podman/podman.sock >"$directory/service" 2>&1 &
service=$!
without_storage() { unshare --mount sh -c 'mount -t tmpfs none /var/lib/containers && exec "$@"' - "$@"; }
named() {
	without_storage "$CGWARD" inspect --json --rates 0 "$id" >"$directory/look"
	grep -q '"name": "cgward-web"' "$directory/look"
}
check "podman: its socket answers" wait_for 60 sh -c 'curl -s --unix-socket /run/podman/podman.sock http://d/_ping | grep -q OK'
# An answer that takes long is not waited for: a slow machine's first ones do.
check "podman: by the name that its socket tells" wait_for 60 named
fact "podman: and says who told" /run/podman/podman.sock '[d["identity"]["named_by"]]'

podman rm --force --time 0 cgward-web >/dev/null 2>&1
status "podman: a container that was removed is gone" 8 "$CGWARD" get "$id" pids.max
