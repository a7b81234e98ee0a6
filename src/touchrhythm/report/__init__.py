"""How does an answer leave the program? Pages, files and lines of the terminal.

- `session` : one session
- `comparison` : rates against rates
- `study` : many sessions
"""
