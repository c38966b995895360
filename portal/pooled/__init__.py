"""PostgreSQL as Django speaks to it, with a pool that asks fewer needless questions."""
