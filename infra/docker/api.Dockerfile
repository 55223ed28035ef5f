# The API as one process: all routers in uvicorn. Build it in the repository's root:
#   docker build -f infra/docker/api.Dockerfile -t analytics-api .
#   docker build -f infra/docker/api.Dockerfile -t analytics-demo --target demo .
# The base is Debian trixie: its Python is 3.13, which the project needs. apt-get installs the security updates that
# Debian has released since the pinned base image.
FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS python
RUN apt-get update \
    && apt-get upgrade -y --no-install-recommends \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin analytics \
    && install -d -o analytics -g analytics /data
ENV PATH=/opt/api/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ANALYTICS_DATA_DIR=/data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# One process per container: to scale, run more containers. On SIGTERM it stops after its last response.
CMD ["uvicorn", "api.main:app", "--host", "0.0.0.0", "--port", "8000", \
    "--http", "api.hosting.uvicorn_protocol:DeadlineProtocol"]

FROM python AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
ENV PATH=/opt/uv/bin:$PATH \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/api \
    UV_PYTHON=/usr/bin/python3 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /project
COPY pyproject.toml README.md LICENSE* ./
COPY functions/manifest.json functions/
COPY src/api src/api
COPY src/cosmos-emulator src/cosmos-emulator
# pyproject.toml pins the versions.
RUN uv sync --no-default-groups --no-editable --extra server --extra tokens --extra sketches --extra lake --extra insights \
    --extra cosmos --extra azure-identity --extra key-vault --extra dynamodb --extra kms \
    --extra telemetry

FROM build AS build-demo
RUN uv sync --no-default-groups --no-editable --extra server --extra tokens --extra sketches --extra lake --extra insights \
    --extra cosmos --extra emulator --extra cli --extra telemetry

# A demo, not for production: one container with the emulator in process and sample data that ends today.
FROM python AS demo
COPY --from=build-demo /opt/api /opt/api
COPY sample_data /demo/sample_data
COPY infra/docker/demo.sh /demo/
WORKDIR /demo
USER 10001
VOLUME /data
CMD ["sh", "demo.sh"]

FROM python AS api
COPY --from=build /opt/api /opt/api
# Without its settings the image refuses to start, instead of serving the sample users and keys of `local`.
ENV ANALYTICS_ENV=production
WORKDIR /opt/api
USER 10001
