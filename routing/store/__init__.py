"""Where jobs live. The store is the truth; everything else can be lost.

`port` says what a store does, `memory` does it in a dictionary (public, for tests), `sql` on SQLite or PostgreSQL.
SQL is spoken here and nowhere else.
"""
