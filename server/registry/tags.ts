import type { ImageEntry } from './image.js';

/** Words that occur in tags of the official images, alone or between hyphens. */
const WORDS = new Set(
  `latest stable stable-slim mainline edge lts current main master develop devel dev nightly rolling unstable testing sid
  oldstable oldoldstable experimental rc alpha beta slim full minimal minideb fat jdk jre jdk8 jdk11 jdk17 jdk21 jre8
  jre11 jre17 jre21 alpine glibc musl uclibc perl otel fpm apache cli zts buildpack debian ubuntu windowsservercore
  nanoserver ltsc2019 ltsc2022 ltsc2025 management bookworm bullseye buster stretch jessie wheezy squeeze trixie forky
  xenial bionic focal jammy noble oracular plucky trusty precise artful cosmic disco eoan groovy hirsute impish kinetic
  lunar mantic linux linux64 amd64 arm64 arm64v8 arm32v7 i386 s390x temurin corretto openjdk eclipse ibmjava oracle
  oraclelinux8 oraclelinux9 oracle onbuild scratch bundled e2e enterprise community oss backports iron hydrogen gallium
  fermium jod erbium krypton php browsers clang git dind rootless buster-slim server core standalone final release`.split(
    /\s+/,
  ),
);

const VERSION =
  /^v?(\d+)((?:[._]\d+)*)((?:-?(?:rc|beta|alpha|b|p|m|r|u|cr|pre|preview)\.?\d*)|\+\d+|[a-z])?$/;
const WORD_WITH_VERSION = /^([a-z]+?)(\d+(?:\.\d+)*)$/;

/**
 * Whether an image has a tag, as far as podnet can tell.
 *
 * Fidelity: the registry is not asked. An official image has the words and versions that its tags are made of, up to
 * the newest major version; images of others have every tag.
 */
export function hasTag(image: ImageEntry, tag: string): boolean {
  if (image.tags !== undefined) return image.tags.includes(tag);
  if (!image.repository.startsWith('docker.io/library/')) return true;
  const parts = tag.split('-');
  return parts.every((part, index) => isTagPart(part, index === 0 ? image.maxMajor : undefined));
}

function isTagPart(part: string, maxMajor: number | undefined): boolean {
  if (WORDS.has(part)) return true;
  const version = VERSION.exec(part);
  if (version !== null) return withinMajor(Number(version[1]), maxMajor);
  const word = WORD_WITH_VERSION.exec(part);
  return word !== null && WORDS.has(word[1] ?? '');
}

/** Eight digits are a date, as in `ubuntu:jammy-20240530`. */
function withinMajor(major: number, maxMajor: number | undefined): boolean {
  return maxMajor === undefined || major <= maxMajor || major >= 20_000_000;
}
