"""How the demo model was made: what it reads, its training, and how it is measured."""
