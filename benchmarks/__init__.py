"""Side by side, in one run: only ratios and counts say anything on a shared machine."""
