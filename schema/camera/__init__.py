"""Cameras in GraphQL; the pictures themselves are streams of bytes beside it."""
