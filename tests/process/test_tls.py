"""A release over HTTPS with a self-made certificate, real sockets, a real journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.process.child import Job
from tests.process.nursery import Ended, done
from tests.process.place import Place
from tests.process.scenes import place_bundle

pytestmark = pytest.mark.may_block


def _released(place: Place, folder: Path, **environ: str) -> Ended:
    place_bundle(folder)
    argv = ("release", "checkout-edge", "worker.js")
    told = place.environ(folder) | environ
    return done(Job(do="command", folder=folder, environ=told, argv=argv))


def test_a_release_over_https(tls_place: Place, tmp_path: Path) -> None:
    """API, upload and staging gate trust the authority that `SSL_CERT_FILE` names."""
    ended = _released(tls_place, tmp_path, SSL_CERT_FILE=str(tls_place.ca))

    assert tls_place.api.startswith("https://")
    assert 0 == ended.code, ended.words
    assert "checkout-edge: released" in ended.words


def test_an_unknown_authority_is_not_trusted(tls_place: Place, tmp_path: Path) -> None:
    """Without the authority nothing is sent, and the sentence says what to set."""
    ended = _released(tls_place, tmp_path)

    assert 10 == ended.code, ended.words
    assert "SSL_CERT_FILE" in ended.words
