# The program alone on a base without a shell: C library, CA certificates, an unprivileged user.
# Both images are Debian 12, so that the C library of the build is the one that the program meets.

FROM rust:1.95.0-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin logverdict

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/logverdict /logverdict
USER 65532:65532
WORKDIR /home/nonroot
# Ends the build if the program cannot start here, for want of a library.
RUN ["/logverdict", "--version"]
ENTRYPOINT ["/logverdict"]
