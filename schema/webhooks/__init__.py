"""Webhooks and the log of what they were told."""
