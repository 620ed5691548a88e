"""`dateline backup` and `restore`: one file that holds everything, made and taken while the server runs.

The file is PostgreSQL's own custom archive, so that `pg_restore` reads it too. `tools` finds the programs, `archive` says what a file
is, `backup` writes one, `restore` puts one in place of what is there, in one transaction; `place` starts the embedded server where
nothing runs. `files` writes what editors and operators made as text, and reads it back.
"""
