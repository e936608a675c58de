-- From when on a client's key is refused; microseconds since 1970 UTC.
ALTER TABLE clients ADD COLUMN expires INTEGER;
