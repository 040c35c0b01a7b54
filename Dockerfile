# One image, many roles: the command says which (`api`, `worker`, `errands`, `beat`, `migrate`).
ARG BASE=python:3.12-slim-bookworm

# What the locks name, in an environment of its own; whatever builds stays behind.
FROM ${BASE} AS build
WORKDIR /src
ENV PIP_CACHE_DIR=/var/cache/pip
RUN python3 -m venv /opt/facteur
COPY requirements/serve.txt requirements/serve.txt
# huggingface-hub, which tokenizers declares, is left out on purpose: see requirements/left_out.txt.
RUN --mount=type=cache,target=/var/cache/pip \
    /opt/facteur/bin/pip install --no-deps --require-hashes --requirement requirements/serve.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY broker broker
COPY facteur facteur
COPY model model
COPY routing routing
COPY worker worker
RUN --mount=type=cache,target=/var/cache/pip \
    /opt/facteur/bin/pip install --no-deps --no-build-isolation . \
 && /opt/facteur/bin/pip uninstall --yes setuptools pip \
 && rm -rf /opt/facteur/lib/python3*/site-packages/pip

FROM ${BASE} AS serve
ARG VERSION=0.1.0
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="Facteur" \
      org.opencontainers.image.description="Reads every e-mail and sends it to the right team" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
RUN groupadd --system --gid 10001 facteur \
 && useradd --system --uid 10001 --gid facteur --no-create-home --home-dir /var/lib/facteur facteur \
 && install --directory --owner facteur --group facteur --mode 0750 /var/lib/facteur
COPY --from=build /opt/facteur /opt/facteur
ENV PATH=/opt/facteur/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FACTEUR_VAR=/var/lib/facteur \
    FACTEUR_HOST=0.0.0.0
WORKDIR /var/lib/facteur
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8025
# Asks the role that has an address; other roles override it, as `compose` and Kubernetes do anyway.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('FACTEUR_PORT', '8025') + '/healthz', timeout=2)"]
ENTRYPOINT ["facteur"]
# Everything in one container, so that `docker run` alone shows the product; a deployment names a role a container.
CMD ["up"]
