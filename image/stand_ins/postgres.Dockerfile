# PostgreSQL from Debian's package, which reads the variables of the official image that compose.yaml sets.
ARG BASE
FROM ${BASE}
# hadolint ignore=DL3008
RUN echo 'postgres:x:999:999::/var/lib/postgresql:/usr/sbin/nologin' >> /etc/passwd && echo 'postgres:x:999:' >> /etc/group \
 && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* \
 && install -d -o 999 -g 999 -m 1777 /var/lib/postgresql/data /var/run/postgresql
COPY postgres.sh /usr/local/bin/postgres.sh
USER 999:999
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["sh", "/usr/local/bin/postgres.sh"]
