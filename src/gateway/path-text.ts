// Names and ids in a request's path. Gateway thread; pure.

/** A name in a path may be escaped; '' for what cannot be read, which no instrument and no client is called. */
export function decodePathText(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return '';
  }
}
