"""What every benchmark stands on: projects to build and to serve, and ways to measure and count."""
