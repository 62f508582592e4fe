FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /canvass ./cmd/canvass

FROM debian:12-slim
RUN useradd --system --uid 10001 canvass && mkdir /data && chown canvass /data
COPY --from=build /canvass /usr/local/bin/canvass
USER canvass
ENTRYPOINT ["canvass"]
CMD ["serve"]
