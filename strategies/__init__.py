"""The shipped strategies, their indicators, and the registry that finds them and the user's own."""
