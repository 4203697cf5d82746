# Stands in for softwaremill/elasticmq-native where no image can be pulled: ElasticMQ out of Maven Central on a Java runtime. As there:
# settings in /opt/elasticmq.conf, messages in /data, user 1001:0, a busybox wget. The context is .cache/elasticmq.
ARG BASE
FROM ${BASE}
RUN set -eu; \
    apt-get update -qq; \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends busybox openjdk-21-jre-headless tini >/dev/null; \
    rm -rf /var/lib/apt/lists/* /usr/local/bin/* /usr/local/lib/node_modules; \
    ln -s busybox /usr/bin/wget; \
    install -d -o 1001 -g 0 /data
COPY . /opt/elasticmq/
USER 1001:0
VOLUME /data
ENTRYPOINT ["/usr/bin/tini", "--", "java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dconfig.file=/opt/elasticmq.conf", "-classpath", "/opt/elasticmq/*", "org.elasticmq.server.Main"]
