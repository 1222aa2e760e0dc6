# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Part of tests/bench/burst: runs the daemon, creates the groups, and measures from outside.
import os
import select
import socket
import subprocess
import sys
import time

cgward, state, frozen, limited = sys.argv[1:5]
count = int(sys.argv[5])
FREEZE_S, WATCHDOG_S = 2, 30


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)


# A process in the frozen group that notes how long it did not run.
gaps_read, gaps_write = os.pipe()
sleeper = os.fork()
if sleeper == 0:
    last = now()
    while True:
        time.sleep(0.001)
        at = now()
        if at - last > FREEZE_S / 2:
            os.write(gaps_write, b"%.6f\n" % (at - last))
        last = at
with open(frozen + "/cgroup.procs", "w") as procs:
    procs.write(str(sleeper))

notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(state + "/notify")
environment = dict(os.environ, NOTIFY_SOCKET=state + "/notify", WATCHDOG_USEC="2000000")
log = open(state + "/log", "w")
daemon = subprocess.Popen([cgward, "enforce", "--policy", state + "/policy"], env=environment, stderr=log)
beats = []


def listen(seconds):
    end = now() + seconds
    while (left := end - now()) > 0:
        if select.select([notify], [], [], left)[0] and b"WATCHDOG=1" in notify.recv(4096):
            beats.append(now())


def cpu_s():
    with open("/proc/%d/stat" % daemon.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_limited(i):
    try:
        with open("%s/b%d/pids.max" % (limited, i)) as file:
            return file.read() == "33\n"
    except OSError:
        return False


all_limited = False
try:
    listen(3)
    beats[:] = [now()]
    before_s, began = cpu_s(), now()
    for i in range(count):
        os.mkdir("%s/b%d" % (limited, i))
    made_s = now() - began
    while not all_limited and now() - began < 120 and daemon.poll() is None:
        listen(0.2)
        all_limited = is_limited(count - 1) and all(is_limited(i) for i in range(count))
    limited_s, cost_s = now() - began, cpu_s() - before_s
    for i in range(count):
        os.rmdir("%s/b%d" % (limited, i))
    listen(FREEZE_S + 2)
    whole_s = cpu_s() - before_s
    beats.append(now())
finally:
    daemon.terminate()
    daemon.wait()
    os.kill(sleeper, 9)
    os.waitpid(sleeper, 0)
os.set_blocking(gaps_read, False)
try:
    gaps = [float(line) for line in os.read(gaps_read, 1 << 20).split()]
except BlockingIOError:
    gaps = []
late_ms = max((gap - FREEZE_S for gap in gaps), default=0) * 1000
silence_s = max(b - a for a, b in zip(beats, beats[1:]))
print("%d groups, made in %.2f s: %s limited after %.2f s and %.2f s of CPU time, %.2f s with their removal" %
      (count, made_s, "all" if all_limited else "not all", limited_s, cost_s, whole_s))
print("%d freezes, the latest ended %.0f ms late; at most %.2f s between two notifications of the watchdog" %
      (len(gaps), late_ms, silence_s))
if not all_limited or not gaps or whole_s > 3 * count / 20000 or late_ms > 200 or silence_s > WATCHDOG_S / 2:
    sys.exit("not within bounds")
