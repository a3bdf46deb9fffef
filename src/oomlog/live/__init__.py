"""The machine as it runs: what /proc and /sys say about the next OOM kill.

Nothing here needs privileges, and nothing but ``live.apply`` writes.  Every reader takes the ``root`` whose
``proc`` and ``sys`` are read; what cannot be read, or is not there in this kernel, is ``None``.
"""
