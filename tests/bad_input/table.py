"""The table: a row for each thing that can be broken."""

from tests.bad_input import cells, files, surroundings, words

CASES = [*words.CASES, *files.CASES, *cells.CASES, *surroundings.CASES]
