"""`make bench-full`: the whole site on a GPT-J of the full size, with random weights."""
