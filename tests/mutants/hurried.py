"""Hypothesis in a hurry, for pytest's `-p`: what it finds need not be made small."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile(
    "hurried", deadline=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("hurried")
