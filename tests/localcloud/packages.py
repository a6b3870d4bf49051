"""ZIPs as the official command line tool makes them."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

CODE = b'export default { fetch: () => new Response("from code") };\n'
PAGE = b"<!doctype html><h1>page</h1>"
FILES = {
    "routine/index.js": CODE,
    "assets/index.html": PAGE,
    "assets/css/site.css": b"h1 { color: red }",
    "assets/docs/index.html": b"<h1>docs</h1>",
}


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a ZIP of some files."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as made:
        for name, body in files.items():
            made.writestr(name, body)

    return held.getvalue()
