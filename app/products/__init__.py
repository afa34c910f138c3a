"""What a farm makes: bills of material, and what they cost."""
