"""Post-mortem reports: one structure, written as HTML, Markdown, PDF or JSON."""
