"""What do many sessions say together?

- `find`, `session_row`, `rows`, `run` : from a folder to one row per session, in workers
- `answers`, `rates`, `association`, `controls`, `estimates`, `tables` : from rows to answers and tables
- `rotation`, `pooled_phase`, `session_permutation` : one phase per session, arrays only
- `share`, `share_codes`, `shared_session`, `withdrawal`, `withdrawal_tables` : what leaves the lab, who leaves
"""
