"""One rule a file: a claim about an event.  ``oomlog.explain.run`` has their order."""
