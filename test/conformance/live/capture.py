"""What a packet socket sees."""
import mmap
import socket
import struct

from netns import enter

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SOL_PACKET, PACKET_VERSION, PACKET_RX_RING, TPACKET_V2 = 263, 10, 5, 1


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
