-- The level of a client's privacy policy, by name.
ALTER TABLE clients ADD COLUMN privacy TEXT NOT NULL DEFAULT 'any';
