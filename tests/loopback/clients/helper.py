"""A module that only the client has."""


def twice(value):
    return value + value
