# Rollcall's image: the program, glibc and the roots of trust, without a shell.
#
#   docker build --tag rollcall .
#
# The base images are arguments, so that a mirror or images of your own can take their place. They are pinned by tag;
# pin them by digest (`name:tag@sha256:...`) where your registry shows it. Both are of one Debian release, since the
# program is linked with the C library of the first and runs with that of the second. `deploy/sbom` lists the crates.
ARG RUST_IMAGE=docker.io/library/rust:1.95.0-slim-trixie
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${RUST_IMAGE} AS build
WORKDIR /build
ENV CARGO_INCREMENTAL=0
# rust-toolchain.toml stays outside: it asks for formatter and lints too, which would be fetched here for nothing.

# Dependencies are a layer of their own, which lasts until Cargo.lock changes: they are nine tenths of the time. What is
# built with them here are empty sources in place of ours.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches state \
 && touch src/lib.rs \
 && for program in src/main.rs benches/plan.rs benches/pass.rs; do echo 'fn main() {}' >"$program"; done \
 && cargo build --release --locked --bin rollcall

# Cargo goes by the times of files, and those of the copies may be older than the empty sources: hence the touch below.
COPY config config
COPY src src
# The time that is put on what the image gets from here: the same sources make the same layers, whenever they are built.
ARG SOURCE_DATE_EPOCH=0
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --bin rollcall \
 && touch --date="@${SOURCE_DATE_EPOCH}" target/release/rollcall state

FROM ${RUNTIME_IMAGE}
ARG RUNTIME_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Rollcall" \
      org.opencontainers.image.description="Keeps Amazon Connect users in step with groups of AWS IAM Identity Center" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"

# TLS trusts the certificates of the base image (/etc/ssl/certs/ca-certificates.crt, or the file that SSL_CERT_FILE
# names); time zones are inside the program.
COPY --from=build /build/target/release/rollcall /usr/local/bin/rollcall
# Empty, and theirs who run the program: a volume mounted here begins as this folder is.
COPY --from=build --chown=65532:65532 /build/state /var/lib/rollcall

# By number, so that Kubernetes can tell that this is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/rollcall", "status"]
ENTRYPOINT ["/usr/local/bin/rollcall"]
CMD ["run"]
