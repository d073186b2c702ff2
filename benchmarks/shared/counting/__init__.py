"""A folder for the path of every process that is measured: Python imports what is in it."""
