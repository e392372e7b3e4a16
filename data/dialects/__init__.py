"""Files of other people's making: their dialects stated or detected, and their rows made into our own layouts."""
