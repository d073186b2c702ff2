"""What the guide costs: beside its `peers`, at its `full_size`, and `remote`."""
