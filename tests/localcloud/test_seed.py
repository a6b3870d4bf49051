"""The sample routines."""

from __future__ import annotations

from esa_flows.localcloud.seed import SAMPLES, add_samples, sample, sample_release

from .desk import Desk


def test_samples_are_live_on_an_older_version() -> None:
    """Several versions, the last entirely live in both environments."""
    made = Desk()
    add_samples(made.cloud.console)
    report = made.cloud.report()

    assert tuple(report.versions) == SAMPLES
    for name in SAMPLES:
        last = report.versions[name][-1]

        assert len(report.versions[name]) == 3
        assert report.splits[name] == {
            "production": {last: 100},
            "staging": {last: 100},
        }


def test_releases_differ_in_their_content() -> None:
    """Each release is another bundle."""
    assert sample_release("img-resize", "1.0.0") != sample("img-resize")
