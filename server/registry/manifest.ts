import { createHash } from 'node:crypto';
import type { ImageEntry, Userland } from './image.js';
import type { ImageReference } from './reference.js';

/** A blob that a manifest names (image-spec 1.1, "Content Descriptors"); size in octets. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image manifest (image-spec 1.1, "Image Manifest"). */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** What a registry holds of an image: its manifest under its digest, and the configuration that the manifest names. */
export interface ImageContent {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: Readonly<Record<string, unknown>>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
/** Octets of the last layer of most images: an entrypoint script, a few settings. */
const SETTINGS_BYTES = 4_622;

/** Base images that others are built on, by what their file system holds; octets of their one compressed layer. */
const BASES: Partial<Readonly<Record<Userland, { readonly name: string; readonly size: number }>>> =
  {
    debian: { name: 'docker.io/library/debian:12-slim', size: 28_232_514 },
    alpine: { name: 'docker.io/library/alpine:3.20', size: 3_622_892 },
    distroless: { name: 'gcr.io/distroless/static-debian12', size: 805_431 },
  };

/**
 * What a registry would answer for an image: manifest, configuration and layers. Images on one base share its layer, so
 * a node fetches it once.
 *
 * Fidelity: layers have no files: their digests are hashes of what they stand for, and images of a kind are taken to
 * share one base. Manifest and configuration are real documents and their digests real hashes, yet not those that the
 * true registry holds; one platform, no index.
 */
export function contentOf(reference: ImageReference, entry: ImageEntry): ImageContent {
  const layers = layersOf(reference, entry);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: settingsOf(entry),
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => sha256(`diff ${digest}`)) },
  };
  const text = JSON.stringify(config);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: sha256(text), size: text.length },
    layers,
  };
  return { digest: sha256(JSON.stringify(manifest)), manifest, config };
}

function layersOf(
  { repository, tag, digest }: ImageReference,
  { userland, sizeBytes, assumed }: ImageEntry,
): readonly Descriptor[] {
  const name = `${repository}:${tag ?? digest}`;
  const layer = (what: string, size: number): Descriptor => ({
    mediaType: LAYER,
    digest: sha256(`layer ${what}`),
    size,
  });
  if (assumed === true) return [layer(name, sizeBytes)];
  const base = BASES[userland];
  const onBase = base !== undefined && base.size + SETTINGS_BYTES < sizeBytes;
  const own = sizeBytes - (onBase ? base.size : 0);
  const parts = own > 2 * SETTINGS_BYTES ? [own - SETTINGS_BYTES, SETTINGS_BYTES] : [own];
  return [
    ...(onBase ? [layer(base.name, base.size)] : []),
    ...parts.map((size, index) => layer(`${name} ${index + 1}`, size)),
  ];
}

/** The fields of `config` in the order of the specification; empty ones are left out. */
function settingsOf(entry: ImageEntry): Readonly<Record<string, unknown>> {
  const { cmd, entrypoint, env, exposedPorts, stopSignal, uid, workingDir } = entry;
  const ports = Object.fromEntries(exposedPorts.map((port) => [port, {}]));
  return {
    ...(uid === 0 ? {} : { User: String(uid) }),
    ...(exposedPorts.length === 0 ? {} : { ExposedPorts: ports }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
    ...(cmd.length === 0 ? {} : { Cmd: cmd }),
    WorkingDir: workingDir,
    ...(stopSignal === 15 ? {} : { StopSignal: String(stopSignal) }),
  };
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
