#!/usr/bin/env python3
"""Builds labs from real network namespaces and tells what the kernel did in them.

Reads one lab per line as JSON on standard input and answers each with one line of JSON. It lives in a mount and
a network namespace of its own with a private /run, so that the names of its namespaces are seen by nobody else
and everything it made goes when it ends, however it ends. Needs root, iproute2 and iptables.
"""
import ctypes
import fcntl
import json
import socket
import struct
import subprocess
import sys
import time

from capture import Capture
from netns import enter, enter_home, forget_all, isolate, json_of, lock_dropped
from probe import Probe, text

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50
SIOCETHTOOL, ETHTOOL_OFF = 0x8946, (0x1F, 0x24, 0x2C)  # TSO, GSO, GRO
ETHTOOL_GDRVINFO = 3
BUILD_SECONDS, SETTLE_SECONDS = 20, 4


def write(path, value):
    try:
        with open(path, "w") as handle:
            handle.write(str(value))
    except FileNotFoundError:
        pass


def baseline(ipv6):
    """What the labs expect of every namespace."""
    v4 = "/proc/sys/net/ipv4"
    write(f"{v4}/ip_forward", 0)
    for where in ("all", "default", "lo"):
        write(f"{v4}/conf/{where}/rp_filter", 0)
        write(f"{v4}/conf/{where}/send_redirects", 1)
        write(f"{v4}/conf/{where}/accept_redirects", 1)
        write(f"/proc/sys/net/ipv6/conf/{where}/disable_ipv6", 0 if ipv6 else 1)
        # Routers would remember who asked for them, at moments of its own.
        write(f"/proc/sys/net/ipv6/conf/{where}/router_solicitations", 0)
    write(f"{v4}/icmp_echo_ignore_broadcasts", 1)
    for name in ("iptables", "ip6tables", "arptables"):
        write(f"/proc/sys/net/bridge/bridge-nf-call-{name}", 1)


def shell(commands):
    """Runs commands in order; the first that fails ends it and is named."""
    lines = ["set -e", "N=0", """trap '[ $? = 0 ] || echo "command $N failed" >&2' EXIT"""]
    for number, command in enumerate(commands):
        lines += [f"N={number}", command]
    done = subprocess.run(
        ["sh"], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=BUILD_SECONDS
    )
    if done.returncode == 0:
        return None
    number = int(done.stderr.rsplit("command ", 1)[-1].split()[0]) if "command " in done.stderr else 0
    return {"command": commands[number], "text": done.stderr.strip()[-600:]}


def unsettled(name):
    """Whether a link's operational state does not yet follow its carrier, or an address is still being tried."""
    for link in json_of(["ip", "-j", "-n", name, "addr"]):
        if any(address.get("tentative") for address in link.get("addr_info", [])):
            return True
        flags, state = link["flags"], link["operstate"]
        running = "UP" in flags and "LOWER_UP" in flags
        if running and state not in ("UP", "UNKNOWN") or not running and state == "UP":
            return True
    return False


