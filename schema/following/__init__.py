"""Subscriptions: what they tell, and how those who asked the same are told together."""
