"""What is shown, as HTML and pictures: cells, outputs, figures, notes. Pure: all text is escaped.

The markup is that of MkDocs Material and pymdownx, since it gets their styles; none of their code
is used.
"""
