"""Printers that behave like printers, for demonstrations, tests and load.

Nothing here is shared with the ingest: the two sides of the protocol are written apart, so that a
misunderstanding of one shows in the other.
"""
