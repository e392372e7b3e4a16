"""What runs beside a session: logs, metrics, who is running, a halt that outlives them. Unknown to the core."""
