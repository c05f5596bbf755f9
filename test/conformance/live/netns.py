"""The process and its network namespaces."""
import ctypes
import json
import os
import subprocess

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)
current = None


def call(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def isolate(cpu):
    """Moves this process to namespaces of its own, with a private /run, and to one processor."""
    global home
    call(libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    call(libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None), "mount /run")
    os.makedirs("/run/netns", exist_ok=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    # The kernel's answer must not depend on which CPU a frame happens to be on.
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[cpu % len(cpus)]})


def enter(name):
    """Moves this process to a namespace: sockets made from now on live there."""
    global current
    if current == name:
        return
    with open(f"/run/netns/{name}") as handle:
        call(libc.setns(handle.fileno(), CLONE_NEWNET), f"setns {name}")
    current = name


def enter_home():
    global current
    call(libc.setns(home, CLONE_NEWNET), "setns")
    current = None


def forget_all():
    """Takes every name of a namespace away: those nobody uses are gone with it."""
    enter_home()
    for name in os.listdir("/run/netns"):
        libc.umount2(f"/run/netns/{name}".encode(), MNT_DETACH)
        os.unlink(f"/run/netns/{name}")


def json_of(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return json.loads(done.stdout) if done.stdout.strip() else []


def lock_dropped():
    """How many ICMP errors found their socket in use, in the namespace of this process."""
    with open("/proc/thread-self/net/netstat") as handle:
        names, values = [line.split() for line in handle if line.startswith("TcpExt:")]
    return int(values[names.index("LockDroppedIcmps")])
