"""What a bundle would answer, read from its text."""

from __future__ import annotations

import pytest

from esa_flows.localcloud.script import Answer, read_answer
from esa_flows.localcloud.seed import SAMPLES, sample_release


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ('new Response("one")', b"one"),
        ("return new Response( 'it\\'s' )", b"it's"),
        ("new Response(`two\nlines`)", b"two\nlines"),
        ("new Response(`$5`)", b"$5"),
        (r'new Response("a\n\x41\u00e9\q")', "a\nAéq".encode()),
        ("new Response(null, { status: 204 })", b""),
        ('new Response(body); new Response("second")', b"second"),
        ("new Response(`a ${b}`)", b""),
        ("export default 1", b""),
    ],
)
def test_literal_bodies(source: str, body: bytes) -> None:
    """The first literal is taken; without one the body is empty."""
    assert read_answer(source.encode()).body == body


def test_status_and_headers() -> None:
    """From the second argument, in any quotes, and from nowhere else."""
    source = b"""
    const status = 404;
    return new Response('{"a": 1}', {
      headers: { "content-type": "application/json", 'x-a': 'b', vary: "c" },
      status: 503, statusText: "no",
    });
    """

    assert read_answer(source) == Answer(
        status=503,
        headers=(("content-type", "application/json"), ("x-a", "b"), ("vary", "c")),
        body=b'{"a": 1}',
    )


def test_a_second_argument_that_never_ends() -> None:
    """Broken source is read as far as it goes."""
    assert read_answer(b'new Response("x", { status: 418').status == 418


def test_what_follows_the_call_is_not_its_argument() -> None:
    """Braces are counted."""
    source = b'new Response("x", { headers: {} }); if (a) { status: 500 }'

    assert read_answer(source) == Answer(body=b"x")


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_can_be_read(name: str) -> None:
    """The sample routines answer with their release."""
    answer = read_answer(sample_release(name, "9.8.7"))

    assert answer.status == 200
    assert b"9.8.7" in answer.body


@pytest.mark.parametrize(
    "pair",
    [
        '"content-length": "5"',
        '"Transfer-Encoding": "chunked"',
        '"bad name": "x"',
        '"x-a": "名"',
        '"x-a": "a\rb"',
    ],
)
def test_headers_that_cannot_be_sent_are_left_out(pair: str) -> None:
    """They would break the answer's frame; the others stay."""
    source = f'new Response("x", {{ headers: {{ {pair}, "x-b": " c " }} }})'

    assert read_answer(source.encode()).headers == (("x-b", "c"),)
