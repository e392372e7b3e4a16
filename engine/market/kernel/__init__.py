"""The market at compiled speed: `docs/book-simulation.md` as loops over two flat arrays, and the Python around them."""
