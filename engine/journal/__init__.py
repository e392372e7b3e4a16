"""The journal: what happened, on disk before it matters, hashed so that it can be proved.

Write with `writer`, read with `reader`, prove with `verify`. Importing this package imports no database.
"""
