"""Measurements of the server, each beside a baseline that runs at the same time."""
