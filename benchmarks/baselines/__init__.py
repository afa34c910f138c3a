"""The least code that does the same: what a figure is compared with."""
