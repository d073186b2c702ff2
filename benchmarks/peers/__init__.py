"""`make bench`: the guide beside other tools that execute code."""
