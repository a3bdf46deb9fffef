"""Capture OOM logs from real kernels booted in qemu.  See samples/README.md."""
