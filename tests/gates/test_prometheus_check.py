"""Words and values of a gate that asks Prometheus."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.gates.prometheus_check import PrometheusCheck
from esa_flows.gates.spec import Gate


def test_a_query_has_a_bound() -> None:
    """Above, below or both."""
    gate = Gate.parse(
        "prometheus:http://prom:9090 'query=sum(rate(e{r=\"$routine\"}[1m]))'"
        " max=0.01 min=-1 timeout=5s"
    )

    assert gate.check == PrometheusCheck(
        server="http://prom:9090",
        query='sum(rate(e{r="$routine"}[1m]))',
        most=0.01,
        least=-1.0,
        timeout="5s",
    )


def test_a_check_is_its_words() -> None:
    """For people."""
    check = PrometheusCheck(server="https://p", query="up", least=1.0)

    assert "prometheus:https://p query=up min=1.0" == str(check)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("prometheus: query=up max=1", "'' is not the address of a Prometheus server"),
        ("prometheus:https://me@p query=up max=1", "without user, query or password"),
        ("prometheus:https://p max=1", "needs a query and a bound"),
        ("prometheus:https://p query=up", "needs a query and a bound"),
        ("prometheus:https://p query=up max=much", "max 'much' is no number"),
        ("prometheus:https://p query=up max=nan", "max 'nan' is no number"),
        ("prometheus:http://p query=up max=1 token_env=T", "in the clear: use https"),
        ("prometheus:https://p query=up max=1 token_env=T-1", "names no environment"),
    ],
)
def test_wrong_words_are_named(text: str, why: str) -> None:
    """Each sentence says how to write it."""
    with pytest.raises(InvalidInput) as caught:
        Gate.parse(text)

    assert why in str(caught.value)


def test_a_token_may_go_to_this_machine() -> None:
    """Nobody else hears it."""
    check = Gate.parse(
        "prometheus:http://127.0.0.1:9090 query=up max=1 token_env=T"
    ).check

    assert isinstance(check, PrometheusCheck)
    assert "T" == check.token_env
