"""Files and folders that tell what containers are called: one module a tool, found out by their shape."""
