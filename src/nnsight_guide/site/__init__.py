"""The one package that knows MkDocs and its plugins: it makes the site of all the rest."""
