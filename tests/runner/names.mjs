// Values by name as .NET's dictionaries keep them: `__proto__` is a name like any other, and where case is ignored the first
// spelling stays and the last value counts.

export class Names {
  #entries = new Map();
  #key;

  constructor({ ignoreCase }) {
    this.#key = ignoreCase ? (name) => name.toUpperCase() : (name) => name;
  }

  set(name, value) {
    const key = this.#key(name);
    this.#entries.set(key, [this.#entries.get(key)?.[0] ?? name, value]);
  }

  /** @returns {Record<string, string>} */
  toObject() {
    // Not by assignment, which takes `__proto__` for the prototype.
    return Object.fromEntries(this.#entries.values());
  }
}
