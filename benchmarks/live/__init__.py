"""What the live figure costs a reader."""
