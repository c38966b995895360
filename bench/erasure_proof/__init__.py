"""Prove that an erased person leaves no readable word."""
