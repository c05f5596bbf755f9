/** The name of an image without registry and organisation: `nginx` of `docker.io/library/nginx:1.27`. */
export function imageName(reference: string): string {
  const withoutDigest = reference.split('@')[0] ?? '';
  const last = withoutDigest.slice(withoutDigest.lastIndexOf('/') + 1);
  return last.split(':')[0] ?? '';
}

/** The tag; `latest` when there is none. */
export function imageTag(reference: string): string {
  const withoutDigest = reference.split('@')[0] ?? '';
  const last = withoutDigest.slice(withoutDigest.lastIndexOf('/') + 1);
  return last.split(':')[1] ?? 'latest';
}

/** The version a tag stands for: the tag's own digits completed by the newest known release of that line. */
export function imageVersion(reference: string, releases: readonly string[]): string {
  const digits = /^v?(\d+(?:\.\d+){0,2})/.exec(imageTag(reference))?.[1];
  const newest = releases[0] ?? '1.0.0';
  if (digits === undefined) return newest;
  if (digits.split('.').length === 3) return digits;
  return releases.find((release) => release.startsWith(`${digits}.`)) ?? digits;
}
