"""The clouds: one port, and what stands behind it."""
