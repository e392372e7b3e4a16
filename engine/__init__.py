"""The engine: a deterministic core and everything that feeds it, journals it and measures it. No screen."""
