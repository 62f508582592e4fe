# The program, static, in an image that holds nothing else: no shell, no package manager.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/canvass ./cmd/canvass && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/canvass /usr/local/bin/canvass
# DATA_DIR is the only place that is ever written; the root may be read-only.
COPY --from=build --chown=65532:65532 /out/data /data
ENV DATA_DIR=/data LOG_FORMAT=json PRIVATE_ADDR=127.0.0.1:9090
USER 65532:65532
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/canvass", "health"]
ENTRYPOINT ["/usr/local/bin/canvass"]
CMD ["serve"]
