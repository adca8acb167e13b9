# The API with the built page. Debian, not Alpine: glibc is what our dependencies are built for.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY api/package.json api/
COPY web/package.json web/
COPY web/src/upload/package.json web/src/upload/
COPY web/cli/package.json web/cli/
COPY web/cli/bin web/cli/bin
RUN npm ci
COPY . .
RUN npm run build

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/package-lock.json /app/.npmrc ./
COPY --from=build /app/api/package.json api/
COPY --from=build /app/web/package.json web/
COPY --from=build /app/web/src/upload/package.json web/src/upload/
COPY --from=build /app/web/cli/package.json web/cli/
RUN npm ci --omit=dev --workspace api
COPY --from=build /app/api/dist/bundle api/dist/bundle
COPY --from=build /app/web/dist web/dist
USER node
EXPOSE 4000
CMD ["node", "api/dist/bundle/main.js"]
