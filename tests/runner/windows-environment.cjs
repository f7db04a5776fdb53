// Runs before the bundle under wine: what Windows has and wine has not.

const fs = require('node:fs');

// Wine takes no value for these from the program that starts it.
for (const name of ['USERPROFILE', 'TEMP', 'TMP']) {
  const value = process.env[`STEP_${name}`];
  delete process.env[`STEP_${name}`];
  if (value !== undefined) process.env[name] = value;
}

/** Windows refuses to truncate by a descriptor that was opened to append: <https://github.com/nodejs/node/issues/3177>. */
const openToAppend = new Set();
const { openSync, closeSync, ftruncateSync, renameSync } = fs;
fs.openSync = (path, flags, ...others) => {
  const file = openSync(path, flags, ...others);
  if (String(flags).startsWith('a')) openToAppend.add(file);
  return file;
};
fs.closeSync = (file) => {
  openToAppend.delete(file);
  closeSync(file);
};
fs.ftruncateSync = (file, ...others) => {
  if (openToAppend.has(file)) throw failure('EPERM', 'ftruncate');
  ftruncateSync(file, ...others);
};

/** As while a virus scanner has the file open: <https://github.com/npm/write-file-atomic/issues/227>. */
let busy = Number(process.env.BUSY_RENAMES ?? 0);
fs.renameSync = (from, to) => {
  busy -= 1;
  if (busy >= 0) throw failure('EPERM', 'rename', to);
  renameSync(from, to);
};

function failure(code, syscall, path) {
  return Object.assign(new Error(`${code}: operation not permitted, ${syscall}`), { code, syscall, path });
}
