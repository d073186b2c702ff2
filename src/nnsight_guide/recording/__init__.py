"""Evidence: a snippet's cells, the key of all that a run depends on, and what the run gave."""
