/**
 * Names of the Docker Official Images, those that `docker.io/library/` holds. Any other name there is refused as the
 * registry refuses it.
 */
export const OFFICIAL_IMAGES: ReadonlySet<string> = new Set(
  `adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop bash
  bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux clefos clojure composer convertigo
  couchbase couchdb crate crux dart debian docker drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir
  emqx erlang express-gateway fedora flink fluentd friendica gazebo gcc geonetwork ghost golang gradle groovy haproxy
  haskell haxe hello-world hitch hola-mundo httpd hylang ibmjava ibm-semeru-runtimes influxdb irssi jenkins jetty jobber
  joomla jruby julia kapacitor kibana known kong krakend lightstreamer liquibase logstash mageia mariadb matomo maven
  mediawiki memcached mongo mongo-express monica mono mysql nats nats-streaming neo4j neurodebian nextcloud nginx node
  notary nuxeo odoo open-liberty openjdk opensuse oraclelinux orientdb percona perl photon php php-zendserver phpmyadmin
  plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star rapidoid redis redmine registry rethinkdb
  rocket.chat rockylinux ros ruby rust sapmachine satosa scratch silverpeas sl solr sonarqube sourcemage spark
  spiped storm swift swipl teamspeak telegraf thrift tomcat tomee traefik ubuntu unit vault varnish websphere-liberty
  wordpress xwiki yourls znc zookeeper`.split(/\s+/),
);
