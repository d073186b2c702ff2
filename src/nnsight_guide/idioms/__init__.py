"""The idioms of 2024: what yesterday's code does today, run, judged, recorded and shown."""
