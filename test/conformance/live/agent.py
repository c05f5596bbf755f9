#!/usr/bin/env python3
"""Builds labs from real network namespaces and tells what the kernel did in them.

Reads one lab per line as JSON on standard input and answers each with one line of JSON. It lives in a mount and
a network namespace of its own with a private /run, so that the names of its namespaces are seen by nobody else
and everything it made goes when it ends, however it ends. Needs root, iproute2 and iptables.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import select
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SOL_PACKET, PACKET_VERSION, PACKET_RX_RING, TPACKET_V2 = 263, 10, 5, 1
IP_MTU_DISCOVER, IP_RECVERR, IP_PKTINFO = 10, 11, 8
IPV6_RECVERR, IPV6_RECVPKTINFO, IPV6_PKTINFO, IPV6_MTU_DISCOVER = 25, 49, 50, 23
MSG_ERRQUEUE = 0x2000
SIOCETHTOOL, ETHTOOL_OFF = 0x8946, (0x1F, 0x24, 0x2C)  # TSO, GSO, GRO
ETHTOOL_GDRVINFO = 3
PMTUDISC = {"dont": 0, "want": 1, "do": 2}
ECHO_ID = 4660
BUILD_SECONDS, SETTLE_SECONDS = 20, 4

libc = ctypes.CDLL(None, use_errno=True)
current = None


def call(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def isolate():
    call(libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    call(libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None), "mount /run")
    # The kernel's answer must not depend on which CPU a frame happens to be on.
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[int(sys.argv[1]) % len(cpus)] if len(sys.argv) > 1 else cpus[0]})


def enter(name):
    """Moves this process to a namespace: sockets made from now on live there."""
    global current
    if current == name:
        return
    with open(f"/run/netns/{name}") as handle:
        call(libc.setns(handle.fileno(), CLONE_NEWNET), f"setns {name}")
    current = name


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


class Capture:
    """Every frame of a namespace, where tcpdump sees it.

    A mapped ring holds a copy from the moment of the tap: an ordinary packet socket shares the octets with the
    kernel, which may rewrite them (br_netfilter restores source addresses) before they are read.
    """

    FRAME_BYTES, FRAMES, BLOCK_BYTES = 16384, 512, 1 << 16

    def __init__(self, name):
        enter(name)
        self.name = name
        self.next = 0
        self.names = {}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        size = self.FRAME_BYTES * self.FRAMES
        ring = struct.pack("IIII", self.BLOCK_BYTES, size // self.BLOCK_BYTES, self.FRAME_BYTES, self.FRAMES)
        self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        # Recordings have the kernel's own stamps, which it makes when a frame is queued.
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.ring = mmap.mmap(self.socket.fileno(), size)

    def drain(self):
        enter(self.name)
        self.names.update(socket.if_nameindex())
        frames = []
        while True:
            at = self.next * self.FRAME_BYTES
            status, _, kept, mac, _, seconds, nanos = struct.unpack_from("IIIHHII", self.ring, at)
            if not status & 1:
                return frames
            ifindex, _, kind = struct.unpack_from("iHB", self.ring, at + 32 + 4)
            octets = self.ring[at + mac : at + mac + kept]
            device = self.names.get(ifindex, f"if{ifindex}")
            frames.append((seconds * 10**9 + nanos, self.name, device, kind, octets.hex()))
            struct.pack_into("I", self.ring, at, 0)
            self.next = (self.next + 1) % self.FRAMES

    def close(self):
        self.ring.close()
        self.socket.close()


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


def text(sockaddr):
    host = sockaddr[0].split("%")[0]
    return f"{host}:{sockaddr[1]}"


class Lab:
    def __init__(self, spec):
        self.spec = spec
        self.listeners = []
        self.accepted = []
        self.arrivals = []
        self.captures = []
        self.received = 0

    def build(self):
        global current
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
        global current
        for sock, _, _ in self.listeners:
            sock.close()
        for capture in self.captures:
            capture.close()
        enter_home()
        for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
            libc.umount2(f"/run/netns/{name}".encode(), MNT_DETACH)
            os.unlink(f"/run/netns/{name}")


class Probe:
    def __init__(self, lab, probe, index):
        self.lab = lab
        self.probe = probe
        self.index = index
        enter(probe["src"])
        self.six = ":" in probe["dst"]
        family = socket.AF_INET6 if self.six else socket.AF_INET
        proto = probe["proto"]
        if proto == "icmp":
            self.sock = socket.socket(family, socket.SOCK_RAW, 58 if self.six else 1)
        else:
            self.sock = socket.socket(family, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)

    def run(self):
        probe, sock = self.probe, self.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if "ttl" in probe:
            if self.six:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, probe["ttl"])
            else:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, probe["ttl"])
        if probe.get("broadcast"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if "pmtudisc" in probe:
            level, name = (41, IPV6_MTU_DISCOVER) if self.six else (0, IP_MTU_DISCOVER)
            sock.setsockopt(level, name, PMTUDISC[probe["pmtudisc"]])
        sock.setblocking(False)
        self.deadline = time.monotonic() + probe.get("timeout_ms", 700) / 1000
        stage = "bind"
        try:
            if probe["proto"] == "icmp":
                return self.ping()
            any_address = "::" if self.six else "0.0.0.0"
            sock.bind((probe.get("saddr", any_address), probe.get("sport", 40001 + self.index)))
            stage = "connect"
            to = (probe["dst"], probe.get("dport", 0))
            if not probe.get("unconnected"):
                code = sock.connect_ex(to)
                if code not in (0, errno.EINPROGRESS):
                    return error(code, "connect")
            if probe["proto"] == "tcp":
                return self.tcp()
            stage = "send"
            octets = b"\0" * probe.get("size", 16)
            if probe.get("unconnected"):
                sock.sendto(octets, to)
            else:
                sock.send(octets)
            return self.udp()
        except OSError as failed:
            return error(failed.errno, stage)

    def wait(self):
        """Serves until something is there for the probe; False when time is up."""
        self.mine = False
        if self.lab.serve():
            return True
        left = self.deadline - time.monotonic()
        if left <= 0:
            return False
        poll = select.poll()
        events = select.POLLIN if self.probe["proto"] != "tcp" or self.connected else select.POLLOUT
        poll.register(self.sock, events)
        for sock, _, _ in self.lab.listeners:
            poll.register(sock, select.POLLIN)
        for sock in self.lab.accepted:
            poll.register(sock, select.POLLIN)
        ready = poll.poll(left * 1000)
        self.mine = any(fd == self.sock.fileno() for fd, _ in ready)
        self.lab.serve()
        return True

    connected = False
    mine = False

    def tcp(self):
        data = self.probe.get("data")
        while self.wait():
            if not self.connected and self.mine:
                code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    return error(code, "connect")
                self.connected = True
                if data:
                    try:
                        self.sock.send(b"\0" * data)
                    except OSError as failed:
                        return error(failed.errno, "send")
            if self.connected and self.lab.arrivals and (not data or self.lab.received >= data):
                done = {"outcome": "ok", "local": text(self.sock.getsockname())}
                return {**done, "data_received": self.lab.received} if data else done
            if self.connected and self.mine and data is None:
                code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    return error(code, "recv")
        if self.connected and data:
            return {"outcome": "stall", "local": text(self.sock.getsockname()), "data_received": self.lab.received}
        if self.connected:
            return {"outcome": "ok", "local": text(self.sock.getsockname())}
        return {"outcome": "timeout", "stage": "connect"}

    def udp(self):
        while self.wait():
            try:
                octets, peer = self.sock.recvfrom(1 << 17)
                return {"outcome": "ok", "reply_from": text(peer), "reply_bytes": len(octets)}
            except BlockingIOError:
                continue
            except OSError as failed:
                return error(failed.errno, "recv")
        return {"outcome": "timeout", "stage": "recv"}

    def ping(self):
        sock, probe = self.sock, self.probe
        if self.six:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        if "saddr" in probe:
            sock.bind((probe["saddr"], 0))
        kind = 128 if self.six else 8
        head = struct.pack("!BBHHH", kind, 0, 0, ECHO_ID, self.index + 1)
        message = head + b"\0" * probe.get("size", 56)
        if not self.six:
            message = head[:2] + struct.pack("!H", checksum(message)) + message[4:]
        try:
            sock.sendto(message, (probe["dst"], 0))
        except OSError as failed:
            return error(failed.errno, "send")
        while self.wait():
            try:
                _, _, _, peer = sock.recvmsg(1 << 12, 1 << 12, MSG_ERRQUEUE)
                return {"outcome": "icmp-error"}
            except OSError:
                pass
            while True:
                try:
                    octets, peer = sock.recvfrom(1 << 17)
                except OSError:
                    break
                at = 0 if self.six else (octets[0] & 15) * 4
                if octets[at] == (129 if self.six else 0) and octets[at + 4 : at + 8] == head[4:8]:
                    return {"outcome": "ok", "reply_from": peer[0].split("%")[0]}
        return {"outcome": "timeout"}


def error(code, stage):
    return {"outcome": "error", "errno": errno.errorcode.get(code, str(code)), "stage": stage}


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def json_of(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return json.loads(done.stdout) if done.stdout.strip() else []


def enter_home():
    global current
    call(libc.setns(home, CLONE_NEWNET), "setns")
    current = None


def lock_dropped():
    """How many ICMP errors found their socket in use, in the namespace of this process."""
    with open("/proc/thread-self/net/netstat") as handle:
        names, values = [line.split() for line in handle if line.startswith("TcpExt:")]
    return int(values[names.index("LockDroppedIcmps")])


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
    isolate()
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.makedirs("/run/netns", exist_ok=True)
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception as problem:  # One lab's failure must not end the others.
            answer = {"failed": {"command": "", "text": f"{type(problem).__name__}: {problem}"}}
        print(json.dumps(answer), flush=True)
