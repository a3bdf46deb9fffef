"""Events to output: tables for people, JSON and CSV for programs."""
