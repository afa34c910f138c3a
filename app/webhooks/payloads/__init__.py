"""What each documented API tells its endpoints: rows, and functions that read what they need."""
