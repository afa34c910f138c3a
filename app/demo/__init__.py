"""A farm to look at: simulated printers at work, and something to read in every list."""
