"""Which model runs the snippets, which weights exactly, and whether it can run here."""
