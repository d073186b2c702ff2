"""`make bench-remote`: what remote execution costs in requests, bytes and seconds."""
