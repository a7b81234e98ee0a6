"""How many sessions, how long, and what was decided before the data?

- `power` : power of the tap tests, by simulation
- `precision` : expected widths of intervals of agreement
- `sealed_plan` : the plan that is written down and hashed before the data
"""
