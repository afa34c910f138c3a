"""The documented REST APIs: how each writes errors, and what it allows."""
