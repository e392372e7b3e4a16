"""Recordings of markets as their venues and vendors write them, read into our tables and never repaired."""
