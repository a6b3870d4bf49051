"""`python -m esa_flows`: the command line without its script."""

from __future__ import annotations

import sys

from esa_flows.cli import main

if __name__ == "__main__":
    sys.exit(main())
