"""Many routines at once: what is wanted, what it will take, and how it ended."""
