"""Production runs: batches of products, the filament they used, and what they cost."""
