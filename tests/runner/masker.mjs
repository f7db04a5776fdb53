// The runner's masker, written from what `SecretMasker.cs`, `ValueEncoders.cs` and `ActionCommandManager.cs` of
// actions/runner do, not from what the action needs: the tests hold the action's masks against it.

/** Encodings that the runner adds to each mask. */
const ENCODERS = [
  (value) => base64(value, 0),
  (value) => base64(value, 1),
  (value) => base64(value, 2),
  (value) => value.replaceAll('"', '\\"'),
  (value) => value.replaceAll("'", "''"),
  (value) => JSON.stringify(value).slice(1, -1),
  escapeDataString,
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  (value) => (value.length > 8 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : ''),
  (value) => powerShellPart(value, /^.*?&\+?/),
  (value) => powerShellPart(value, /^.*&\+?/),
];

export class Masker {
  /** @type {Set<string>} */
  masks = new Set();

  /** `::add-mask::` with this data. White space alone is refused with a warning. */
  add(data) {
    if (data.trim() === '') return;
    this.#add(data);
    for (const line of data.split(/[\r\n]+/)) {
      if (line.trim() !== '') this.#add(line.trim());
    }
  }

  /** A line of the log as the runner shows it: hits that touch or overlap become one `***`. */
  mask(line) {
    const hits = [];
    for (const mask of this.masks) {
      for (let at = line.indexOf(mask); at >= 0; at = line.indexOf(mask, at + 1)) {
        hits.push([at, at + mask.length]);
      }
    }
    hits.sort(([a], [b]) => a - b);
    let shown = '';
    let end = 0;
    for (let i = 0; i < hits.length; i += 1) {
      const [start] = hits[i];
      let stop = hits[i][1];
      while (i + 1 < hits.length && hits[i + 1][0] <= stop) stop = Math.max(stop, hits[(i += 1)][1]);
      shown += `${line.slice(end, start)}***`;
      end = stop;
    }
    return shown + line.slice(end);
  }

  #add(value) {
    this.masks.add(value);
    for (const encode of ENCODERS) {
      const encoded = encode(value);
      if (encoded !== '') this.masks.add(encoded);
    }
  }
}

function base64(value, shift) {
  const bytes = Buffer.from(value);
  return (bytes.length > shift ? bytes.subarray(shift) : bytes).toString('base64');
}

/** .NET's `Uri.EscapeDataString`: all but RFC 3986's unreserved characters. */
function escapeDataString(value) {
  return encodeURIComponent(value.toWellFormed?.() ?? value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** PowerShell shows the part of a command from an ampersand on in its errors. */
function powerShellPart(value, upTo) {
  if (!value.includes('&')) return '';
  const part = value.replace(upTo, '');
  return part.length >= 6 ? part : '';
}
