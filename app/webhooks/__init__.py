"""Webhooks: other systems are told what happens, signed, in order, at least once."""
