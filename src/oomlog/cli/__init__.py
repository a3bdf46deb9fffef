"""The ``oomlog`` command."""
