"""Orders, risk, sizing, fees and the exact portfolio: all between a wish and its booked fill. No I/O, no clock."""
