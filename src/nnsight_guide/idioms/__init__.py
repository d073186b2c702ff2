"""What yesterday's code does today, and what goes wrong: run, judged, recorded and shown."""
