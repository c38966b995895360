"""Kill the web process at every step of an exchange, and make the ledger unwritable in fifteen ways."""
