"""One routine: what a release is, what it will do, and the flows that do it."""
