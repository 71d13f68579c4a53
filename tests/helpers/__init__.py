"""What several test packages build alike."""
