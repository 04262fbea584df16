# The second stage holds the program, certificates, and empty folders for the database and the demo: no shell, no root, nothing to look
# around with.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/notewatch ./cmd/notewatch
RUN mkdir /out/data && mkdir -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/notewatch /notewatch
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
ENV NOTEWATCH_DATABASE=/data/notewatch.db \
    NOTEWATCH_RULES=/etc/notewatch/rules.yaml \
    NOTEWATCH_LISTEN=0.0.0.0:8080 \
    NOTEWATCH_LOG_FORMAT=json
EXPOSE 8080
ENTRYPOINT ["/notewatch"]
CMD ["run"]
