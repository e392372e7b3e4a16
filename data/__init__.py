"""Market data: files in and out, the bundled samples, the synthetic market. Knows nothing of orders or screens."""
