"""Cameras of printers: one connection to each, however many watch."""
