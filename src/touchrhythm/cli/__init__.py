"""Commands: what to type, and which function answers."""
