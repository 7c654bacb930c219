"""A publication carried to where others read it: a PostgreSQL server, and files of other programs."""
