"""A rollout shown while it runs, and how it ended."""
