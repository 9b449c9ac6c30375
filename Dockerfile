# Roost in a container: `docker build -t roost .`, or `docker compose build` (docs/docker.md).
# Needs neither BuildKit nor the network beyond Debian's and the packages' own addresses.

# Both may be replaced by images of a registry of one's own: --build-arg SWIFT_IMAGE=registry.example/swift:6.3-bookworm
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS dependencies
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libsodium-dev liblmdb-dev libqrencode-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
# FlyingFox can also be a proxy, and for that wants URLSession, and that wants libcurl with its thirty libraries. Roost never
# proxies: what is missing then is a function that ends the program, and not a library to keep up to date.
RUN mkdir /no-curl && cd /no-curl \
    && nm --undefined-only /usr/lib/swift_static/linux/lib_CFURLSessionInterface.a \
    | awk '$2 ~ /^curl_/ && !seen[$2]++ { print "void " $2 "(void) { __builtin_trap(); }" }' >curl.c \
    && clang -c curl.c && ar rcs libcurl.a curl.o
ENV BUILD="swift build -c release --static-swift-stdlib -Xlinker -L/no-curl --product roost"
WORKDIR /roost

# The packages that Roost depends on, in a layer that only Package.swift changes: built with nothing in Roost's own targets.
COPY Package.swift Package.resolve[d] ./
COPY Sources/CSodium Sources/CSodium
COPY Sources/CLMDB Sources/CLMDB
COPY Sources/CQRencode Sources/CQRencode
COPY Sources/CDatagrams Sources/CDatagrams
RUN awk 'match($0, /\.(target|executableTarget|testTarget)\(/) { kind = substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART) } \
        kind && match($0, /name: "[^"]+"/) { print kind, substr($0, RSTART + 7, RLENGTH - 8); kind = "" }' Package.swift \
    | while read -r kind name; do \
        [ ! -d "Sources/$name" ] || continue; \
        case $kind in testTarget) folder=Tests/$name ;; *) folder=Sources/$name ;; esac; \
        mkdir -p "$folder"; \
        case $kind in executableTarget) echo 'print("")' >"$folder/main.swift" ;; *) : >"$folder/Empty.swift" ;; esac; \
    done \
    && $BUILD \
    && rm -rf Sources

FROM dependencies AS build
# Roost itself. Tests keep their empty files: they are declared, and not built here.
COPY Sources Sources
RUN $BUILD \
    && install -D "$($BUILD --show-bin-path)/roost" /out/roost \
    && strip /out/roost \
    && mkdir -m 700 /out/data

# Of Debian only what a node needs, and a shell for who wants to look: apt, Perl and the like would be half of the image.
FROM ${DEBIAN_IMAGE} AS debian
ENV PACKAGES="base-files libc6 libc-bin libgcc-s1 libstdc++6 libsodium23 liblmdb0 libqrencode4 \
    dash coreutils libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0"
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $PACKAGES \
    && groupadd --gid 7337 roost \
    && useradd --no-log-init --uid 7337 --gid roost --home-dir /var/lib/roost --shell /usr/sbin/nologin roost \
    && mkdir -p /image/var/lib/dpkg \
    && cd / \
    && { printf "%s\n" usr usr/bin usr/sbin usr/lib usr/lib64 bin sbin lib lib64; \
        dpkg -L $PACKAGES | grep -Ev '^/\.$|^/usr/share/(doc|man|info|locale|lintian)/|^/(bin|sbin|lib|lib64)$' | sed 's|^/||'; \
        printf '%s\n' etc/passwd etc/group etc/nsswitch.conf etc/ld.so.cache; } >/files \
    && { while read -r file; do [ ! -e "$file" ] && [ ! -L "$file" ] || echo "$file"; done; } </files >/there \
    && tar --create --no-recursion --files-from /there | tar --extract --keep-directory-symlink --directory /image \
    && dpkg-query --status $PACKAGES >/image/var/lib/dpkg/status

FROM scratch
COPY --from=debian /image /
COPY --from=build /out/roost /usr/local/bin/roost
# An empty folder that belongs to roost, and makes new volumes belong to it.
COPY --from=build --chown=7337:7337 /out/data /var/lib/roost
ENV PATH=/usr/local/bin:/usr/bin:/bin ROOST_DATA=/var/lib/roost
USER roost
VOLUME /var/lib/roost
EXPOSE 7337/udp
STOPSIGNAL SIGTERM
# Says whether the node is alive, not whether it finds others: a Swarm replaces who is unhealthy, and a network that was
# cut in two must not lose its nodes for it.
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 CMD ["roost", "status", "--json"]
ENTRYPOINT ["roost"]
CMD ["up"]
