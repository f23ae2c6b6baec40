"""Limits of the worker: memory, files, processes that outlive it, the network. All without privileges."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_LARGEST_FILE = 1 << 30
_NETWORK = frozenset(
    {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
)
_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")


def early(own_network: bool) -> str:
    """What must be set before torch is imported; says how the network was taken away.

    With `own_network` the process moves to an empty network of its own where the kernel lets it; it must be
    single-threaded still.
    """
    if sys.platform == "linux":
        # Where the client is killed and cannot clean up, the worker goes with it.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    _rlimit("RLIMIT_CORE", 0)
    _rlimit("RLIMIT_FSIZE", _LARGEST_FILE)
    separated = own_network and sys.platform == "linux" and _empty_network()
    sys.addaudithook(_no_network)
    return "own namespace" if separated else "refused by an audit hook"


def memory(limit: int) -> None:
    """Bound the address space to what is in use now (torch included) and `limit` bytes more."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    _rlimit("RLIMIT_AS", pages * os.sysconf("SC_PAGE_SIZE") + limit)


def _rlimit(name: str, value: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    which = getattr(resource, name, None)
    if which is not None:
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, hard))


def _empty_network() -> bool:
    """Enter a network namespace in which there is nothing but a loopback device."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    try:
        # Files stay the user's own: outside and inside the numbers are the same.
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        _raise_loopback()
    except OSError:
        pass
    return True


def _raise_loopback() -> None:
    """Process groups of `torch.distributed` in one process talk to themselves over the loopback device."""
    import fcntl
    import socket
    import struct

    up, running, set_flags = 0x1, 0x40, 0x8914
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        fcntl.ioctl(device, set_flags, struct.pack("16sh14x", b"lo", up | running))


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _NETWORK and not _is_local(event, arguments):
        raise OSError("the network is off while a model is probed")


def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    address = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[-1]
    if isinstance(address, (str, bytes)) and event not in ("socket.getaddrinfo", "socket.gethostbyname"):
        return True  # the path of a Unix socket
    host = address[0] if isinstance(address, tuple) and address else address
    return host is None or (isinstance(host, str) and host in _LOCAL)
