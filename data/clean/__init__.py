"""Faults found and mended by named rules: counted, listed, switched one by one, and undone exactly."""
