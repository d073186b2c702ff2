"""What is recorded, held against what was published, and against a run from nothing."""
