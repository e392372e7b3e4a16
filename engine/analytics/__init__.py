"""What came of a run: trades, the equity curve, metrics by several definitions, the report. Decides nothing."""
