"""One rule a file: a claim about an event, from what the report shows.  ``explain/run.py`` has their order."""
