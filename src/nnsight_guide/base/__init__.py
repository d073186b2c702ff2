"""What every other package stands on: paths, errors, files, versions, secrets."""
