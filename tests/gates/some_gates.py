"""Strategies for gates."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.strategies import durations

from esa_flows.gates.command_check import CommandCheck
from esa_flows.gates.expect import Expect, HeaderRule, TextRule
from esa_flows.gates.http_check import HttpCheck
from esa_flows.gates.limits import Limits, Unsettled
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.python_check import PythonCheck
from esa_flows.gates.sequential import ErrorRate
from esa_flows.gates.spec import At, Gate

spans = durations.filter(lambda found: found.seconds >= 0.1)
lines = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1
).filter(str.isprintable)
rules = st.builds(TextRule, text=lines, is_whole=st.booleans())
headers = st.builds(
    HeaderRule, name=st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), rule=rules
)
expects = st.one_of(
    st.builds(Expect, below=st.integers(101, 599)),
    st.builds(
        Expect,
        statuses=st.frozensets(st.integers(100, 599), min_size=1, max_size=3),
        headers=st.lists(headers, max_size=2, unique_by=lambda h: h.name).map(
            lambda found: tuple(sorted(found, key=lambda h: h.name))
        ),
        body=st.none() | rules,
        latency=st.none() | spans,
    ),
)
rates = st.one_of(
    st.builds(ErrorRate, limit=st.floats(0.1, 99)),
    st.builds(ErrorRate, limit=st.floats(1, 99), usual=st.floats(0.01, 0.5)),
)
https = st.builds(
    HttpCheck,
    path=st.from_regex(r"/[a-z0-9?=&%.-]{0,20}", fullmatch=True),
    host=st.sampled_from(["", "www.example.com", "a"]),
    expect=expects,
    errors=st.none() | rates,
    requests=st.integers(0, 10_000),
    patience=spans,
    timeout=spans,
)
commands = st.builds(
    CommandCheck,
    argv=st.tuples(
        lines, st.text(st.characters(codec="ascii", exclude_characters="\0"))
    ),
    env=st.lists(st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True), max_size=2),
    timeout=spans,
)
functions = st.builds(
    PythonCheck,
    function=st.from_regex(r"[a-z_]+(\.[a-z]+)?:[a-z_]+", fullmatch=True),
    timeout=spans,
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
queries = st.builds(
    PrometheusCheck,
    query=lines,
    server=st.sampled_from(["https://p.example.net", "http://127.0.0.1:9090/prom"]),
    most=numbers,
    least=st.none() | numbers,
    token_env=st.sampled_from(["", "PROM_TOKEN"]),
    timeout=spans,
)
limits = st.builds(
    Limits,
    every=spans,
    count=st.integers(0, 99),
    failure_limit=st.integers(0, 9),
    error_limit=st.integers(0, 9),
    inconclusive_limit=st.integers(0, 9),
    on_inconclusive=st.sampled_from(Unsettled),
)
gates = st.builds(
    Gate,
    check=https | commands | functions | queries,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    at=st.sampled_from(At),
    limits=limits,
)
