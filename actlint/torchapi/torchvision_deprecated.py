"""What torchvision calls deprecated, as rows. Versions are its own, which no setting knows: they are only told.

Read from torchvision 0.29.2: the decorators of its model builders, its documentation and its warnings. What is gone was
looked for in the releases before; `scripts/torchapi_torchvision.py` holds the rows against any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from actlint.torchapi.deprecation import Deprecation
from actlint.torchapi.tables.torchvision import BUILDERS

_IMAGES = (
    "decode_avif decode_gif decode_heic decode_image decode_jpeg decode_png decode_webp encode_jpeg encode_png "
    "read_file read_image write_file write_jpeg write_png"
)
_URLS = "alexnet densenet googlenet inception resnet shufflenetv2 squeezenet vgg"


def _rows() -> Iterator[Deprecation]:
    for name, (module, position, text) in BUILDERS.items():
        for number, each in enumerate(text.split(" ")):
            new, _, rest = each.partition("=")
            old, _, weights = rest.partition(":")
            for qualname in dict.fromkeys((name, f"{module}.{name.rpartition('.')[2]}")):
                yield Deprecation(
                    qualname,
                    "ACT105",
                    "argument",
                    since="torchvision 0.13",
                    warning=("UserWarning", f"The parameter '{old}' is deprecated since 0.13"),
                    argument=old,
                    replacement=weights.rpartition(".")[0] if weights not in ("", "None") else "",
                    fix="safe" if weights else "none",
                    recipe="weights" if weights else "",
                    # By position the name was never said, so that only a boolean tells the old form from the new one.
                    parameters=("",) * position + (old,) if number == 0 else (),
                    renamed=((old, new),),
                    mapped=((old, new, (("True", weights), ("False", "None"))),) if weights else (),
                )
    yield Deprecation(
        "torchvision.transforms.v2.ToTensor",
        "ACT104",
        "class",
        warning=("UserWarning", "The transform `ToTensor()` is deprecated and will be removed in a future release."),
        note="`v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])` does the same",
    )
    for name in ("to_tensor", "get_image_size"):
        yield Deprecation(
            f"torchvision.transforms.v2.functional.{name}",
            "ACT104",
            "function",
            warning=("UserWarning", f"The function `{name}(...)` is deprecated"),
            note="`to_image` and `to_dtype` do the same" if name == "to_tensor" else "`get_size` gives both",
        )
    yield Deprecation(
        "torchvision.models.utils.load_state_dict_from_url",
        "ACT104",
        "function",
        removed="torchvision 0.11",
        replacement="torch.hub.load_state_dict_from_url",
        replacement_since="1.1",
        fix="safe",
        recipe="rename",
    )
    for name in _IMAGES.split():
        for module in ("torchvision.io", "torchvision.io.image"):
            yield Deprecation(
                f"{module}.{name}",
                "ACT104",
                "function",
                since="torchvision 0.29",
                warning=("DeprecationWarning", "The image decoding and encoding capabilities of TorchVision"),
                info=True,
                note="the package `torchcodec` has what replaces it",
            )
    for name in _URLS.split():
        yield Deprecation(
            f"torchvision.models.{name}.model_urls",
            "ACT104",
            "constant",
            since="torchvision 0.13",
            removed="torchvision 0.15",
            note="the members of the weights' enumeration have a `url`",
        )
    for name in ("_transforms_video", "_functional_video"):
        yield Deprecation(
            f"torchvision.transforms.{name}",
            "ACT104",
            "module",
            since="torchvision 0.12",
            warning=("UserWarning", f"The 'torchvision.transforms.{name}' module is deprecated since 0.12"),
            note="`torchvision.transforms` has the same for videos",
        )


ROWS: Final = tuple(_rows())
