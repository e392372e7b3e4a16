"""The main screen and the dialogues that open over it."""
