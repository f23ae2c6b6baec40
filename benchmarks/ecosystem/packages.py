"""The pinned packages, and getting their Python files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

CACHE_VARIABLE = "ACTLINT_ECOSYSTEM_CACHE"


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel, by the name it is installed under, its version and its SHA-256."""

    name: str
    version: str
    sha256: str


class FetchError(Exception):
    """A wheel could not be had, or is not the one that was pinned."""


PACKAGES = (
    Package("timm", "1.0.31", "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7"),
    Package("torchvision", "0.29.2", "0875f7a23bd298813240f716c56df44ce72ddb45146589442a38edd0e1f59637"),
    Package("segmentation-models-pytorch", "0.6.0", "c46162221b5abe3bc296b222fbea8aa80d0b56e7130f7ddef654f707804534e2"),
    Package("vit-pytorch", "1.26.11", "2c4a17ceea6862bc3e4a2367ef6f07092750ef6aa96ca15ab54e8b96754543d5"),
    Package("x-transformers", "2.31.10", "40099be7b1f3043ffba67381288a35bdd932decf338dc69a01eb8024bea34d24"),
    Package("kornia", "0.9.0", "7a1632fe004a305c94f2b979fc6ab4df26e01f925e74bdb9f8b8a03a1229caaf"),
    Package("pytorch-ignite", "0.5.5", "9a397b0899968612efd00ac75bad64f20a9a91a8244f37bdcb8888af61455cf9"),
    Package("lightning", "2.6.6", "2bcbd6ee840071cd076c7dc9953d7ac1040df92f1c5fa76583aae644f037ab85"),
    Package("transformers", "5.23.0", "018e82fd07490ad5bb58414f65e31576033dc7f36bed10c574843f69b90991bf"),
    Package("diffusers", "0.42.1", "9154faa704ce00e0b77f568e0d64786064368528aab5fc14eeea92f87d788014"),
    Package("monai", "1.6.1", "dbd3b1dd309e752e0477ed73fde03b92f80ac74bfb8a8c4260f018b5d6ab2b0b"),
    Package("open-clip-torch", "3.3.0", "c549ad5ed6bfc119cc11105033c0a2b9d7a2a4afeb40a58a09aab3da1a0043ce"),
    Package("speechbrain", "1.1.2", "9fea4144c917ea58bcf13f17a1a1759179ed7472a30ec8416e7c7c8cf21d9c9a"),
    Package("ultralytics", "8.4.190", "bd309728efa168af64d39040136828edd2dbcb4aeceb4510bdff4f3ca0ea01b8"),
)


def cache_dir() -> Path:
    """Where wheels are kept: the environment variable, or the platform's cache directory of the user."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "actlint" / "ecosystem"


def fetch(package: Package, cache: Path) -> Path:
    """The directory with the Python files of a package, downloaded and unpacked where it is not there yet.

    One wheel is taken whatever the platform, so that everyone checks the same files. Nothing of it is installed or run.
    Raises FetchError.
    """
    target = cache / "sources" / f"{package.name}-{package.version}"
    if not target.is_dir():
        wheel = _wheel(package, cache / "wheels")
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unfinished, [name for name in archive.namelist() if name.endswith(".py")])
        # Without it, a git repository around the cache would be the project that actlint sees.
        (unfinished / ".git").mkdir()
        unfinished.rename(target)
    return target


def _wheel(package: Package, directory: Path) -> Path:
    """The wheel, checked against its hash. Raises FetchError."""
    stem = f"{package.name.replace('-', '_')}-{package.version}-"
    directory.mkdir(parents=True, exist_ok=True)
    found = sorted(directory.glob(f"{stem}*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.12"]
        command += ["--dest", str(directory), f"{package.name}=={package.version}"]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = sorted(directory.glob(f"{stem}*.whl"))
        if done.returncode or not found:
            raise FetchError(f"{package.name} {package.version} could not be downloaded:\n{done.stdout.strip()}")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != package.sha256:
        raise FetchError(f"{found[0]} has SHA-256 {digest}; pinned is {package.sha256}")
    return found[0]
