"""One probe: a connection, a datagram or an echo request, and how it ended."""
import errno
import select
import socket
import struct
import time

from netns import enter

IP_MTU_DISCOVER, IP_RECVERR = 10, 11
IPV6_RECVERR, IPV6_MTU_DISCOVER = 25, 23
MSG_ERRQUEUE = 0x2000
PMTUDISC = {"dont": 0, "want": 1, "do": 2}
ECHO_ID = 4660


def text(sockaddr):
    host = sockaddr[0].split("%")[0]
    return f"{host}:{sockaddr[1]}"


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
