"""What a user writes. This layer collects; it decides nothing."""
