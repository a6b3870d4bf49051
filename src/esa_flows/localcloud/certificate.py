"""A self-made certificate, so that programs which insist on HTTPS can be served.

Python's ``ssl`` cannot make certificates, and a library for it would be the heaviest
part of the extra for the one thing done once: the program ``openssl`` does it. An
authority signs one leaf for the names of this machine and of the routines; the
authority's key is not kept, so whoever trusts its file trusts that leaf alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
from attrs import frozen

from .seed import ACCOUNT
from .state import zone_of

# Visitors ask the edge for a routine by its own name, whatever address they connect to.
NAMES = f"IP:127.0.0.1,IP:::1,DNS:localhost,DNS:*.localhost,DNS:*.{zone_of(ACCOUNT)}"
_DAYS = "825"  # the longest some systems accept
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIG = f"""\
[req]
distinguished_name = name
prompt = no
[name]
CN = esa-flows local cloud
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {NAMES}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@frozen(kw_only=True)
class Certificate:
    """Files in PEM format.

    Attributes:
        authority: what clients must trust (``SSL_CERT_FILE``, ``NODE_EXTRA_CA_CERTS``).
        leaf: what the server shows.
        key: the leaf's private key.
    """

    authority: Path
    leaf: Path
    key: Path

    @property
    def is_there(self) -> bool:
        """Whether all files exist."""
        return all(path.exists() for path in (self.authority, self.leaf, self.key))


async def certificate_in(folder: Path) -> Certificate:
    """Return the certificate of a folder, made when it has none.

    Args:
        folder: where its files are or will be; created when it is missing.

    Raises:
        ValueError: the program ``openssl`` is missing or failed; says what to do.
    """
    held = Certificate(
        authority=folder / "ca.pem", leaf=folder / "leaf.pem", key=folder / "leaf.key"
    )
    if not held.is_there:
        await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
        await _make(held, folder)

    return held


async def _make(held: Certificate, folder: Path) -> None:
    config, request = folder / "openssl.cnf", folder / "leaf.csr"
    ca_key = folder / "ca.key"
    config.write_text(_CONFIG, encoding="ascii")
    told = ("-config", config)
    authority = (*told, "-extensions", "authority", "-days", _DAYS)
    signs = ("-CA", held.authority, "-CAkey", ca_key, "-set_serial", "2")
    extended = ("-extfile", config, "-extensions", "leaf", "-days", _DAYS)
    try:
        await _openssl(
            "req",
            "-x509",
            *_CURVE,
            *authority,
            "-keyout",
            ca_key,
            "-out",
            held.authority,
        )
        await _openssl("req", *_CURVE, *told, "-keyout", held.key, "-out", request)
        await _openssl(
            "x509", "-req", "-in", request, *signs, *extended, "-out", held.leaf
        )
    finally:
        for path in (config, request, ca_key):
            path.unlink(missing_ok=True)


async def _openssl(*arguments: str | Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise ValueError(
            "HTTPS needs a certificate, and the program openssl, which makes it, is "
            "not on the PATH: install it, or serve without TLS"
        )

    done = await anyio.run_process([program, *map(str, arguments)], check=False)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ValueError(f"openssl made no certificate: {why or done.returncode}")
