"""Recognised lines to events: where a report starts and ends, and what its sections say."""
