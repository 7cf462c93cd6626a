# One image for the web process, the workers and the migrations of a hosted installation; fly.toml says which
# command runs where. Optional packages are left out: the image has its own Node, and PostgreSQL is elsewhere
# (DATABASE_URL). To run everything on one machine use `npm start` in a checkout instead.
FROM node:24-slim AS dashboard
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# With optional packages here: what builds the dashboard has its platform's part among them.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src src
COPY dashboard dashboard
RUN node dashboard/build.ts

FROM node:24-slim

ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 METRICS_PORT=9090
WORKDIR /app

COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

COPY src src
COPY --from=dashboard /app/dashboard/dist dashboard/dist
COPY workers workers
COPY migrations migrations

# Owned by root, run as somebody else: the processes cannot change their own code.
USER node
EXPOSE 8080
CMD ["node", "src/main.ts"]
