import os

from portal.celery import app as celery_app

__all__ = ["celery_app"]

# Small sums on several threads wait for each other and take five times the CPU; this must be said before numpy loads.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
