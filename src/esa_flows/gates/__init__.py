"""Decisions from evidence: pass, fail, inconclusive, or no evidence to be had."""
