"""The sample account: one fake key, and routines that are already live.

Every sample routine has several versions and serves an older one entirely, so that a
first release walks its shares instead of starting from nothing.
"""

from __future__ import annotations

from importlib import resources

from .console import Console
from .routine import ENVS
from .state import AccessKey

ACCOUNT = "1000000000000001"
KEY = AccessKey(
    id="LTAI5tLocalCloudKey01",
    secret="LocalCloudSecret0000000000000001",  # noqa: S106  fake, known to all
    account=ACCOUNT,
)
SITE = "example.com"
_PLACEHOLDER = b"0.0.0"
SAMPLES = ("checkout-edge", "img-resize")
RELEASES = ("1.4.0", "1.4.1", "1.5.0")


def sample(name: str) -> bytes:
    """Return the source of a sample routine, with ``0.0.0`` for its release."""
    return resources.files(__package__).joinpath("samples", f"{name}.js").read_bytes()


def sample_release(name: str, release: str) -> bytes:
    """Return the source of a sample routine as it was in a release."""
    return sample(name).replace(_PLACEHOLDER, release.encode())


def add_samples(console: Console) -> None:
    """Create the sample routines, the last release live in both environments."""
    for name in SAMPLES:
        ids = [
            console.add_version(
                name, sample_release(name, release), f"release {release}"
            )
            for release in RELEASES
        ]
        for env in ENVS:
            console.deploy(name, env, {ids[-1]: 100})
