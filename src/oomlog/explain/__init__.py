"""What an event means: why this victim, where the memory went, what to do; and what each field means."""
