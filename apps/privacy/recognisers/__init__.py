"""Families of rules, one file each; ``apps.privacy.analyzer`` registers them all with Presidio."""
