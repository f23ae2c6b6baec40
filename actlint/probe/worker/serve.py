"""One request from its file to its observations."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from . import limits, patience
from .channel import Channel

NO_TORCH = 4


def run(file: str, descriptor: int) -> None:
    """Read the request and do what it asks for; ends the process."""
    started = patience.now()
    with open(file, encoding="utf-8") as source:
        request: dict[str, Any] = json.load(source)
    os.unlink(file)
    channel = Channel(descriptor, request["token"])
    # CUDA's driver talks to its helpers in ways that a namespace of one's own may cut.
    no_cuda = request["device"] == "cpu" or not os.path.exists("/dev/nvidiactl")
    channel.say("limits", network=limits.early(own_network=no_cuda))
    channel.phase("importing torch")
    try:
        import torch
    except ImportError as error:
        if error.name not in ("torch", None):
            raise
        channel.say("no-torch", message=str(error))
        os._exit(NO_TORCH)
    torch.set_num_threads(request["threads"])
    torch.set_warn_always(True)
    from . import devices

    try:
        device = devices.choose(request["device"])
    except devices.Unavailable as error:
        channel.say("unavailable", message=str(error))
        os._exit(NO_TORCH)
    channel.say("torch", version=torch.__version__, device=str(device), python=sys.version.split()[0])
    if device.type == "cuda":
        torch.cuda.set_per_process_memory_fraction(0.5)
    elif request["memory"]:
        limits.memory(request["memory"])
    from . import session

    session.run(request | {"started": started}, channel, device)
    channel.say("end")
    # The user's code may have left threads and exit handlers that never come to an end.
    os._exit(0)
