"""What runs cells: the plan of a build, and the one place that knows kernels."""