class Lab:
    def __init__(self, spec):
        self.spec = spec
        self.listeners = []
        self.accepted = []
        self.arrivals = []
        self.captures = []
        self.received = 0

    def build(self):
        names = self.spec["netns"]
        for name in names:
            failed = shell([f"ip netns add {name}"])
            if failed:
                return failed
            enter(name)
            baseline(self.spec.get("ipv6", False))
        # Commands name their namespace themselves, so it does not matter where this process is.
        failed = shell(self.spec["commands"])
        if failed:
            return failed
        for bridge_ns, bridge in self.spec.get("bridges", []):
            shell([f"ip -n {bridge_ns} link set {bridge} type bridge mcast_snooping 0"])
        self.settle()
        failed = shell(self.spec["lateCommands"])
        if failed:
            return failed
        if self.spec.get("offload") is False:
            for name in names:
                self.offload_off(name)
        for listener in self.spec["listeners"]:
            self.listen(listener)
        self.captures = [Capture(name) for name in names]
        return None

    def settle(self):
        """Waits until every link that has a carrier is used: the kernel says so up to a second later (linkwatch)."""
        waiting = list(self.spec["netns"])
        until = time.monotonic() + SETTLE_SECONDS
        while waiting and time.monotonic() < until:
            waiting = [name for name in waiting if unsettled(name)]
            if waiting:
                time.sleep(0.02)

    def offload_off(self, name):
        enter(name)
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _, device in socket.if_nameindex():
            # As recorded: tunnels and bridges keep what they do in software.
            info = ctypes.create_string_buffer(struct.pack("I", ETHTOOL_GDRVINFO), 196)
            try:
                fcntl.ioctl(probe, SIOCETHTOOL, struct.pack("16sP", device.encode(), ctypes.addressof(info)))
            except OSError:
                continue
            if info.raw[4:36].rstrip(b"\0") != b"veth":
                continue
            for setting in ETHTOOL_OFF:
                value = ctypes.create_string_buffer(struct.pack("II", setting, 0))
                request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
                try:
                    fcntl.ioctl(probe, SIOCETHTOOL, request)
                except OSError:
                    pass
        probe.close()

    def listen(self, listener):
        enter(listener["ns"])
        family = socket.AF_INET6 if ":" in listener["addr"] else socket.AF_INET
        tcp = listener["proto"] == "tcp"
        sock = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if listener.get("v6only") else 0)
        if not tcp:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        sock.bind((listener["addr"], listener["port"]))
        if tcp:
            sock.listen(128)
        sock.setblocking(False)
        self.listeners.append((sock, tcp, listener))

    def serve(self):
        """Accepts, answers and reads what is there; says whether there was anything."""
        before = len(self.arrivals), self.received
        for sock, tcp, listener in self.listeners:
            while True:
                try:
                    if tcp:
                        self.accept(sock, listener)
                    else:
                        self.echo(sock, listener)
                except BlockingIOError:
                    break
                except OSError:
                    continue
        for sock in self.accepted:
            try:
                while chunk := sock.recv(1 << 16):
                    self.received += len(chunk)
            except OSError:
                pass
        return before != (len(self.arrivals), self.received)

    def accept(self, sock, listener):
        made, peer = sock.accept()
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.accepted.append(made)
        self.arrivals.append({"ns": listener["ns"], "local": text(made.getsockname()), "peer": text(peer)})

    def echo(self, sock, listener):
        octets, extra, _, peer = sock.recvmsg(1 << 17, 256)
        local = "*"
        for level, kind, value in extra:
            if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
                local = socket.inet_ntop(socket.AF_INET, value[8:12])
                if sock.family == socket.AF_INET6:
                    local = f"::ffff:{local}"
            elif level == socket.IPPROTO_IPV6 and kind == IPV6_PKTINFO:
                local = socket.inet_ntop(socket.AF_INET6, value[:16])
        self.arrivals.append(
            {"ns": listener["ns"], "local": f"{local}:{listener['port']}", "peer": text(peer), "bytes": len(octets)}
        )
        sock.sendto(octets, peer)

    def probe(self, probe, index):
        for capture in self.captures:
            capture.drain()
        self.arrivals, self.received = [], 0
        enter(probe["src"])
        dropped = lock_dropped()
        began = time.monotonic()
        attempt = Probe(self, probe, index)
        self.client = attempt.sock
        result = attempt.run()
        result["elapsed_ms"] = int((time.monotonic() - began) * 1000)
        result["server"] = self.arrivals
        enter(probe["src"])
        self.lock_dropped = lock_dropped() - dropped
        # Work queues (macvlan's copies of broadcasts) still have something to deliver.
        time.sleep(0.001)
        frames = sorted((f for c in self.captures for f in c.drain()), key=lambda frame: frame[0])
        return result, frames

    def state(self):
        state = {}
        for name in self.spec["netns"]:
            state[name] = {
                "neigh": json_of(["ip", "-j", "-n", name, "neigh"]),
                "fdb": json_of(["bridge", "-j", "-n", name, "fdb"]) if name in self.spec.get("fdbNetns", []) else [],
                "conntrack": self.conntrack(name),
            }
        return state

    def conntrack(self, name):
        enter(name)
        with open("/proc/thread-self/net/nf_conntrack") as handle:
            return handle.read().splitlines()

    def finish_probe(self):
        self.client.close()
        for sock in self.accepted:
            sock.close()
        self.accepted = []

    def close(self):
        for sock, _, _ in self.listeners:
            sock.close()
        for capture in self.captures:
            capture.close()
        forget_all()


def milliseconds_since(moment):
    return round((time.monotonic() - moment) * 1000, 3)


def change(step):
    """Runs a change's command; its exit code is part of the answer."""
    done = subprocess.run(["sh", "-c", step["command"]], capture_output=True, text=True, timeout=10)
    return {"rc": done.returncode, "stderr": done.stderr.strip()}


def run(spec):
    lab = Lab(spec)
    try:
        enter_home()
        failed = lab.build()
        if failed:
            return {"failed": failed}
        steps, index = [], 0
        for step in spec["steps"]:
            began = time.monotonic()
            if "sleep_ms" in step:
                time.sleep(step["sleep_ms"] / 1000)
                steps.append({"rc": 0, "stderr": "", "pause_ms": 0})
            elif "command" in step:
                steps.append(change(step))
                lab.settle()
                steps[-1]["pause_ms"] = milliseconds_since(began)
            else:
                client, index = step["probe"], index + 1
                result, frames = lab.probe(client, index - 1)
                steps.append({"result": result, "frames": frames, "lock_dropped": lab.lock_dropped})
                ended = time.monotonic()
                lab.finish_probe()
                time.sleep(0.001)
                steps[-1]["state"] = lab.state()
                time.sleep(max(0, ended + spec.get("pause_ms", 100) / 1000 - time.monotonic()))
                steps[-1]["pause_ms"] = milliseconds_since(ended)
        return {"steps": steps}
    finally:
        lab.close()


if __name__ == "__main__":
    isolate(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception as problem:  # One lab's failure must not end the others.
            answer = {"failed": {"command": "", "text": f"{type(problem).__name__}: {problem}"}}
        print(json.dumps(answer), flush=True)
