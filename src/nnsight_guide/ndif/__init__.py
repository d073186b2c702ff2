"""The service: the one place that asks NDIF, and that knows which of its failures may pass."""
