"""What does a reference channel explain, and what is left? Arrays in, arrays out.

- `features` : the series of a reference that a signal may follow
- `attribution` : whether it follows them more than unrelated ones
- `removal` : what is left without them, with gain and delay that change
- `judgement` : explained, both, own, or cannot be told
- `explained` : the answer about one channel, or several together
"""
