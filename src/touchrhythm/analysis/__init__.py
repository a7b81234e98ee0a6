"""One session from data to answer: the recipe, the result, and what limits it.

- `recipe` : `analyze`, read aloud
- `results` : `Analysis`, all answers about a session
- `flags` : what limits an answer, as codes with numbers
- `drawn_traces` : what is drawn of the channel
"""
