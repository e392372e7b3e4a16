"""Bars fetched from vendors over the network, page by page, so that a run cut off at any point goes on where it was."""
