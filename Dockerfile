# The image of the API. Where it is used: docker-compose.yml, which also shows how to run it with SQLite alone.

FROM python:3.13-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.lock .
# Wheels only: nothing is compiled, and every file is the one that was locked.
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: --requirement requirements.lock

FROM python:3.13-slim
# A fixed number, so that the owner of a mounted folder can be set from outside.
RUN groupadd --system --gid 10001 nashra \
    && useradd --system --uid 10001 --gid nashra --home-dir /data --no-create-home --shell /usr/sbin/nologin nashra \
    && install --directory --owner nashra --group nashra --mode 0750 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    NASHRA_DATABASE_URL=sqlite:////data/nashra.db \
    NASHRA_TAKEDOWNS_FILE=/data/nashra-takedowns.jsonl \
    NASHRA_MEDIA_STORE=/data/media \
    NASHRA_MEDIA_ORIGINALS=/data/originals
WORKDIR /srv/nashra
COPY --from=builder /opt/venv /opt/venv
COPY alembic.ini openapi.json ./
COPY migrations migrations
COPY app app
# The guides, which are pages under /docs.
COPY docs docs
# Here, because the user below cannot write beside the code.
RUN python -m compileall -q app migrations
USER 10001:10001
VOLUME /data
EXPOSE 8000
# The opener without proxies: HTTP_PROXY must not send a question to ourselves elsewhere.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["python", "-m", "app.cli", "serve", "--host", "0.0.0.0", "--port", "8000"]
