# One image for every function: the command chooses (`run`, `run convert-image`, `status`, ...). Legacy builder and BuildKit alike.
#
#   docker build -t vmcatcher-one .
#   docker build -t vmcatcher-one --build-arg UID=1234 --build-arg GID=1234 .     or, for an image as it stands, `--user 1234:1234`
#
# A site that wants the very same base each time pins it by digest: --build-arg NODE_IMAGE=node:24.21.0-trixie-slim@sha256:...
# (`docker buildx imagetools inspect node:24.21.0-trixie-slim` tells it).
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# Nobody's install script runs: esbuild works without its own, and the base brings Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY functions ./functions
COPY infra ./infra
COPY test ./test
RUN node infra/build.ts

FROM ${NODE_IMAGE} AS root
# setpriv and prlimit of util-linux run qemu-img, xz and bzip2 with few rights; tini forwards signals and reaps.
RUN set -eu; \
    apt-get update -qq; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bzip2 qemu-utils tini tzdata util-linux xz-utils; \
    # Of qemu-utils only qemu-img; of the base only Node itself.
    find /usr/bin /usr/sbin -name 'qemu-*' ! -name qemu-img -delete; \
    rm -rf /usr/libexec/virtfs-proxy-helper /usr/share/qemu /opt/yarn* /usr/local/include /usr/local/share /usr/local/lib/node_modules; \
    find /usr/local/bin -mindepth 1 ! -name node -delete; \
    # Nothing is installed into a running container, so the package manager goes too, with what only it needs (sqv checks its
    # signatures, perl runs its scripts). dpkg's database stays for scanners.
    rm -rf /usr/share/perl5; \
    dpkg --purge --force-remove-essential --force-depends apt libapt-pkg7.0 sqv perl-base 2>/dev/null; \
    rm -rf /etc/apt /var/lib/apt /var/cache/* /var/log/* /tmp/* /root/.??* \
      /usr/share/bash-completion /usr/share/gcc /usr/share/gdb /usr/share/info /usr/share/locale /usr/share/man; \
    find /usr/share/doc ! -type d ! -name copyright -delete; \
    # No program gains rights by being started.
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +
# The owner of what is written: by default the oneadmin of OpenNebula's packages.
ARG UID=9869
ARG GID=9869
RUN set -eu; \
    echo "vmcatcher-one:x:$UID:$GID::/:/usr/sbin/nologin" >>/etc/passwd; \
    echo "vmcatcher-one:x:$GID:" >>/etc/group; \
    install -d -o "$UID" -g "$GID" -m 0750 /var/lib/vmcatcher-one
COPY --from=build /src/dist /usr/local/lib/vmcatcher-one
RUN ln -s ../lib/vmcatcher-one/vmcatcher-one.js /usr/local/bin/vmcatcher-one

# One layer: what was deleted above is not in the image.
FROM scratch
ARG UID=9869
ARG GID=9869
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="vmcatcher-one" \
      org.opencontainers.image.description="Turns vmcatcher's image events into images in OpenNebula" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=root / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps
USER ${UID}:${GID}
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 CMD ["vmcatcher-one", "health"]
ENTRYPOINT ["/usr/bin/tini", "--", "vmcatcher-one"]
CMD ["run"]
