"""The form reader."""

from __future__ import annotations

import pytest

from esa_flows.localcloud import CloudError
from esa_flows.localcloud.multipart import Part, read_form

TYPE = "multipart/form-data; boundary=B"


def test_parts_keep_order_and_bytes() -> None:
    """Names, file name, type and every byte, line ends included."""
    body = (
        b'--B\r\nContent-Disposition: form-data; name="key"\r\n\r\na/b\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="i.js"\r\n'
        b"Content-Type: application/javascript\r\n\r\n\r\nx\r\n\xff\n\r\n--B--\r\n"
    )

    assert read_form(TYPE, body) == [
        Part(name="key", content=b"a/b"),
        Part(
            name="file",
            filename="i.js",
            content_type="application/javascript",
            content=b"\r\nx\r\n\xff\n",
        ),
    ]


def test_the_boundary_may_be_quoted() -> None:
    """Some clients quote it."""
    body = b'--a b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a b--'

    assert read_form('Multipart/Form-Data; boundary="a b"', body)[0].text == "1"


@pytest.mark.parametrize(
    ("content_type", "body", "why"),
    [
        ("text/plain; boundary=B", b"", "the content type names no boundary"),
        ("multipart/form-data", b"", "the content type names no boundary"),
        (TYPE, b"hello", "the body does not begin with the boundary"),
        (TYPE, b"--B\r\n\r\n\r\nx", "the closing boundary is missing"),
        (TYPE, b"--B\r\nA: b\r\n--B--", "a part has no blank line after its headers"),
        (TYPE, b"--B\r\nA: b\r\n\r\nx\r\n--B--", "a part has no form-data name"),
        (
            TYPE,
            b'--B\r\nContent-Disposition: attachment; name="x"\r\n\r\n\r\n--B--',
            "a part has no form-data name",
        ),
    ],
)
def test_bodies_that_are_no_form_are_refused(
    content_type: str, body: bytes, why: str
) -> None:
    """The refusal says what is wrong."""
    with pytest.raises(CloudError, match=f"MalformedPOSTRequest: .*: {why}"):
        read_form(content_type, body)
