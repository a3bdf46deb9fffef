"""Who a cgroup belongs to: read from its path, and from what container runtimes and Kubernetes know of it."""
