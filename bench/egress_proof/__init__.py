"""The proof at the network: what leaves the running product is recorded, and searched for what was planted."""
