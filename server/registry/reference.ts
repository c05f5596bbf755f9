/**
 * Image references by the grammar of the distribution project (github.com/distribution/reference), with its words
 * for what is wrong.
 */

/** A reference with its defaults filled in: domain `docker.io`, path prefix `library/`, tag `latest`. */
export interface ImageReference {
  /** As it was written. */
  readonly text: string;
  readonly domain: string;
  /** Repository without the domain: `library/nginx`. */
  readonly path: string;
  /** Absent only when there is a digest. */
  readonly tag: string | undefined;
  /** `sha256:…`. */
  readonly digest: string | undefined;
  /** `domain/path`. */
  readonly repository: string;
  /** Canonical text: `docker.io/library/nginx:latest`. */
  readonly canonical: string;
}

/** A parsed reference, or the words of the Go library. */
export type ReferenceResult =
  | { readonly ok: true; readonly value: ImageReference }
  | { readonly ok: false; readonly error: string };

const DEFAULT_DOMAIN = 'docker.io';
const NAME_TOTAL_LENGTH_MAX = 255;
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const NAME = `(?:${DOMAIN}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${NAME})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;
const INVALID = 'invalid reference format';

/**
 * Reads a reference as `ParseNormalizedNamed` followed by `TagNameOnly` does. Fails with the library's message, such
 * as `invalid reference format: repository name (Nginx) must be lowercase`.
 */
export function parseImageReference(text: string): ReferenceResult {
  if (IDENTIFIER.test(text)) {
    return failed(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, remainder } = splitDomain(text);
  const name = nameOf(remainder);
  if (name !== name.toLowerCase()) {
    return failed(`${INVALID}: repository name (${name}) must be lowercase`);
  }
  const match = REFERENCE.exec(`${domain}/${remainder}`);
  if (match === null) return failed(INVALID);
  const repository = match[1] ?? '';
  if (repository.length > NAME_TOTAL_LENGTH_MAX) {
    return failed(`repository name must not be more than ${NAME_TOTAL_LENGTH_MAX} characters`);
  }
  const digest = match[3];
  if (
    digest !== undefined &&
    !/^sha(256:[a-f0-9]{64}|384:[a-f0-9]{96}|512:[a-f0-9]{128})$/.test(digest)
  ) {
    return failed(
      /^sha(256|384|512):/.test(digest)
        ? 'invalid checksum digest length'
        : 'unsupported digest algorithm',
    );
  }
  const tag = match[2] ?? (digest === undefined ? 'latest' : undefined);
  const canonical = `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  const path = repository.slice(domain.length + 1);
  return { ok: true, value: { text, domain, path, tag, digest, repository, canonical } };
}

function failed(error: string): ReferenceResult {
  return { ok: false, error };
}

function nameOf(remainder: string): string {
  const colon = remainder.indexOf(':');
  return colon === -1 ? remainder : remainder.slice(0, colon);
}

/** splitDockerDomain: a first component is a domain when it has a dot or a colon, is localhost, or has upper case. */
function splitDomain(text: string): { readonly domain: string; readonly remainder: string } {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  const isDomain =
    slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  let domain = isDomain ? first : DEFAULT_DOMAIN;
  let remainder = isDomain ? text.slice(slash + 1) : text;
  if (domain === 'index.docker.io') domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !remainder.includes('/')) remainder = `library/${remainder}`;
  return { domain, remainder };
}
