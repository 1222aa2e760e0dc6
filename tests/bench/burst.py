# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Part of tests/bench/burst: runs the daemon, creates the groups, and measures from outside.
import os
import socket
import subprocess
import sys
import threading
import time

cgward, state, frozen, limited = sys.argv[1:5]
count = int(sys.argv[5])
FREEZE_S, WATCHDOG_S = 2, 30
LATE_MS, CPU_S = 200, 3 * count / 20000


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def start_watcher(shortest_s):
    """Starts a process that notes each time that it did not run for so long. Returns its PID and the notes."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid > 0:
        os.close(writer)
        return pid, reader
    last = now()
    while True:
        time.sleep(0.001)
        at = now()
        if at - last > shortest_s:
            os.write(writer, b"%.6f\n" % (at - last))
        last = at


def stop_watcher(pid, reader):
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return [float(line) for line in open(reader, "rb").read().split()]


# In the frozen group; and one beside it, which shows how long this machine lets a process wait.
frozen_watcher, beside_watcher = start_watcher(FREEZE_S / 2), start_watcher(LATE_MS / 4000)
with open(frozen + "/cgroup.procs", "w") as procs:
    procs.write(str(frozen_watcher[0]))

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(state + "/notify")
environment = dict(os.environ, NOTIFY_SOCKET=state + "/notify", WATCHDOG_USEC="2000000")
log = open(state + "/log", "w")
daemon = subprocess.Popen([cgward, "enforce", "--policy", state + "/policy"], env=environment, stderr=log)
beats = []


def listen():
    while True:
        if b"WATCHDOG=1" in notify.recv(4096):
            beats.append(now())


# The groups are made and removed meanwhile.
threading.Thread(target=listen, daemon=True).start()


def cpu_s():
    try:
        with open("/proc/%d/stat" % daemon.pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return float("nan")  # it has ended
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_limited(i):
    try:
        with open("%s/b%d/pids.max" % (limited, i)) as file:
            return file.read() == "33\n"
    except OSError:
        return False


all_limited = False
try:
    time.sleep(3)
    beats[:] = [now()]
    before_s, began = cpu_s(), now()
    for i in range(count):
        os.mkdir("%s/b%d" % (limited, i))
    made_s = now() - began
    while not all_limited and now() - began < 120 and daemon.poll() is None:
        time.sleep(0.2)
        all_limited = is_limited(count - 1) and all(is_limited(i) for i in range(count))
    limited_s, cost_s = now() - began, cpu_s() - before_s
    for i in range(count):
        os.rmdir("%s/b%d" % (limited, i))
    time.sleep(FREEZE_S + 2)
    whole_s = cpu_s() - before_s
    beats.append(now())
finally:
    daemon.terminate()
    daemon.wait()
    gaps, waits = stop_watcher(*frozen_watcher), stop_watcher(*beside_watcher)
late_ms = max((gap - FREEZE_S for gap in gaps), default=0) * 1000
silence_s = max(b - a for a, b in zip(beats, beats[1:]))
print("%d groups, made in %.2f s: %s limited after %.2f s and %.2f s of CPU time, %.2f s with their removal" %
      (count, made_s, "all" if all_limited else "not all", limited_s, cost_s, whole_s))
print("%d freezes, the latest ended %.0f ms late; at most %.2f s between two notifications of the watchdog" %
      (len(gaps), late_ms, silence_s))
print("a process beside them waited for a CPU for at most %.0f ms" % (max(waits, default=0) * 1000))
outside = [text for is_outside, text in (
    (not all_limited, "not all groups were limited within 120 s" if daemon.returncode in (0, -15)
     else "the daemon ended with status %d" % daemon.returncode),
    (not gaps, "no freeze was seen"),
    (whole_s > CPU_S, "%.2f s of CPU time (at most %.2f s)" % (whole_s, CPU_S)),
    (late_ms > LATE_MS, "a freeze ended %.0f ms late (at most %d ms)" % (late_ms, LATE_MS)),
    (silence_s > WATCHDOG_S / 2, "%.2f s without a notification of the watchdog (at most %.0f s)" %
     (silence_s, WATCHDOG_S / 2))) if is_outside]
if outside:
    sys.exit("not within bounds: " + "; ".join(outside))
