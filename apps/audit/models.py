"""Rows of the desk: the names under which people appear there."""

from __future__ import annotations

from django.db import models


class Pseudonym(models.Model):
    """
    A person's number at the desk, from which the words are made.

    Without the master key nobody can tell whose it is: ``handle`` is a keyed hash of the person's id, and
    ``sealed_person`` opens for this number alone, so two rows cannot be swapped unnoticed either.
    """

    handle = models.BinaryField(unique=True)
    number = models.PositiveIntegerField(unique=True)
    sealed_person = models.BinaryField()

    def __str__(self) -> str:
        return str(self.number)
