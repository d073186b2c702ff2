"""What readers take away: a chapter as a notebook, a snippet as a script. Pure."""
