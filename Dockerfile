# One image for every role: the word after it says which (`api`, `worker`, `errands`, `beat`, `migrate`, or `up` for all).
#
#   serve   what routes mail
#   train   serve, and what trains models (torch)
#   test    train, and the tests
#
# `make image` builds it (or `sh image/build.sh serve facteur:1.2.3`) and gives these arguments their values; plain
# `docker build .` works as well. Why this base: docs/adr/0013-an-image-of-debian-alone.md.
ARG BASE=docker.io/library/debian:bookworm-slim@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716

# What runs needs of Debian, beside what the base has.
ARG DEBIAN="ca-certificates libstdc++6 netbase python3 tzdata"

# Where things are made: Debian, its Python, and tools. Versions are those of DAY, for which image/build.sh says today: a
# step that ran on that day is not run again, and on another day Debian's updates come. Its stable release changes packages
# for security only, which is what a build is for.
FROM ${BASE} AS workshop
ARG DEBIAN
ARG DAY=""
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONHASHSEED=0
# hadolint ignore=DL3008,SC2086
RUN echo "Debian's packages of ${DAY:-the day of the first build}" && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${DEBIAN} binutils python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/*

# The part of it that a running program needs. Bytecode is checked by nobody, so that it holds whatever time its source is
# given, and is never written again.
FROM workshop AS system
COPY image/system.py /src/
RUN python3 /src/system.py /system \
 && install -d -m 1777 /system/var/lib/facteur \
 && python3 -m compileall -q -f --invalidation-mode unchecked-hash -s /system -p / /system/usr/lib/python3.11

# What the lock names, in an environment of its own. It holds no pip: /opt/build does, and stays behind.
FROM workshop AS packages
WORKDIR /src
COPY requirements/image.txt requirements/
# The secrets are how this machine reaches the package index; without them pip's own ways hold.
RUN --mount=type=cache,target=/var/cache/pip \
    --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    if [ -s /run/secrets/certificates ]; then export PIP_CERT=/run/secrets/certificates; fi; \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; \
    python3 -m venv /opt/build && python3 -m venv --without-pip /opt/facteur \
 && /opt/build/bin/pip --cache-dir /var/cache/pip install --quiet --no-deps --require-hashes \
        --requirement requirements/image.txt
COPY requirements/serve.txt requirements/
# huggingface-hub, which tokenizers declares, is left out on purpose: see requirements/left_out.txt.
RUN --mount=type=cache,target=/var/cache/pip \
    --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    if [ -s /run/secrets/certificates ]; then export PIP_CERT=/run/secrets/certificates; fi; \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; \
    /opt/build/bin/pip --cache-dir /var/cache/pip --python /opt/facteur/bin/python install --quiet --no-compile --no-deps \
        --require-hashes --requirement requirements/serve.txt

# As little of it as serving needs, compiled.
FROM packages AS trimmed
COPY image/trim.sh image/
RUN /opt/build/bin/pip --python /opt/facteur/bin/python uninstall --quiet --yes setuptools setuptools-scm vcs-versioning \
 && sh image/trim.sh /opt/facteur/lib/python3.11/site-packages \
 && python3 -m compileall -q -f --invalidation-mode unchecked-hash /opt/facteur/lib

# The product beside it. It asks for nothing of the stage before, so builders that can make both at once.
FROM packages AS build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY broker broker
COPY facteur facteur
COPY model model
COPY routing routing
COPY worker worker
COPY image/install.sh image/
ARG VERSION=0.0
RUN rm -rf model/corpora model/training model/torch_runtime.py && sh image/install.sh "${VERSION}"
COPY examples/mails /product/opt/facteur/lib/python3.11/site-packages/examples/mails

# What runs, but for the list of what is in it. What changes seldom lies below, so that an upgrade fetches little.
FROM scratch AS inside
COPY --from=system /system /
COPY --from=trimmed /opt/facteur /opt/facteur
COPY --from=build /product /

FROM packages AS listing
COPY image/sbom.py /src/
ARG VERSION=0.0
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=bind,from=inside,source=/,target=/inside \
    /opt/build/bin/python /src/sbom.py --version "${VERSION}" --time "${SOURCE_DATE_EPOCH}" --root /inside \
        --output /sbom.cdx.json

# What trains: torch, and the corpora in the tree. Nobody reaches it from outside, so it stands on the whole of Debian.
FROM packages AS train-packages
COPY requirements/train.txt requirements/encoder.txt requirements/torch.txt requirements/
# Where PyTorch's build for CPUs is; without it pip may find the one with CUDA, which is larger by gigabytes. Nothing else
# is taken from there: what that build asks for stands in the lock.
ARG TORCH_INDEX=""
RUN --mount=type=cache,target=/var/cache/pip \
    --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    if [ -s /run/secrets/certificates ]; then export PIP_CERT=/run/secrets/certificates; fi; \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; \
    pip="/opt/build/bin/pip --cache-dir /var/cache/pip --python /opt/facteur/bin/python install --quiet --no-compile"; \
    $pip --no-deps --require-hashes --requirement requirements/train.txt \
 && $pip --no-deps --require-hashes --requirement requirements/encoder.txt \
 && $pip --requirement requirements/torch.txt ${TORCH_INDEX:+--no-deps --index-url "${TORCH_INDEX}"}

FROM ${BASE} AS python
ARG DEBIAN
ARG DAY=""
ENV PYTHONDONTWRITEBYTECODE=1
# hadolint ignore=DL3008,SC2086
RUN echo "Debian's packages of ${DAY:-the day of the first build}" && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${DEBIAN} >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM python AS train-inside
RUN echo 'facteur:x:10001:10001::/var/lib/facteur:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'facteur:x:10001:' >> /etc/group \
 && install -d -m 1777 /var/lib/facteur
COPY --from=train-packages /opt/facteur /opt/facteur
COPY --from=build /product /
# The training half, and the corpora.
COPY model /opt/facteur/lib/python3.11/site-packages/model

FROM packages AS train-listing
COPY image/sbom.py /src/
ARG VERSION=0.0
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=bind,from=train-inside,source=/,target=/inside \
    /opt/build/bin/python /src/sbom.py --version "${VERSION}" --time "${SOURCE_DATE_EPOCH}" --root /inside \
        --output /sbom.cdx.json

FROM train-inside AS train
COPY --from=train-listing /sbom.cdx.json /opt/facteur/sbom.cdx.json
ENV PATH=/opt/facteur/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FACTEUR_VAR=/var/lib/facteur \
    HF_HOME=/tmp/huggingface
WORKDIR /var/lib/facteur
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["facteur"]
CMD ["train", "--help"]
ARG BASE
ARG BASE_DIGEST=""
ARG VERSION=0.0
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="Facteur, training" \
      org.opencontainers.image.description="Trains the models of Facteur" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

# The unit tests, on the image's own Python and packages.
FROM train-packages AS test-packages
COPY requirements/test.txt requirements/
RUN --mount=type=cache,target=/var/cache/pip \
    --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    if [ -s /run/secrets/certificates ]; then export PIP_CERT=/run/secrets/certificates; fi; \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; \
    /opt/build/bin/pip --cache-dir /var/cache/pip --python /opt/facteur/bin/python install --quiet --no-compile --no-deps \
        --require-hashes --requirement requirements/test.txt

FROM python AS test
# Some make repositories and ask them.
# hadolint ignore=DL3008
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends git make >/dev/null \
 && rm -rf /var/lib/apt/lists/*
COPY --from=test-packages /opt/facteur /opt/facteur
COPY --from=build /product/opt/facteur/lib/python3.11/site-packages /src/
COPY . /src/
WORKDIR /src
ENV PATH=/opt/facteur/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "pytest", "-p", "no:cacheprovider"]
CMD ["tests/unit"]

# What routes mail. It comes last, so that it is what a build makes that names no target.
FROM inside AS serve
COPY --from=listing /sbom.cdx.json /opt/facteur/sbom.cdx.json
ENV PATH=/opt/facteur/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    FACTEUR_VAR=/var/lib/facteur \
    FACTEUR_HOST=0.0.0.0
WORKDIR /var/lib/facteur
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8025 8026
# Asks whichever role runs here. The start of a role takes a second or two.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["facteur", "health"]
ENTRYPOINT ["facteur"]
# Everything in one container, so that `docker run` alone shows the product; a deployment names a role a container.
CMD ["up"]
ARG BASE
ARG BASE_DIGEST=""
ARG VERSION=0.0
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
# The base is where Debian's packages were taken from, a stand-in among them.
LABEL org.opencontainers.image.title="Facteur" \
      org.opencontainers.image.description="Reads every e-mail and sends it to the right team" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
