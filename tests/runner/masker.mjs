// The runner's masker, written from what `SecretMasker.cs`, `ValueEncoders.cs` and `ActionCommandManager.cs` of
// actions/runner do, not from what the action needs: the tests hold the action's masks against it.

/** Encodings that the runner adds to each mask. */
const ENCODERS = [
  (value) => base64(value, 0),
  (value) => base64(value, 1),
  (value) => base64(value, 2),
  (value) => value.replaceAll('"', '\\"'),
  (value) => value.replaceAll("'", "''"),
  escapeJson,
  escapeDataString,
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  (value) => (value.length > 8 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : ''),
  (value) => longEnough(powerShellSections(value)[0]),
  (value) => longEnough(powerShellSections(value)[1]),
];

/** Sections of PowerShell that are shorter are not masked. */
const SECTION_LENGTH = 6;

export class Masker {
  /** @type {Set<string>} */
  masks = new Set();

  /** `::add-mask::` with this data. White space alone is refused with a warning. */
  add(data) {
    if (trim(data) === '') return;
    this.#add(data);
    for (const line of data.split(/[\r\n]+/)) {
      if (trim(line) !== '') this.#add(trim(line));
    }
  }

  /** What the runner shows of a text, which may have several lines: hits that touch or overlap become one `***`. */
  mask(text) {
    const hits = [];
    for (const mask of this.masks) {
      for (let at = text.indexOf(mask); at >= 0; at = text.indexOf(mask, at + 1)) {
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
      shown += `${text.slice(end, start)}***`;
      end = stop;
    }
    return shown + text.slice(end);
  }

  #add(value) {
    this.masks.add(value);
    for (const encode of ENCODERS) {
      const encoded = encode(value);
      if (encoded !== '') this.masks.add(encoded);
    }
  }
}

/** .NET's white space has U+0085 and lacks U+FEFF. */
function trim(text) {
  const white = '[\\t-\\r \\x85\\p{Z}]+';
  return text.replace(new RegExp(`^${white}|${white}$`, 'gu'), '');
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

/** Newtonsoft's `JsonConvert.ToString`, which escapes three line ends beyond ASCII and no half of a surrogate pair. */
function escapeJson(value) {
  return value.replace(/["\\\0-\x1f\x85\u2028\u2029]/g, (character) =>
    character < ' ' || character === '"' || character === '\\'
      ? JSON.stringify(character).slice(1, -1)
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** PowerShell colours a command in its errors: from the first `&+` on one letter, else what follows the last `&`. */
function powerShellSections(value) {
  const plus = value.indexOf('&+');
  if (plus >= 0) return [value.slice(0, plus + 2), value.slice(plus + 3)];
  const last = value.lastIndexOf('&');
  return last < 0 ? ['', ''] : [value.slice(0, last + 1), value.slice(last + 1)];
}

function longEnough(section) {
  return section.length >= SECTION_LENGTH ? section : '';
}
