"""A log that is still being written: followed from where the last run ended, each kill told once."""
