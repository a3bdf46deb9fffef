"""``python -m oomlog``: the ``oomlog`` command."""

from oomlog.cli.main import entry

if __name__ == "__main__":
    entry()
